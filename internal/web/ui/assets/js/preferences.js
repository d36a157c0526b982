// Larger type at once: the page is told, the server keeps it. The other language needs a new page anyway.
import { on, post } from './dom.js'

export const preferences = () => on('submit', '[data-preferences]', async (form, e) => {
  const button = e.submitter
  if (button?.name !== 'type') return
  e.preventDefault()
  const body = new URLSearchParams({ type: button.value, back: form.elements.back.value })
  try {
    const answer = await post(form.action, body)
    if (!answer.ok) throw answer
  } catch {
    const wish = form.appendChild(document.createElement('input'))
    Object.assign(wish, { type: 'hidden', name: button.name, value: button.value })
    form.submit() // the long way says what is wrong
    return
  }
  const larger = button.value === 'larger'
  const root = document.documentElement
  root.dataset.size = larger ? 'lg' : 'dense' in root.dataset ? 'sm' : 'md'
  root.toggleAttribute('data-larger', larger)
  button.value = larger ? 'normal' : 'larger'
  button.querySelector('span').textContent = larger ? button.dataset.normalLabel : button.dataset.largerLabel
})
