// Keeps the person's list on this device for when there is no network, or takes it away, and offers to install the portal where the
// browser does.
const place = document.querySelector('[data-device]')
const said = place.querySelector('[data-device-said]')
const [keep, drop, install] = ['keep', 'drop', 'install'].map(name => place.querySelector(`[data-device-${name}]`))
const kept = 'okno-kept' // of sw.js
const { on, off, unable } = place.dataset

const show = async () => {
  const has = await caches.has(kept)
  keep.hidden = has
  drop.hidden = !has
  said.textContent = has ? on : off
}

if ('serviceWorker' in navigator && 'caches' in globalThis) {
  show()
  keep.addEventListener('click', async () => {
    try {
      await navigator.serviceWorker.register('/sw.js')
      const { active } = await navigator.serviceWorker.ready
      await caches.open(kept)
      active.postMessage('refresh')
      await show()
    } catch {
      said.textContent = unable
    }
  })
  drop.addEventListener('click', async () => {
    await caches.delete(kept)
    await show()
  })
} else {
  said.textContent = unable
}

addEventListener('beforeinstallprompt', e => {
  e.preventDefault()
  install.hidden = false
  install.addEventListener('click', () => e.prompt(), { once: true })
})
