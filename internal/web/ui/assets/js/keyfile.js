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

// secret tells a key, or a file that holds one, from a signature, whatever its name says: PKCS #12, PKCS #8 open and encrypted, PKCS #1,
// SEC 1, as they are, in base64 or in PEM. All but the encrypted PKCS #8 begin with the number of a version, a signature with what it is. The
// server looks in the same way (signature/keyfile.go).
const within = bytes => (bytes[0] === 0x30 ? bytes.subarray(2 + (bytes[1] > 0x80 ? bytes[1] & 0x7f : 0)) : [])
const encrypted = [[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5], [6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1]]
const keyed = bytes => {
  const inside = within(bytes)
  if (inside[0] === 2) return true
  const algorithm = within(inside)
  return encrypted.some(begin => begin.every((byte, i) => algorithm[i] === byte))
}
const secret = async one => {
  if (/\.(pfx|p12)$/i.test(one.name)) return true
  const bytes = new Uint8Array(await one.slice(0, most).arrayBuffer())
  if (keyed(bytes)) return true
  const plain = new TextDecoder('latin1').decode(bytes)
  if (plain.includes('PRIVATE KEY-----')) return true
  const begin = plain.slice(0, 4096).replace(/-----[^-]*-----|[^A-Za-z0-9+/]/g, '').slice(0, 64)
  return begin.length === 64 && keyed(Uint8Array.from(atob(begin), c => c.charCodeAt(0)))
}

// seen is the file in the field for a signature that was looked at and is no key.
let seen
const look = async () => {
  const one = answer.files[0]
  if (!one || one === seen) return true
  const held = await secret(one).catch(() => false) // what cannot be read cannot be sent
  if (one !== answer.files[0]) return look()
  if (!held) {
    seen = one
    return true
  }
  put(file, one)
  answer.value = ''
  show(answer, words.moved)
  start()
  password.focus()
  return false
}

const put = (input, one) => {
  const files = new DataTransfer()
  files.items.add(one)
  input.files = files.files
}

const send = signature => {
  put(answer, new File([signature], 'signature.sig'))
  seen = answer.files[0]
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
    look()
  })
  answer.form.addEventListener('submit', e => { // nothing leaves before it was looked at
    if (!answer.files[0] || answer.files[0] === seen) return
    e.preventDefault()
    look().then(fine => { if (fine) answer.form.requestSubmit(e.submitter) })
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
