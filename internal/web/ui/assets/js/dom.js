export const on = (type, selector, fn, capture) =>
  document.addEventListener(type, e => {
    const el = e.target.closest?.(selector)
    if (el) fn(el, e)
  }, capture)

let said = {}

// say reads words out to those who do not see them change.
export const say = text => {
  const region = document.getElementById('announce')
  if (!region || !text) return
  clearTimeout(said.timer)
  region.textContent = ''
  said = { text, timer: setTimeout(() => { region.textContent = text }, 50) }
}

// unsay takes words back that do not hold any more, also those that are about to be said: whoever walks through the page would find
// them there.
export const unsay = text => {
  const region = document.getElementById('announce')
  if (said.text === text) clearTimeout(said.timer)
  if (region && region.textContent === text) region.textContent = ''
}

// part fetches a page of which parts are wanted. What the last page left to be said stays for the next one that is opened. Who waits for an
// answer that never comes gives up: nothing else would go meanwhile.
export const part = (url, options) =>
  fetch(url, { headers: { Accept: 'text/html', 'Okno-Part': '1' }, signal: AbortSignal.timeout(30000), ...options })

export const post = (url, body, keepalive) =>
  part(url, { method: 'POST', body, keepalive, headers: { Accept: 'application/json' } })

export const after = (ms, fn) => {
  let timer
  return (...args) => {
    clearTimeout(timer)
    timer = setTimeout(fn, ms, ...args)
  }
}

let pressed // what waits for the release, while a button of the mouse or a finger is down

// unpressed waits until nothing is pressed. The press that leaves a field is what has it checked: if the words under the field came or
// went before the release, the page would move under it, and the button that was meant would not be clicked.
export const unpressed = () => new Promise(go => pressed ? pressed.push(go) : go())

const release = () => {
  const waiting = pressed ?? []
  pressed = undefined
  setTimeout(() => waiting.forEach(go => go())) // the click comes first
}
addEventListener('pointerdown', () => { pressed ??= [] }, true)
for (const end of ['pointerup', 'pointercancel', 'blur']) addEventListener(end, release, end !== 'blur')
