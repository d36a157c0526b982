// data-save="/address": what is typed is kept while it is typed, a moment after the last key and when the page is left.
// Passwords, codes and files stay here.
import { after, on, post } from './dom.js'

export const save = () => {
  const dirty = new Set()
  const values = form => {
    const data = new FormData(form)
    for (const el of form.querySelectorAll('[type=password], [type=file], [data-code]')) data.delete(el.name)
    return new URLSearchParams(data)
  }
  const keep = async form => {
    if (!dirty.delete(form)) return
    const state = document.querySelector('[data-save-state]')
    try {
      const answer = await post(form.dataset.save, values(form), { keepalive: true })
      if (!answer.ok) throw answer.status
      if (state) state.textContent = form.dataset.saved
    } catch {
      dirty.add(form)
      if (state) state.textContent = form.dataset.unsaved
    }
  }
  const soon = after(1500, keep)
  const changed = form => {
    dirty.add(form)
    soon(form)
  }
  on('input', 'form[data-save]', changed)
  on('change', 'form[data-save]', changed)
  on('submit', 'form[data-save]', form => dirty.delete(form))
  addEventListener('online', () => dirty.forEach(keep))
  addEventListener('pagehide', () => dirty.forEach(keep))
  document.addEventListener('visibilitychange', () => document.hidden && dirty.forEach(keep))
}
