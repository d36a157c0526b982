// Makes internal/web/ui/dist, which the program embeds: theme tokens, styles, scripts, typefaces, each under a
// name with a hash of its bytes and compressed beforehand, and a manifest.json that lists them; and what the program itself reads. Also writes
// icons_gen.go, the drawings named in assets/icons.txt. Needs no network; `npm run build` from anywhere.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { dictionary } from '@zxcvbn-ts/language-common'
import * as esbuild from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..', '..')
const modules = join(root, 'node_modules')
const assets = join(here, 'assets')
const dist = join(here, 'dist')
const prefix = '/assets/' // ui.Prefix
const browsers = ['chrome111', 'firefox115', 'safari16.4']

const types = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
}
const manifest = []

// put writes one file of the bundle and returns the address pages reach it by.
function put(name, body) {
  const [, stem, ext] = name.match(/^(.+)\.(\w+)$/)
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  const file = `${stem}-${hash}.${ext}`
  writeFileSync(join(dist, file), body)
  if (ext !== 'woff2' && ext !== 'png') {
    squeeze(file, '.gz', body, gzipSync(body, { level: 9 }))
    squeeze(file, '.br', body, brotliCompressSync(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    }))
  }
  manifest.push({ name, file, type: types[ext] })
  return prefix + file
}

function squeeze(file, ext, body, packed) {
  if (packed.length < body.length) writeFileSync(join(dist, file + ext), packed)
}

// theme makes the tokens of assets/theme.json. The tool takes seconds and its answer depends on the config and the
// versions of the packages only, so the answer is kept in node_modules/.cache.
function theme() {
  const config = readFileSync(join(assets, 'theme.json'))
  const key = createHash('sha256').update(config)
  for (const p of ['@digdir/designsystemet', 'style-dictionary']) key.update(readFileSync(join(modules, p, 'package.json')))
  const kept = join(modules, '.cache', 'okno', `theme-${key.digest('hex').slice(0, 16)}.css`)
  if (existsSync(kept)) return readFileSync(kept, 'utf8')

  const work = mkdtempSync(join(tmpdir(), 'okno-theme-'))
  try {
    writeFileSync(join(work, 'designsystemet.config.json'), config)
    const tool = join(modules, '.bin', 'designsystemet')
    for (const verb of ['create', 'build']) {
      execFileSync(tool, ['tokens', verb], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] })
    }
    const css = readFileSync(join(work, 'design-tokens-build', 'okno.css'), 'utf8')
    mkdirSync(dirname(kept), { recursive: true })
    writeFileSync(kept, css)
    return css
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

// faces are the three files of Golos Text that pages load; a browser fetches one when a letter in its range is shown.
// Latin-ext is there for the rouble sign and for foreign names.
function faces() {
  const dir = join(modules, '@fontsource-variable', 'golos-text')
  const css = readFileSync(join(dir, 'index.css'), 'utf8')
  return ['cyrillic', 'latin', 'latin-ext'].map(set => {
    const range = css.match(new RegExp(`/\\* golos-text-${set}-wght-normal \\*/[^}]*unicode-range: ([^;]+);`))[1]
    const url = put(`golos-${set}.woff2`, readFileSync(join(dir, 'files', `golos-text-${set}-wght-normal.woff2`)))
    return `@font-face{font-family:"Golos Text Variable";font-display:swap;font-weight:400 900;src:url(${url}) format("woff2");unicode-range:${range}}`
  }).join('\n')
}

// outside gives every picture that a style carries as a data: address a file of its own: the pages' policy is
// default-src 'self', and masks count as images.
function outside(css) {
  const seen = new Map()
  return css.replace(/url\((["']?)data:image\/svg\+xml;charset=utf-8,([^"')]+)\1\)/g, (_, _q, data) => {
    if (!seen.has(data)) seen.set(data, put(`mask-${seen.size + 1}.svg`, Buffer.from(decodeURIComponent(data))))
    return `url(${seen.get(data)})`
  })
}

async function styles() {
  const virtual = { 'okno:theme': theme(), 'okno:faces': faces() }
  const built = await esbuild.build({
    entryPoints: [join(assets, 'css', 'okno.css')],
    bundle: true, minify: true, write: false, target: browsers, legalComments: 'none',
    external: [prefix + '*'],
    plugins: [{
      name: 'okno',
      setup(b) {
        b.onResolve({ filter: /^okno:/ }, a => ({ path: a.path, namespace: 'okno' }))
        b.onLoad({ filter: /.*/, namespace: 'okno' }, a => ({ contents: virtual[a.path], loader: 'css', resolveDir: root }))
      },
    }],
  })
  const css = outside(built.outputFiles[0].text)
  if (css.includes('url("data:') || css.includes('url(data:')) throw new Error('a data: address is left in the styles')
  put('okno.css', Buffer.from(css))
  const kept = await esbuild.build({ entryPoints: [join(assets, 'css', 'verify.css')], minify: true, write: false, target: browsers })
  put('verify.css', Buffer.from(kept.outputFiles[0].contents))
}

async function scripts() {
  const built = await esbuild.build({
    entryPoints: [join(assets, 'js', 'okno.js')],
    bundle: true, minify: true, write: false, target: browsers, format: 'esm', legalComments: 'none',
  })
  put('okno.js', Buffer.from(built.outputFiles[0].contents))
  for (const own of ['puzzle', 'files', 'passkey', 'keyfile', 'keyfile-worker', 'verify', 'search', 'near', 'push', 'device', 'sw']) { // only the pages that need them load them
    const one = await esbuild.build({
      entryPoints: [join(assets, 'js', `${own}.js`)],
      bundle: true, minify: true, write: false, target: browsers, format: own.endsWith('-worker') || own === 'sw' ? 'iife' : 'esm', legalComments: 'none',
    })
    put(`${own}.js`, Buffer.from(one.outputFiles[0].contents))
  }
}

function pictures() {
  for (const f of readdirSync(join(assets, 'img')).sort()) put(f, readFileSync(join(assets, 'img', f)))
}

// papers are the typefaces of PDF documents; nobody fetches them over HTTP.
function papers() {
  const from = join(modules, '@expo-google-fonts', 'golos-text')
  mkdirSync(join(dist, 'ttf'))
  copyFileSync(join(from, '400Regular', 'GolosText_400Regular.ttf'), join(dist, 'ttf', 'golos-regular.ttf'))
  copyFileSync(join(from, '700Bold', 'GolosText_700Bold.ttf'), join(dist, 'ttf', 'golos-bold.ttf'))
}

// commonPasswords are those that leaked most often, for the server, which refuses them (form.PasswordCommon); nobody
// fetches them over HTTP. What the server finds without the list is left out: other letters than those of a password,
// no letter at all, digits around another word of the list.
function commonPasswords() {
  const words = new Set(dictionary['passwords-common'].map(w => w.toLowerCase()).filter(w => /^[!-~]+$/.test(w) && /[a-z]/.test(w)))
  if (words.size < 30_000) throw new Error(`@zxcvbn-ts/language-common has ${words.size} passwords only`)
  const bare = w => w.replace(/^\d{1,4}(?=\D)/, '').replace(/\d{1,4}$/, '')
  const kept = [...words].filter(w => bare(w) === w || !words.has(bare(w)))
  writeFileSync(join(dist, 'common-passwords.txt'), kept.sort().join('\n')) // ASCII: the order of bytes
}

// licenses are the terms under which others let us carry their work; they ask that the text comes along.
function licenses() {
  const text = ['@digdir/designsystemet-css/LICENSE', '@fontsource-variable/golos-text/LICENSE', 'lucide-static/LICENSE', '@zxcvbn-ts/language-common/LICENSE.txt', 'node-forge/LICENSE', 'qr/LICENSE-MIT']
    .map(p => `${dirname(p)}\n\n${readFileSync(join(modules, p), 'utf8').trim()}\n`).join('\n' + '-'.repeat(72) + '\n\n')
  put('licenses.txt', Buffer.from(text))
}

function icons() {
  const names = readFileSync(join(assets, 'icons.txt'), 'utf8').split('\n').filter(Boolean)
  const goName = n => 'Icon' + n.split('-').map(w => w[0].toUpperCase() + w.slice(1)).join('')
  const drawing = n => readFileSync(join(modules, 'lucide-static', 'icons', n + '.svg'), 'utf8')
    .replace(/^[\s\S]*?<svg[^>]*>/, '').replace('</svg>', '').replace(/\s*\n\s*/g, '').replace(/ \/>/g, '/>')
  const lines = [
    '// Code generated by build.mjs from assets/icons.txt and lucide-static (ISC license). DO NOT EDIT.', '',
    'package ui', '',
    ...names.flatMap(n => [`const ${goName(n)} Icon = "${n}"`, '']),
    '// drawing is the inside of the icon\'s svg element.',
    'func (i Icon) drawing() string {', '\tswitch i {',
    ...names.flatMap(n => [`\tcase ${goName(n)}:`, `\t\treturn \`${drawing(n)}\``]),
    '\t}', '\treturn ""', '}', '',
    '// Icons lists the icons there are.',
    'func Icons() []Icon {', '\treturn []Icon{',
    ...names.map(n => `\t\t${goName(n)},`),
    '\t}', '}', '',
  ]
  const to = join(here, 'icons_gen.go')
  const text = lines.join('\n')
  if (!existsSync(to) || readFileSync(to, 'utf8') !== text) writeFileSync(to, text)
}

for (const f of existsSync(dist) ? readdirSync(dist) : []) {
  if (f !== '.keep') rmSync(join(dist, f), { recursive: true })
}
mkdirSync(dist, { recursive: true })
icons()
pictures()
papers()
commonPasswords()
licenses()
await styles()
await scripts()
manifest.sort((a, b) => (a.name < b.name ? -1 : 1))
writeFileSync(join(dist, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n')
