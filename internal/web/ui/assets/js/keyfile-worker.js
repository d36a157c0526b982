// Opens a PKCS #12 file (.pfx) and signs a text by its key. It runs beside the page of keyfile.js, is asked once and then ended.
//
// node-forge reads the file and its old ciphers, which browsers do not have; keys go to the browser's own cryptography, which also
// derives keys from the password where it can. The signature is CMS of the sort CAdES-BES, with the text beside it.
import forge from 'node-forge/lib/forge.js'
import 'node-forge/lib/pkcs12.js'
import 'node-forge/lib/sha512.js'

const { asn1, md, pki, pkcs5, pkcs12, util } = forge
const { subtle } = crypto

class Problem extends Error {
  constructor(kind) {
    super(kind)
    this.kind = kind
  }
}

const bytes = s => Uint8Array.from(s, c => c.charCodeAt(0))
const string = b => Array.from(new Uint8Array(b), x => String.fromCharCode(x)).join('')

// Keys and certificates are not for forge to read: whatever sort they are, they come out of the file as they stand in it.
pki.privateKeyFromAsn1 = pki.certificateFromAsn1 = () => { throw new Error('as it is') }

// What is derived from the password, by what it is derived from. A file says how many rounds that takes; all its rounds together are
// bounded, because a hostile file could keep the browser at it for years.
const derived = new Map()
let left = 0
const spend = rounds => {
  left -= rounds >= 1 ? rounds : 0 // the library refuses less
  if (left < 0) throw new Problem('rounds')
}
const once = derive => (password, salt, id, rounds, length, hash) => {
  const key = JSON.stringify(['pkcs12', util.bytesToHex(salt.bytes()), id, rounds, length, hash.algorithm])
  if (!derived.has(key)) {
    spend(rounds)
    derived.set(key, derive(password, salt, id, rounds, length, hash).getBytes())
  }
  return util.createBuffer(derived.get(key))
}
pkcs12.generateKey = pki.pbe.generatePkcs12Key = once(pki.pbe.generatePkcs12Key)

// PBKDF2 is left to the browser, which is some fifty times as fast but answers later: the file is read again when the answer is there.
class Wanted extends Error {
  constructor(key, derive) {
    super('derive')
    this.key = key
    this.derive = derive
  }
}
pkcs5.pbkdf2 = (password, salt, rounds, length, hash) => {
  const key = JSON.stringify(['pbkdf2', util.bytesToHex(salt), rounds, length, hash.algorithm])
  if (derived.has(key)) return derived.get(key)
  spend(rounds)
  throw new Wanted(key, async () => {
    const from = await subtle.importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, ['deriveBits'])
    return string(await subtle.deriveBits({ name: 'PBKDF2', hash: hash.algorithm.replace('sha', 'SHA-'), salt: bytes(salt), iterations: rounds }, from, length * 8))
  })
}

const oid = node => asn1.derToOid(node.value)
const isOID = node => node.tagClass === asn1.Class.UNIVERSAL && node.type === asn1.Type.OID && !node.constructed

// russian reports whether a file is closed by GOST ciphers, which only programs of signing have. What stands in its octet strings and is
// not closed is looked at, too, but for certificates: those of any key name a person's SNILS by numbers of the same root.
const russian = node => {
  if (isOID(node)) return /^(1\.2\.643\.|1\.2\.840\.113549\.1\.12\.1\.80$)/.test(oid(node))
  if (Array.isArray(node.value) && node.value[0] && isOID(node.value[0]) && oid(node.value[0]) === pki.oids.certBag) return false
  if (Array.isArray(node.value)) return node.value.some(russian)
  if (node.tagClass !== asn1.Class.UNIVERSAL || node.type !== asn1.Type.OCTETSTRING || node.value[0] !== '\x30') return false
  try {
    return russian(asn1.fromDer(node.value, false))
  } catch {
    return false
  }
}

// bags reads what is in a file.
const bags = async (file, password) => {
  let pfx
  try {
    pfx = asn1.fromDer(util.createBuffer(string(file)), true)
  } catch {
    throw new Problem('file')
  }
  if (!Array.isArray(pfx.value) || pfx.value[0]?.type !== asn1.Type.INTEGER || pfx.value[0].value !== '\x03') throw new Problem('file')
  if (russian(pfx)) throw new Problem('gost')
  const sealed = pfx.value.length > 2 // by a code that only the right password makes
  for (;;) {
    try {
      // It changes what it reads, so it gets one of its own each time.
      return pkcs12.pkcs12FromAsn1(asn1.fromDer(util.createBuffer(string(file)), true), false, password).safeContents.flatMap(s => s.safeBags)
    } catch (e) {
      if (e instanceof Wanted) {
        derived.set(e.key, await e.derive().catch(() => { throw new Problem('cipher') }))
        continue
      }
      if (e instanceof Problem) throw e
      if (/(invalid|wrong) password/i.test(e.message) || !sealed) throw new Problem('password')
      throw new Problem(/unsupported/i.test(e.message) ? 'cipher' : 'file')
    }
  }
}

const algorithms = {
  '1.2.840.113549.1.1.1': () => ({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }),
  '1.2.840.10045.2.1': curve => ({ name: 'ECDSA', hash: 'SHA-256', namedCurve: { '1.2.840.10045.3.1.7': 'P-256', '1.3.132.0.34': 'P-384', '1.3.132.0.35': 'P-521' }[curve] }),
}

// algorithm is how a key signs, by the AlgorithmIdentifier that stands with it.
const algorithm = ({ value: [kind, curve] }) => {
  if (oid(kind).startsWith('1.2.643.')) throw new Problem('gost')
  const of = algorithms[oid(kind)]?.(curve && isOID(curve) ? oid(curve) : '')
  if (!of || of.name === 'ECDSA' && !of.namedCurve) throw new Problem('kind')
  return of
}

const der = node => asn1.toDer(node).getBytes()
const universal = (type, value) => asn1.create(asn1.Class.UNIVERSAL, type, Array.isArray(value), value)
const { SEQUENCE, SET, INTEGER, OCTETSTRING, OID, NULL, UTCTIME, GENERALIZEDTIME } = asn1.Type
const seq = (...parts) => universal(SEQUENCE, parts)
const set = (...parts) => universal(SET, parts)
const named = id => universal(OID, asn1.oidToDer(id).getBytes())
const octets = value => universal(OCTETSTRING, value)
const tagged = (n, parts) => asn1.create(asn1.Class.CONTEXT_SPECIFIC, n, true, parts)
const sha256 = of => md.sha256.create().update(of).digest().getBytes()

// certified is what of a certificate is needed.
const certified = node => {
  const parts = node.value[0].value
  const at = parts[0].tagClass === asn1.Class.CONTEXT_SPECIFIC ? 1 : 0 // after the version
  return { node, raw: der(node), serial: parts[at], issuer: parts[at + 2], key: parts[at + 5] }
}

// attributes are what is signed: which text, when, and by whose certificate.
const attributes = (content, certificate, now) => {
  const time = now.getUTCFullYear() < 2050 ? universal(UTCTIME, asn1.dateToUtcTime(now)) : universal(GENERALIZEDTIME, asn1.dateToGeneralizedTime(now))
  return [
    ['1.2.840.113549.1.9.3', named('1.2.840.113549.1.7.1')],
    ['1.2.840.113549.1.9.4', octets(sha256(content))],
    ['1.2.840.113549.1.9.5', time],
    ['1.2.840.113549.1.9.16.2.47', seq(seq(seq(octets(sha256(certificate.raw)), seq(seq(tagged(4, [certificate.issuer])), certificate.serial))))],
  ].map(([id, value]) => seq(named(id), set(value))).map(node => [der(node), node])
    .sort(([a], [b]) => (a < b ? -1 : 1)).map(([, node]) => node)
}

// positive is a number of ASN.1 from its bytes.
const positive = s => {
  const short = s.replace(/^\0+(?=[^])/, '')
  return universal(INTEGER, short.charCodeAt(0) > 127 ? '\0' + short : short)
}

// signed signs the attributes for a certificate; undefined when the key is not that of the certificate.
const signed = async (key, how, certificate, content) => {
  if (JSON.stringify(how) !== JSON.stringify(algorithm(certificate.key.value[0]))) return
  const attrs = attributes(content, certificate, new Date())
  const text = bytes(der(set(...attrs)))
  const raw = await subtle.sign(how, key, text)
  const known = await subtle.importKey('spki', bytes(der(certificate.key)), how, false, ['verify'])
  if (!await subtle.verify(how, known, raw, text)) return
  const s = string(raw)
  const half = s.length / 2
  const ec = how.name === 'ECDSA'
  const version = universal(INTEGER, '\x01')
  const digest = seq(named('2.16.840.1.101.3.4.2.1'))
  const signer = seq(
    version, seq(certificate.issuer, certificate.serial), digest, tagged(0, attrs),
    ec ? seq(named('1.2.840.10045.4.3.2')) : seq(named('1.2.840.113549.1.1.1'), universal(NULL, '')),
    octets(ec ? der(seq(positive(s.slice(0, half)), positive(s.slice(half)))) : s),
  )
  const data = seq(version, set(digest), seq(named('1.2.840.113549.1.7.1')), tagged(0, [certificate.node]), set(signer))
  return bytes(der(seq(named('1.2.840.113549.1.7.2'), tagged(0, [data]))))
}

const sign = async ({ file, password, content, rounds }) => {
  if (!file.byteLength) throw new Problem('file')
  left = rounds
  const all = await bags(file, password)
  const of = (...kinds) => all.filter(b => kinds.some(k => b.type === pki.oids[k])).map(b => b.asn1)
  const keys = of('keyBag', 'pkcs8ShroudedKeyBag')
  const certificates = of('certBag').map(certified)
  if (!keys.length) throw new Problem('key')
  if (!certificates.length) throw new Problem('certificate')
  for (const node of keys) {
    const how = algorithm(node.value[1])
    // What Windows writes after the key is not for every browser.
    const key = await subtle.importKey('pkcs8', bytes(der(seq(...node.value.slice(0, 3)))), how, false, ['sign']).catch(() => { throw new Problem('kind') })
    for (const c of certificates) {
      const signature = await signed(key, how, c, string(content)).catch(e => { if (e.kind !== 'gost' && e.kind !== 'kind') throw e })
      if (signature) return signature
    }
  }
  throw new Problem('certificate')
}

onmessage = ({ data }) => {
  sign(data).then(signature => postMessage({ signature }), e => postMessage({ problem: e instanceof Problem ? e.kind : 'file' }))
}
