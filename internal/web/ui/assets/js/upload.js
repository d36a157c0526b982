// data-upload on a file field: what is chosen there, or dropped on it, goes out at once and in pieces (data-upload-to of its form), with
// a bar and a way to stop it. A line that breaks stops it; it goes on where it stopped when the line is back, also in another window and
// after the browser was closed, when the same file is chosen again: the server knows how much of it has come. Without this module the
// form sends the files itself.
import { on, part, post, say, unsay } from './dom.js'
import { stream, swap } from './live.js'

const soonest = 1000 // ms until the first try after the line broke; then each time later
const latest = 30000
const lines = 2 // files on their way at once

let under = 0
const waiting = []

export const upload = enhance => {
  for (const box of document.querySelectorAll('[data-uploads]')) {
    for (const button of box.querySelectorAll('[data-upload-button]')) button.hidden = true // choosing is sending
    for (const el of box.querySelectorAll('[data-upload], [name^=instead-], [data-upload-button]')) el.removeAttribute('form') // without scripts they go with the answers of the page
    stream(box.dataset.uploads, () => look(enhance))
  }
  on('change', 'input[data-upload]', field => {
    const form = field.closest('form')
    const files = [...field.files]
    field.value = ''
    mend(field)
    for (const file of files) {
      const row = new Row(form, file, enhance)
      waiting.push(row)
    }
    next()
  })
  // The page is not left while a file is on its way: the person is told, and may press once more.
  document.addEventListener('submit', e => {
    const form = e.target
    if (!document.querySelector('[data-uploads]') || form.closest('[data-uploads]') || under + waiting.length === 0 || form.dataset.warned) return
    e.preventDefault()
    form.dataset.warned = ''
    const words = JSON.parse(document.querySelector('[data-words]').dataset.words)
    say(words.wait)
    const row = document.querySelector('[data-queue] li')
    row?.querySelector('[data-part=note]')?.replaceChildren(words.wait)
    row?.scrollIntoView({ block: 'center' })
    row?.querySelector('button')?.focus()
  }, true)
}

// mend takes the complaint about what was chosen before away from the field.
const mend = field => {
  field.removeAttribute('aria-invalid')
  document.getElementById(field.id + '-error')?.remove()
}

const next = () => {
  while (under < lines && waiting.length) {
    under++
    waiting.shift().run().finally(() => {
      under--
      next()
    })
  }
}

// look fetches the page and swaps in the lists of files.
let looking = Promise.resolve()
const look = enhance => {
  looking = looking.then(async () => {
    const answer = await part(location.href)
    if (!answer.ok) return
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    for (const old of document.querySelectorAll('[data-files]')) {
      swap(old, page.getElementById(old.id), enhance, () => look(enhance))
      const more = document.querySelector(`[data-more="${old.id}"]`)
      const fresh = page.querySelector(`[data-more="${old.id}"]`)
      if (more && fresh) more.hidden = fresh.hidden
    }
  }).catch(() => {}) // the line is away: the stream looks again when it is back
  return looking
}

const pause = (ms, signal) => new Promise((done, fail) => {
  const timer = setTimeout(end, ms)
  function end() {
    clearTimeout(timer)
    removeEventListener('online', end)
    done()
  }
  addEventListener('online', end)
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    removeEventListener('online', end)
    fail(new DOMException('stopped', 'AbortError'))
  }, { once: true })
})

// Refused is an answer after which trying again makes no sense.
class Refused extends Error {}

class Row {
  constructor(form, file, enhance) {
    this.form = form
    this.file = file
    this.enhance = enhance
    this.words = JSON.parse(form.dataset.words)
    this.stopped = new AbortController()
    this.queue = form.closest('[data-slot]').querySelector('[data-queue]')
    this.instead = form.querySelector('[name^=instead-]')?.value ?? ''
    this.draw()
  }

  draw() {
    const li = document.createElement('li')
    const body = document.createElement('div')
    body.className = 'list-body'
    const name = document.createElement('span')
    name.className = 'list-title'
    name.textContent = this.file.name
    this.bar = document.createElement('progress')
    this.bar.max = Math.max(1, this.file.size)
    this.bar.value = 0
    this.bar.setAttribute('aria-label', this.file.name)
    this.note = document.createElement('p')
    this.note.className = 'muted'
    this.note.dataset.part = 'note'
    this.note.textContent = this.words.going
    body.append(name, this.bar, this.note)
    const end = document.createElement('div')
    end.className = 'list-end'
    this.button = document.createElement('button')
    this.button.type = 'button'
    this.button.className = 'ds-button'
    this.button.dataset.variant = 'tertiary'
    this.button.dataset.size = 'sm'
    this.button.textContent = this.words.stop
    this.button.setAttribute('aria-label', this.words.stop + ': ' + this.file.name)
    this.button.addEventListener('click', () => this.stop())
    end.append(this.button)
    li.append(body, end)
    this.li = li
    this.queue.append(li)
    this.queue.hidden = false
  }

  stop() {
    if (this.over) {
      this.gone()
      return
    }
    this.stopped.abort()
    const at = waiting.indexOf(this)
    if (at >= 0) waiting.splice(at, 1)
    if (this.id) post(`/uploads/${this.id}/stop`).catch(() => {}) // it is swept
    say(this.words.stopped)
    this.gone()
  }

  gone() {
    const field = this.form.querySelector('[data-upload]')
    unsay(this.said)
    this.li.remove()
    if (!this.queue.children.length) this.queue.hidden = true
    field?.focus()
  }

  tell(text) {
    if (this.note.textContent !== text) this.note.textContent = text
  }

  // ask sends until there is an answer that says something: the line may be away, the portal busy or starting anew.
  async ask(url, body, method = 'POST') {
    for (let wait = soonest; ; wait = Math.min(wait * 2, latest)) {
      let answer
      try {
        answer = await fetch(url, { method, body, credentials: 'same-origin', headers: { Accept: 'application/json' }, signal: this.stopped.signal })
      } catch (e) {
        if (e.name === 'AbortError') throw e
      }
      if (answer && answer.status !== 429 && answer.status < 500) return [answer.status, await answer.json().catch(() => ({}))]
      if (answer?.status === 429) {
        const said = await answer.json().catch(() => ({}))
        if (said.error) throw new Refused(said.error) // a day's worth: waiting for it is not for this page
      }
      this.broken = true
      this.tell(this.words.waiting)
      await pause(wait, this.stopped.signal)
      this.tell(this.words.going)
    }
  }

  async begin() {
    const { name, size, lastModified } = this.file
    const form = new URLSearchParams({ slot: this.form.dataset.slotId, name, size, key: `${name}:${size}:${lastModified}`, instead: this.instead })
    const [status, way] = await this.ask(this.form.dataset.uploadTo, form)
    if (status !== 200) throw new Refused(way.error || this.words.failed)
    this.id = way.id
    return way
  }

  async send() {
    let way = await this.begin()
    while (way.offset < this.file.size) {
      this.bar.value = way.offset
      const from = way.offset
      this.broken = false
      const [status, said] = await this.ask(`/uploads/${this.id}?offset=${from}`, this.file.slice(from, from + way.piece))
      if (status === 404) way = await this.begin() // swept, or the person signed in anew
      else if (status === 200 || status === 409) way = { ...way, offset: said.offset } // 409: it had come, and its answer was lost
      else throw new Refused(said.error || this.words.failed)
    }
    this.bar.removeAttribute('value')
    this.tell(this.words.checking)
    const [status, said] = await this.ask(`/uploads/${this.id}/finish`)
    if (status !== 200) throw new Refused(said.error || this.words.failed)
  }

  async run() {
    try {
      await this.send()
    } catch (e) {
      if (e.name === 'AbortError') return
      this.fail(e instanceof Refused ? e.message : this.words.failed)
      return
    }
    this.over = true
    say(`${this.file.name}: ${this.words.done}`)
    await look(this.enhance)
    this.li.remove()
    if (!this.queue.children.length) this.queue.hidden = true
    // The form replaces nothing any more, and what is typed stays. Later: a page on which a file is on its way is not left.
    if (this.instead) setTimeout(() => this.form.querySelector('[data-keep]')?.click())
  }

  fail(why) {
    this.over = true
    this.bar.remove()
    this.note.className = 'ds-validation-message'
    this.note.dataset.color = 'danger'
    this.note.textContent = why
    this.li.dataset.failed = ''
    this.button.textContent = this.words.again
    this.button.setAttribute('aria-label', `${this.words.again}: ${this.file.name}`)
    this.said = `${this.file.name}: ${why}`
    say(this.said)
  }
}
