// Signs the text of the page by the key of a .pfx file, in the browser: neither the file nor its password nor the key is sent anywhere.
// What is sent is the signature, by the form that takes a file from a program of signing. A file of its own: only a page that has such a
// text loads it. The part of the page is hidden until this runs, and stays so where a browser cannot sign (plain http).
//
// What opens the file is large, and comes when a file is chosen. It works beside the page, so that the page answers meanwhile, can be
// stopped when a file asks for too much, and keeps nothing afterwards; its policy lets it ask the network for nothing
// (web.asset).
import { show } from './check.js'
import { say } from './dom.js'

const part = document.querySelector('[data-keyfile]')
const form = part.querySelector('form')
const [file, password] = form.querySelectorAll('input')
const button = form.querySelector('button[type=submit]')
const answer = document.querySelector('input[name=signature]')
const { keyfile: program, text, most, rounds, seconds } = part.dataset
const words = JSON.parse(part.dataset.words)

let worker
const start = () => { worker ??= new Worker(program) }
const stop = () => {
  worker?.terminate()
  worker = undefined
}

const field = kind => (kind === 'password' ? password : file)
const wrong = kind => {
  show(field(kind), words[kind] ?? words.unable)
  field(kind).focus()
}
const unsaid = () => [file, password].forEach(f => show(f, ''))

// ask has the worker sign, and says what stands in its way when something does.
const ask = question => new Promise(done => {
  start()
  const timer = setTimeout(done, seconds * 1000, { problem: 'slow' })
  const end = answer => {
    clearTimeout(timer)
    done(answer)
  }
  worker.onmessage = e => end(e.data)
  worker.onerror = e => {
    e.preventDefault()
    end({ problem: 'unable' })
  }
  worker.postMessage(question)
})

// given is the text to be signed, as the file that other programs sign.
const given = async () => {
  const got = await fetch(text, { credentials: 'same-origin' })
  return got.ok && !got.redirected ? got.arrayBuffer() : undefined
}

const sign = async () => {
  const chosen = file.files[0]
  if (!chosen) return { problem: 'missing' }
  if (chosen.size > most) return { problem: 'large' }
  const [content, key] = await Promise.all([given(), chosen.arrayBuffer()])
  if (!content) {
    location.reload() // the page knows why there is none any more
    return {}
  }
  return ask({ file: key, password: password.value, content, rounds: Number(rounds) })
}

const put = (input, one) => {
  const files = new DataTransfer()
  files.items.add(one)
  input.files = files.files
}

const send = signature => {
  put(answer, new File([signature], 'signature.sig'))
  answer.form.requestSubmit()
}

if (globalThis.isSecureContext && globalThis.crypto?.subtle && globalThis.Worker) {
  part.hidden = false
  file.addEventListener('change', () => {
    unsaid()
    if (file.files.length) start()
  })
  answer.addEventListener('change', () => { // a key in the field for its signature is about to be sent
    show(answer, '')
    if (!/\.(pfx|p12)$/i.test(answer.files[0]?.name)) return
    put(file, answer.files[0])
    answer.value = ''
    show(answer, words.moved)
    start()
    password.focus()
  })
  form.addEventListener('submit', e => {
    e.preventDefault()
    if (button.hasAttribute('aria-busy')) return
    unsaid()
    button.setAttribute('aria-busy', 'true')
    say(words.working)
    sign().catch(() => ({ problem: 'unable' })).then(({ signature, problem }) => {
      stop()
      button.removeAttribute('aria-busy')
      if (problem) wrong(problem)
      if (!signature) return
      form.reset()
      send(signature)
    })
  })
  addEventListener('pagehide', () => { // a page that is kept for the way back keeps no password
    stop()
    form.reset()
  })
}
