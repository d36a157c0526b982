// The portal's program that a browser keeps: it shows what is pushed, and a page where there is no network. Only those have it who
// switched one of the two on. The server puts `own` before it: words and addresses.
/* global own */
const list = '/cabinet/offline'
const kept = 'okno-kept' // there is one: the person wants their list on this device
const shell = `okno-shell-${own.version}`
let turn = 0 // of signing out: an answer that was asked for before it is not kept

addEventListener('install', e => e.waitUntil(caches.open(shell).then(c => c.addAll(own.shell)).then(() => skipWaiting())))

addEventListener('activate', e => e.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith('okno-shell-') && name !== shell) await caches.delete(name)
  await clients.claim()
})()))

addEventListener('push', e => {
  let m = {}
  try { m = e.data.json() } catch { /* a browser demands that something is shown */ }
  e.waitUntil(registration.showNotification(m.title || own.name, { body: m.body || own.body, tag: m.id, lang: m.lang, icon: own.icon, badge: own.icon, data: m.path }))
})

addEventListener('notificationclick', e => {
  e.notification.close()
  const to = new URL(e.notification.data || '/cabinet/notices', location.origin)
  if (to.origin !== location.origin) return
  e.waitUntil((async () => {
    for (const c of await clients.matchAll({ type: 'window' })) if (new URL(c.url).pathname === to.pathname) return c.focus()
    return clients.openWindow(to.href)
  })())
})

const forget = async () => {
  turn++
  if (await caches.has(kept)) await (await caches.open(kept)).delete(list)
}

// refresh keeps the list as it is now, of whoever is signed in; who is not leaves nothing
const refresh = async () => {
  if (!await caches.has(kept)) return
  const now = turn
  const answer = await fetch(list, { cache: 'no-store' }).catch(() => null)
  if (!answer || answer.status >= 500) return
  if (!answer.ok || answer.redirected) await forget()
  else if (now === turn && await caches.has(kept)) await (await caches.open(kept)).put(list, answer)
}

const away = async () => {
  const found = await caches.has(kept) && await (await caches.open(kept)).match(list)
  if (found && Date.now() - new Date(found.headers.get('date')) < own.keep * 1000) return found
  await forget()
  return await caches.match('/offline') || Response.error()
}

addEventListener('message', e => { if (e.data === 'refresh') e.waitUntil(refresh()) })

addEventListener('fetch', e => {
  const { mode, method, url } = e.request
  const { pathname } = new URL(url)
  if (mode === 'navigate' && method === 'GET') {
    e.respondWith(fetch(e.request).then(answer => {
      if (pathname !== list) e.waitUntil(refresh())
      return answer
    }, away))
  } else if (mode === 'navigate' && pathname === '/signout') {
    e.waitUntil(forget())
  } else if (own.shell.includes(pathname)) {
    e.respondWith(caches.match(pathname).then(found => found || fetch(e.request)))
  }
})
