// The page that verifies the code of a paper: by the camera, by a picture, or by its text, all in the browser and without any network.
// A file of its own: only that page and the one that people keep (web/portal, verify.go) have it. What needs it is hidden until it runs.
import decodeQR from 'qr/decode.js'
import { read, Refusal } from './paper.js'

const box = document.querySelector('[data-verify]')
const part = name => box.querySelector(`[data-part="${name}"]`)
const list = JSON.parse(box.dataset.keys)
const words = JSON.parse(box.dataset.words)
const lang = document.documentElement.lang
const [form, result, picture, camera, video] = ['form', 'result', 'picture', 'camera', 'video'].map(part)
const text = form.querySelector('textarea')

const day = value => new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeZone: box.dataset.zone }).format(new Date(value))
const clock = value => new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeStyle: 'short', timeZone: box.dataset.zone }).format(new Date(value))

const element = (name, content, attributes = {}) => {
  const el = document.createElement(name)
  el.textContent = content
  for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v)
  return el
}

const fact = (label, value, about = {}) => {
  const row = document.createElement('div')
  row.append(element('dt', label, about), element('dd', value, about))
  return row
}

const tones = { genuine: 'success', unknown: 'warning', address: 'info', picture: 'warning' }

// standing is what the list says of the key, as of its day.
const standing = key => (key.revoked_at ? words.key_revoked.replace('{date}', day(key.revoked_at)) : words.key_good).replace('{as_of}', clock(list.as_of))

const show = (why, paper, key, address) => {
  const [title, more] = words[why] ?? words.foreign
  const alert = element('div', '', { class: 'ds-alert', 'data-color': tones[why] ?? 'danger' })
  alert.append(element('h2', title, { class: 'alert-title' }), element('p', more))
  result.replaceChildren(alert)
  const facts = element('dl', '', { class: 'facts facts-wide' })
  if (paper) {
    const own = { lang: paper.lang }
    facts.append(fact(words.title, paper.title, own), fact(words.number, paper.number, own), fact(words.holder, paper.holder, own), fact(words.issuer, paper.agency, own),
      fact(words.date, day(paper.issued)))
    for (const f of paper.facts) facts.append(fact(f.label, f.value, own))
    if (paper.more) facts.append(fact(words.more, String(paper.more)))
    facts.append(fact(words.signed, clock(paper.issued)))
  }
  if (key) facts.append(fact(words.signer, `${list.issuer}, ${key.kid}`), fact(words.key, standing(key)))
  else facts.append(fact(words.list, clock(list.as_of)))
  result.append(facts)
  if (address?.startsWith(`${list.issuer.replace(/\/$/, '')}/`)) { // no other address is offered: a forged paper leads to a forged page
    const p = document.createElement('p')
    p.append(element('a', words.page, { class: 'ds-link', href: address.split('#')[0] }))
    result.append(p)
  }
  result.hidden = false
  result.focus()
}

const judge = async code => {
  const address = /^https?:\/\//.test(code.trim()) ? code.trim() : ''
  try {
    const { paper, key } = await read(code, list)
    show('genuine', paper, key, address)
  } catch (e) {
    if (!(e instanceof Refusal)) show('foreign')
    else show(e.why, e.paper, e.key, address)
  }
}

form.addEventListener('submit', e => {
  e.preventDefault()
  e.stopImmediatePropagation()
  judge(text.value)
})

const native = 'BarcodeDetector' in window ? new window.BarcodeDetector({ formats: ['qr_code'] }) : undefined

// codes are what the QR codes in a picture say. A paper has two: the one that is signed stands in the upper right corner.
const codes = async canvas => {
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  if (native) {
    const found = await native.detect(canvas).catch(() => [])
    if (found.length) return found.map(f => f.rawValue)
  }
  const { width, height } = canvas
  const out = []
  for (const [x, y, w, h] of [[0, 0, width, height], [width / 2, 0, width / 2, height / 2]].map(r => r.map(Math.floor))) {
    try {
      out.push(decodeQR(pen.getImageData(x, y, w, h)))
    } catch { /* there is none in that part */ }
  }
  return out
}

const best = found => found.find(c => /#[0-9]+$/.test(c)) ?? found[0]

const draw = (source, width, height, side) => {
  const canvas = document.createElement('canvas')
  const by = Math.min(1, side / Math.max(width, height))
  canvas.width = Math.round(width * by)
  canvas.height = Math.round(height * by)
  canvas.getContext('2d', { willReadFrequently: true }).drawImage(source, 0, 0, canvas.width, canvas.height)
  return canvas
}

picture.addEventListener('change', async () => {
  const [file] = picture.files
  if (!file) return
  let found
  try {
    const image = await createImageBitmap(file)
    for (const side of [2400, 1200]) { // what is not found in the large picture may be found in a smaller one, with less noise
      found ??= best(await codes(draw(image, image.width, image.height, side)))
    }
  } catch { /* no picture */ }
  picture.value = ''
  if (found) judge(found)
  else show('picture')
})

let stream
const end = () => {
  for (const track of stream?.getTracks() ?? []) track.stop()
  stream = undefined
  video.srcObject = null
  video.hidden = part('stop').hidden = true
  part('start').hidden = false
}

const look = async () => {
  if (!stream) return
  const found = video.videoWidth ? best(await codes(draw(video, video.videoWidth, video.videoHeight, 1600))) : undefined
  if (found && stream) {
    end()
    judge(found)
    return
  }
  setTimeout(look, 200)
}

part('start').addEventListener('click', async () => {
  part('start').disabled = true
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } } })
    video.srcObject = stream
    await video.play()
    video.hidden = part('stop').hidden = false
    part('start').hidden = true
    part('stop').focus()
    look()
  } catch {
    end()
    show('camera')
  }
  part('start').disabled = false
})
part('stop').addEventListener('click', () => {
  end()
  part('start').focus()
})
addEventListener('pagehide', end)

if (globalThis.crypto?.subtle) {
  for (const el of box.querySelectorAll('[data-scripted]')) el.hidden = false
  camera.hidden = !navigator.mediaDevices?.getUserMedia
}
