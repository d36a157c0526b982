// data-check="snils": the server reads the value as it will when the form is sent, and what is wrong is said under the field,
// when the person has left it and not before. While they correct it, the server is asked again, a moment after the last key,
// and the words go when nothing is wrong any more. data-check-with="birth_date" names fields whose values go along, and
// when one of them changes, this one is asked about again. A network that is away says nothing: the form is checked when it
// is sent.
import { after, on, post, say, unpressed, unsay } from './dom.js'

const address = '/api/check'
const left = new WeakMap() // fields that were left once, with the value that was asked about

const withs = input => (input.dataset.checkWith ?? '').split(' ').filter(Boolean)
const named = (form, name) => form.querySelector(`[data-check="${CSS.escape(name)}"], [name="${CSS.escape(name)}"]`)
const around = input => input.form ?? document
const wrong = input => input.getAttribute('aria-invalid') === 'true'
// A password goes to the server when it is whole, not before.
const whole = input => !input.closest('[data-password]')?.querySelector('[data-rule]:not([data-ok])')

const question = input => {
  const body = new URLSearchParams({ field: input.dataset.check, value: input.value })
  for (const name of withs(input)) {
    const other = named(around(input), name)
    if (other?.value.trim()) body.set(name, other.value)
  }
  return body
}

const ask = async input => {
  const value = input.value
  if (!value.trim()) {
    if (document.getElementById(input.id + '-error')?.dataset.checked) show(input, '')
    note(input, '')
    return
  }
  if (!whole(input)) return
  let told
  try {
    const answer = await post(address, question(input))
    if (!answer.ok) return
    told = await answer.json()
  } catch {
    return
  }
  await unpressed()
  if (input.value !== value) return
  show(input, told.error)
  note(input, told.notice ?? '')
  input.dispatchEvent(new CustomEvent('checked', { detail: told.error }))
}

const leave = input => {
  if (left.get(input) === input.value || !left.has(input) && !input.value.trim()) return
  left.set(input, input.value)
  ask(input)
  for (const name of [input.dataset.check, input.name]) {
    for (const other of around(input).querySelectorAll(`[data-check-with~="${CSS.escape(name)}"]`)) if (left.has(other)) ask(other)
  }
}

export const check = () => {
  const soon = after(400, ask) // whoever goes to another field has left this one
  on('focusout', '[data-check]', leave)
  on('change', '[data-check]', leave) // what a browser fills in by itself is never left
  on('input', '[data-check]', input => wrong(input) && !input.closest('[data-password]') && soon(input))
}

// show says what is wrong under the field, or takes the words away. They are read out when they are new, but not while
// somebody types.
export function show(input, error) {
  const before = document.getElementById(input.id + '-error')
  if (before?.dataset.checked && before.textContent === error) return
  drop(before)
  if (error) {
    put(input, '-error', 'ds-validation-message', error)
    input.setAttribute('aria-invalid', 'true')
    if (document.activeElement !== input) say(error)
  } else {
    input.removeAttribute('aria-invalid')
  }
  describe(input, '-error', error)
}

// note says what is good to know about a value that is right.
function note(input, words) {
  const before = document.getElementById(input.id + '-notice')
  if ((before?.textContent ?? '') === words) return
  drop(before)
  if (words) {
    put(input, '-notice', 'field-notice', words)
    say(words)
  }
  describe(input, '-notice', words)
}

function drop(p) {
  if (!p) return
  unsay(p.textContent)
  p.remove()
}

function put(input, suffix, look, words) {
  const p = document.createElement('p')
  p.id = input.id + suffix
  p.className = look
  p.dataset.checked = 'true'
  p.textContent = words
  const row = input.closest('.password-row, .choices') ?? input
  row.after(p)
}

function describe(input, suffix, on) {
  const id = input.id + suffix
  const ids = (input.getAttribute('aria-describedby') ?? '').split(' ').filter(x => x && x !== id)
  if (on) ids.push(id)
  if (ids.length) input.setAttribute('aria-describedby', ids.join(' '))
  else input.removeAttribute('aria-describedby')
}
