// data-suggest shows services under a search box while one types, as a combobox with a list (ARIA APG). The arrows choose, Enter goes there
// or, with nothing chosen, sends the form as it does without this. What is typed is sent in the body of a request: addresses are logged.
import { after, post, say, unsay } from './dom.js'

const wait = 150

const enhance = input => {
  const list = document.createElement('ul')
  list.className = 'suggest'
  list.id = `${input.id}-list`
  list.hidden = true
  list.role = 'listbox'
  list.ariaLabel = input.labels[0]?.textContent
  input.after(list)
  input.role = 'combobox'
  input.setAttribute('aria-autocomplete', 'list')
  input.setAttribute('aria-controls', list.id)

  let at = -1
  let asked = 0
  let told = ''

  const choose = i => {
    at = i
    for (const [k, li] of [...list.children].entries()) li.ariaSelected = String(k === i)
    const li = list.children[i]
    if (li) {
      input.setAttribute('aria-activedescendant', li.id)
      li.scrollIntoView({ block: 'nearest' })
    } else input.removeAttribute('aria-activedescendant')
  }

  const show = open => {
    list.hidden = !open
    input.ariaExpanded = String(open)
    if (!open) choose(-1)
  }

  const close = () => {
    asked++
    show(false)
    unsay(told)
  }

  const draw = ({ items, text }) => {
    list.replaceChildren(...items.map((x, i) => {
      const li = document.createElement('li')
      li.role = 'option'
      li.id = `${list.id}-${i}`
      li.dataset.url = x.url
      li.textContent = x.title
      const note = document.createElement('span')
      note.textContent = x.note
      li.append(note)
      return li
    }))
    show(items.length > 0)
    choose(-1)
    say(told = text)
  }

  const ask = after(wait, async () => {
    if (at >= 0) return // a choice was made meanwhile
    const turn = ++asked
    if (input.value.trim().length < 2) return close()
    try {
      const r = await post(input.dataset.suggest, new URLSearchParams({ q: input.value }))
      const answer = r.ok && await r.json()
      if (answer && turn === asked && at < 0 && document.activeElement === input) draw(answer)
    } catch { /* the form is still there */ }
  })

  input.addEventListener('input', () => {
    choose(-1)
    ask()
  })
  input.addEventListener('blur', close)
  input.addEventListener('keydown', e => {
    const n = list.children.length
    if (list.hidden || e.isComposing) return
    if (e.key === 'ArrowDown') choose(at === n - 1 ? -1 : at + 1)
    else if (e.key === 'ArrowUp') choose(at === -1 ? n - 1 : at - 1)
    else if (e.key === 'Escape') close()
    else return
    e.preventDefault()
  })
  input.form.addEventListener('submit', e => { // by Enter in the box; who goes to the button has left it, and no choice stands
    if (at < 0) return
    e.preventDefault()
    location.assign(list.children[at].dataset.url)
  })
  list.addEventListener('mousedown', e => e.preventDefault()) // the box keeps the focus
  list.addEventListener('click', e => {
    const li = e.target.closest('li')
    if (li) location.assign(li.dataset.url)
  })
  show(false)
}

for (const input of document.querySelectorAll('[data-suggest]')) enhance(input)
