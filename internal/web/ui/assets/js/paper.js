// Reads the code of a paper and says whether the portal signed it: what package stamp does on the server, by the browser's own
// cryptography and the list of keys that came with the page. It asks nobody. Bytes that could be written otherwise are refused, as there.

export class Refusal extends Error {
  constructor (why, paper, key) {
    super(why)
    Object.assign(this, { why, paper, key })
  }
}

const refuse = (why, paper, key) => { throw new Refusal(why, paper, key) }

// digits of a last group of so many bytes
const digits = [0, 3, 5, 8, 10, 13, 15, 17]
const most = 7089

const unpack = text => {
  if (!/^[0-9]+$/.test(text)) refuse('foreign')
  const out = []
  for (let i = 0; i < text.length; i += 17) {
    const part = text.slice(i, i + 17)
    const n = digits.indexOf(part.length)
    let value = BigInt(part)
    if (n < 1 || value >> BigInt(8 * n)) refuse('foreign')
    const bytes = []
    for (let k = 0; k < n; k++) {
      bytes.unshift(Number(value & 255n))
      value >>= 8n
    }
    out.push(...bytes)
  }
  return Uint8Array.from(out)
}

// cbor reads one value (RFC 8949) in its shortest form, with nothing behind it.
const cbor = bytes => {
  let at = 0
  const take = n => {
    if (at + n > bytes.length) refuse('foreign')
    return bytes.subarray(at, at += n)
  }
  const number = more => {
    if (more < 24) return more
    const n = { 24: 1, 25: 2, 26: 4, 27: 8 }[more] ?? refuse('foreign')
    const value = take(n).reduce((sum, b) => sum * 256 + b, 0)
    const least = { 1: 24, 2: 256, 4: 65536, 8: 4294967296 }[n]
    if (value < least || !Number.isSafeInteger(value)) refuse('foreign')
    return value
  }
  const value = depth => {
    if (depth > 4) refuse('foreign')
    const [head] = take(1)
    const n = number(head & 31)
    switch (head >> 5) {
      case 0: return n
      case 1: return -1 - n
      case 2: return take(n)
      case 3: return new TextDecoder('utf-8', { fatal: true }).decode(take(n))
      case 4: return Array.from({ length: n > 256 ? refuse('foreign') : n }, () => value(depth + 1))
      case 5: {
        const map = new Map()
        for (let i = 0; i < (n > 16 ? refuse('foreign') : n); i++) {
          const key = value(depth + 1)
          if (map.has(key)) refuse('foreign')
          map.set(key, value(depth + 1))
        }
        return map
      }
    }
    return refuse('foreign')
  }
  const out = value(0)
  if (at !== bytes.length) refuse('foreign')
  return out
}

const bytesOnly = x => (x instanceof Uint8Array ? x : refuse('foreign'))

// line is a text: letters of Windows-1251, where the byte that means nothing is the rouble, or UTF-8.
const line = x => (typeof x === 'string' ? x : new TextDecoder('windows-1251').decode(bytesOnly(x)).replaceAll('\u0098', '₽'))

const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('')

const head = n => (n < 24 ? [0x40 | n] : n < 256 ? [0x58, n] : [0x59, n >> 8, n & 255])

// signed are the bytes that the portal signed (RFC 9052, 4.4).
const signed = (own, payload) => Uint8Array.from([
  0x84, 0x6a, ...new TextEncoder().encode('Signature1'), ...head(own.length), ...own, 0x40, ...head(payload.length), ...payload,
])

const paperOf = payload => {
  const x = cbor(payload)
  if (!Array.isArray(x) || x.length !== 11 || x[0] !== 1 || !Array.isArray(x[10]) || x[10].length % 2) refuse('foreign')
  const facts = []
  for (let i = 0; i < x[10].length; i += 2) {
    const label = typeof x[10][i] === 'number' ? (facts[x[10][i]] ?? refuse('foreign')).label : line(x[10][i])
    facts.push({ label, value: line(x[10][i + 1]) })
  }
  return {
    kind: line(x[1]), number: line(x[2]), issued: new Date(x[3] * 1000), lang: line(x[4]), title: line(x[5]), agency: line(x[6]), holder: line(x[7]),
    token: bytesOnly(x[8]), more: x[9], facts,
  }
}

const moment = text => (text ? Date.parse(text) : undefined)

// read says what a code, or an address that ends in one, says, and by which key. A Refusal holds the reason, and what the paper says if
// the portal signed it all the same.
export const read = async (text, list) => {
  text = text.trim()
  if (text.length > most) refuse('foreign')
  const cut = text.indexOf('#')
  const [address, code] = cut < 0 ? ['', text] : [text.slice(0, cut), text.slice(cut + 1)]
  if (cut < 0 ? /^https?:\/\//.test(code) : !code) refuse('address')
  const outer = cbor(unpack(code))
  if (!Array.isArray(outer) || outer.length !== 4 || !(outer[1] instanceof Map) || outer[1].size) refuse('foreign')
  const [own, payload, signature] = [outer[0], outer[2], outer[3]].map(bytesOnly)
  const said = cbor(own)
  if (!(said instanceof Map) || said.get(1) !== -7 || said.size !== 2 || signature.length !== 64) refuse('foreign')
  const name = hex(bytesOnly(said.get(4)))
  const key = list.keys.find(k => k.kid === name) ?? refuse('unknown')
  const { kty, crv, x, y } = key
  const verifier = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  if (!await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, verifier, signature, signed(own, payload))) refuse('forged')
  const paper = paperOf(payload)
  if (key.revoked_at) refuse('revoked', paper, key)
  const at = paper.issued.getTime()
  if (!key.since || at < moment(key.since) || at > (moment(key.until) ?? Infinity)) refuse('untimely', paper, key)
  if (address) {
    const token = address.slice(address.lastIndexOf('/') + 1)
    const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)))
    if (hex(sum.subarray(0, 8)) !== hex(paper.token)) refuse('other', paper, key)
  }
  return { paper, key }
}
