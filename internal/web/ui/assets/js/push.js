// Switches notices on in this browser: asks the person, then the browser's maker for an address, and sends both with a form. A file of
// its own: only the page that offers it loads it. Without it the page says why nothing can be switched on.
const place = document.querySelector('[data-push]')
const form = place.querySelector('form')
const { push: key, unable, denied, away } = place.dataset

const raw = s => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0))
const text = b => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
const say = words => { place.querySelector('[data-push-said]').textContent = words }

// known marks this browser in the list, by the digest of its address; one that is bound to an old key may be switched on again
const known = async () => {
  const sub = await (await navigator.serviceWorker.getRegistration())?.pushManager.getSubscription()
  if (!sub || Notification.permission !== 'granted') return false
  const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sub.endpoint)))].map(b => b.toString(16).padStart(2, '0')).join('')
  const row = document.querySelector(`[data-browser="${hash}"]`)
  if (row) row.querySelector('[data-here]').hidden = false
  return row && !('old' in row.dataset)
}

const ask = async () => {
  if (await Notification.requestPermission() !== 'granted') throw new DOMException('', 'NotAllowedError')
  await navigator.serviceWorker.register('/sw.js')
  const { pushManager } = await navigator.serviceWorker.ready
  await (await pushManager.getSubscription())?.unsubscribe() // it may be bound to another key
  const sub = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: raw(key) })
  const fields = form.elements
  fields.endpoint.value = sub.endpoint
  fields.p256dh.value = text(sub.getKey('p256dh'))
  fields.auth.value = text(sub.getKey('auth'))
}

if (!('serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis)) {
  say(unable)
} else if (Notification.permission === 'denied') {
  say(denied)
} else {
  say('')
  known().then(on => { form.hidden = on })
  form.addEventListener('submit', e => {
    if (form.elements.endpoint.value) return
    e.preventDefault()
    ask().then(() => form.requestSubmit(), err => say(err.name === 'NotAllowedError' ? denied : away))
  })
  addEventListener('pageshow', () => { form.elements.endpoint.value = '' })
}
