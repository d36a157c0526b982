// data-live: a part of the page that keeps itself up to date. An event on data-events, or every data-poll seconds, fetches
// the page again (data-from, or this one) and puts the element with the same id in the place of the old one.
//
// What may be lost is not trusted: after a connection broke, the first thing done is to look again. A stream the browser
// gave up is opened anew, later each time. Nothing is swapped under the hands of somebody typing in it.
import { part, say } from './dom.js'

export const live = enhance => {
  for (const { id, dataset } of document.querySelectorAll('[data-live]')) follow(id, dataset, enhance)
}

function follow(id, { events, poll, from }, enhance) {
  let asked = 0 // since the look that is going on began, and that one
  const look = async () => {
    if (asked++) return
    await refresh(id, from || location, enhance).catch(() => {}) // the network is away; the next event or the next opening of the stream looks again
    const more = asked > 1
    asked = 0
    if (more) look()
  }
  if (events) stream(events, look)
  if (poll) setInterval(() => document.hidden || look(), poll * 1000)
  document.addEventListener('visibilitychange', () => document.hidden || look())
}

export function stream(url, look) {
  let source
  let wait = 1000
  let broken = false
  const open = () => {
    source = new EventSource(url)
    source.onopen = () => {
      wait = 1000
      if (broken) look()
      broken = false
    }
    source.onmessage = look
    source.addEventListener('changed', look)
    source.onerror = () => {
      broken = true
      if (source.readyState !== EventSource.CLOSED) return // it tries again by itself
      setTimeout(open, wait)
      wait = Math.min(wait * 2, 60000)
    }
  }
  open()
  addEventListener('pagehide', () => source.close())
  addEventListener('pageshow', e => {
    if (!e.persisted) return
    broken = true
    open()
  })
}

async function refresh(id, url, enhance) {
  const old = document.getElementById(id)
  if (!old) return
  const answer = await part(url)
  if (answer.redirected && new URL(answer.url).pathname !== new URL(url, location).pathname) {
    location.reload() // signed out, or moved on
    return
  }
  if (!answer.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(id)
  swap(old, fresh, enhance, () => refresh(id, url, enhance))
}

// swap puts what is in fresh into old, unless somebody is typing there: then later does it.
export function swap(old, fresh, enhance, later) {
  if (!fresh || fresh.innerHTML === old.innerHTML) return
  const active = document.activeElement
  if (old.contains(active) && active.matches('input, textarea, select')) {
    active.addEventListener('blur', later, { once: true })
    return
  }
  const words = el => el.querySelector('[data-say]')?.textContent.trim()
  const before = words(old)
  const back = old.contains(active) && path(active, old)
  const open = [...old.querySelectorAll('details[open]')].map(d => path(d, old))
  const ticked = new Set([...old.querySelectorAll('[data-rows] input:checked')].map(b => b.value)) // chosen rows that are still there stay chosen
  old.replaceChildren(...fresh.childNodes)
  for (const b of old.querySelectorAll('[data-rows] input')) b.checked = ticked.has(b.value)
  for (const a of fresh.attributes) if (a.name !== 'data-live') old.setAttribute(a.name, a.value)
  for (const p of open) {
    const d = find(p, old)
    if (d?.tagName === 'DETAILS') d.open = true
  }
  if (back) (find(back, old) ?? old).focus()
  enhance(old)
  if (words(old) !== before) say(words(old))
  // The form that it tells about has changed with it: save.js asks what it looks like now, once what is typed is kept.
  document.forms[old.dataset.form]?.[0].dispatchEvent(new Event('change', { bubbles: true }))
}

// path and find carry an element over a swap: by its id, else by its place.
function path(el, root) {
  if (el.id) return el.id
  const steps = []
  for (; el !== root; el = el.parentElement) steps.unshift([...el.parentElement.children].indexOf(el))
  return steps
}

function find(p, root) {
  return p.reduce ? p.reduce((el, i) => el?.children[i], root) : document.getElementById(p)
}
