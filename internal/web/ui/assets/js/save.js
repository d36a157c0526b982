// data-save="/address": what is typed is kept while it is typed, a moment after the last key and when the page is left, and the
// server says by the same rules as on submit what is wrong with the fields that the person has left. Passwords, codes and
// files stay here.
//
// The server may answer with the version it has now, which goes back with the next save, and with the shape of the form: when
// that is another one than data-shape, other questions are to be asked, and the form is fetched anew. An answer that was changed
// elsewhere meanwhile is said at its field and not sent again before the person has touched it.
import { after, on, part, post, unpressed } from './dom.js'
import { show } from './check.js'

// ms after the last key, and from an answer to the next sending; after what could not be kept twice as long each time, up to a minute
const moment = 1500

export const save = enhance => {
  const dirty = new Set()
  const left = new Set() // names of fields that were left
  const held = new Set() // names of answers that clash
  const clash = el => [...held].find(name => (el.name + '.').startsWith(name + '.')) // all of the answer, a part of it, a question in its rows
  // at says it at the first input of the clashing answer that is seen.
  const at = (form, name, text) => {
    const el = [...form.elements].find(el => clash(el) === name && el.type !== 'hidden')
    if (el) show(el, text)
  }
  const values = form => {
    const data = new FormData(form)
    for (const el of form.elements) if (el.matches('[type=password], [type=file], [data-code]') || clash(el)) data.delete(el.name)
    return new URLSearchParams(data)
  }
  const state = (form, word) => document.querySelector('[data-save-state]')?.replaceChildren(form.dataset[word])
  let wait = moment
  let again // the timer of the next try
  const away = new Set() // forms of which something is on its way
  // The next sending begins when the last one is answered: of two that overtake each other the older could win. Who leaves waits for nothing,
  // and what the page shows when they come back is sent once more.
  const keep = async (form, leaving) => {
    const second = away.has(form)
    if (second && !leaving || !dirty.delete(form)) return
    away.add(form)
    clearTimeout(again)
    try {
      const body = values(form)
      // Of more than 64 KiB that are to go on their way when the page is left meanwhile a browser sends nothing at all.
      const answer = await post(form.dataset.save, body, `${body}`.length < 60000)
      if (!answer.ok) throw answer
      state(form, 'saved')
      wait = moment
      if (second) dirty.add(form)
      const told = await answer.json().catch(() => {}) // not every page has something to tell
      await unpressed()
      if (told) await learn(form, told)
    } catch {
      dirty.add(form)
      state(form, 'unsaved')
      wait = Math.min(wait * 2, 60000)
    }
    away.delete(form)
    again = setTimeout(all, wait)
  }
  const all = leaving => dirty.forEach(form => keep(form, leaving))
  const learn = (form, told) => {
    form.elements['.version'].value = told.version
    for (const { name, text } of told.clashes) {
      held.add(name)
      at(form, name, text)
    }
    for (const el of form.elements) {
      if (!left.has(el.name) || /hidden|radio|box/.test(el.type) || clash(el)) continue
      const wrong = told.wrong.find(x => x.name === el.name)?.text ?? ''
      if (el.value.trim() || !wrong) show(el, wrong)
    }
    if (told.shape && told.shape !== form.dataset.shape && !dirty.has(form) && !held.size) return anew(form)
  }
  const anew = async form => {
    const answer = await part(location.pathname)
    const page = await answer.text() // before anything is decided: an answer that nobody reads stays open
    if (!answer.ok || answer.redirected || dirty.has(form)) return
    const fresh = new DOMParser().parseFromString(page, 'text/html').getElementById(form.id)
    if (!fresh) return
    const back = document.activeElement?.id
    form.replaceChildren(...fresh.childNodes)
    form.dataset.shape = fresh.dataset.shape
    document.getElementById(back)?.focus()
    enhance(form)
    unlist()
  }
  const soon = after(moment, keep)
  // Each sending says when it is made, by which the server knows one that comes after a later one.
  on('formdata', 'form[data-save]', (_, e) => e.formData.set('.sent', e.timeStamp))
  const changed = (el, form) => {
    const name = clash(el)
    if (name) at(form, name, '')
    held.delete(name)
    dirty.add(form)
    soon(form)
  }
  // What a scan tells stands outside of the form that it goes with.
  on('input', 'form[data-save] *, [form]', el => el.form?.dataset.save && changed(el, el.form))
  on('change', 'form[data-save] *, [form]', el => {
    if (!el.form?.dataset.save) return
    left.add(el.name || 0) // a fieldset has no name either
    changed(el, el.form)
    if (el.form.dataset.shape) keep(el.form)
  })
  on('submit', 'form[data-save]', form => dirty.delete(form))
  addEventListener('online', () => all())
  addEventListener('pagehide', all)
  addEventListener('visibilitychange', () => document.hidden && all(true))
}

// unlist takes out of the list of mistakes those of questions that are not asked any more.
const unlist = () => {
  const list = document.querySelector('.ds-error-summary')
  if (!list) return
  for (const a of list.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(a.hash.slice(1))) a.closest('li').remove()
  }
  if (!list.querySelector('li')) list.remove()
}
