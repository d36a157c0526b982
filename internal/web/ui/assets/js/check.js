// data-check="/address": when the person leaves the field, its value is checked and what is wrong is said under it.
// The server says it in words; a network that is away says nothing, the form will be checked when it is sent.
import { on, post, say } from './dom.js'

export const check = () => on('change', '[data-check]', async input => {
  const value = input.value
  if (!value.trim()) return
  // A password goes to the server when it is whole, not before.
  if (input.closest('[data-password]')?.querySelector('[data-rule]:not([data-ok])')) return
  let error
  try {
    const answer = await post(input.dataset.check, new URLSearchParams({ field: input.name, value }))
    if (!answer.ok) return
    error = (await answer.json()).error
  } catch {
    return
  }
  if (input.value !== value) return
  show(input, error)
  input.dispatchEvent(new CustomEvent('checked', { detail: error }))
})

export function show(input, error) {
  const id = input.id + '-error'
  const ids = (input.getAttribute('aria-describedby') ?? '').split(' ').filter(x => x && x !== id)
  document.getElementById(id)?.remove()
  if (error) {
    const p = document.createElement('p')
    p.id = id
    p.className = 'ds-validation-message'
    p.textContent = error
    const row = input.closest('.password-row') ?? input
    row.after(p)
    ids.push(id)
    input.setAttribute('aria-invalid', 'true')
    say(error)
  } else {
    input.removeAttribute('aria-invalid')
  }
  if (ids.length) input.setAttribute('aria-describedby', ids.join(' '))
  else input.removeAttribute('aria-describedby')
}
