// Shows a password on demand, and measures a new one: the rules of REG-7 are ticked, and a word says how long it would
// stand. The server's measure is the one that counts; this one only has to be honest and small.
const rules = {
  length: (p, min) => p.length >= min,
  lower: p => /[a-z]/.test(p),
  upper: p => /[A-Z]/.test(p),
  digit: p => /\d/.test(p),
  special: p => /[!#-&(-/:-@[-_{-~]/.test(p), // printable ASCII without quotes and the backquote
  plain: p => /^[!#-&(-_a-~]+$/.test(p),
}

const common = /pass?w[o0]rd|parol|qwert|asdf|zxcv|1q2w|admin|login|welcome|letmein|master|dragon|monkey|iloveyou|football|moskva|r[uo]ssia|spartak|zenit|natasha|marina|nikita|sergey|dmitr|andrey|aleks|privet|lj?ubov|gosuslug|ghbdtn|gfhjkm|yfnfif|k.,jdm/i

// score is 0 weak … 3 strong: bits of the alphabet times the length, with repeats, runs and known words counted once.
export function score(p, min, advised) {
  let worth = 0
  for (let i = 0; i < p.length; i++) {
    const step = p.charCodeAt(i) - p.charCodeAt(i - 1)
    const dull = i > 1 && step === p.charCodeAt(i - 1) - p.charCodeAt(i - 2) && Math.abs(step) < 2
    worth += dull || p.indexOf(p[i]) < i ? 0.4 : 1
  }
  const word = p.match(common)?.[0].length ?? 0
  const year = /(19|20)\d\d/.test(p) ? 2 : 0
  worth -= Math.min(worth, word * 0.8 + year)
  const size = [[/[a-z]/, 26], [/[A-Z]/, 26], [/\d/, 10], [/[^a-z0-9]/i, 30]].reduce((n, [re, k]) => n + (re.test(p) ? k : 0), 1)
  const bits = worth * Math.log2(size)
  if (bits < 30 || p.length < min) return 0
  if (bits < 50) return 1
  return bits < 64 || p.length < advised ? 2 : 3
}

export const password = root => {
  for (const field of root.querySelectorAll('[data-password]')) {
    const input = field.querySelector('input')
    const button = field.querySelector('.password-row button')
    button.hidden = false
    button.addEventListener('click', () => {
      const shown = input.type === 'password'
      input.type = shown ? 'text' : 'password'
      button.setAttribute('aria-pressed', shown)
      button.querySelector('.ds-sr-only').textContent = shown ? field.dataset.hide : field.dataset.show
    })
    input.form?.addEventListener('submit', () => { input.type = 'password' })
    const meter = field.querySelector('[data-strength]')
    if (!meter) continue
    input.addEventListener('input', () => measure(meter, input.value))
    // The server knows lists that no page carries: what it refuses is weak, however long it is.
    input.addEventListener('checked', e => { if (e.detail) grade(meter, 0) })
  }
}

function measure(meter, p) {
  for (const li of meter.querySelectorAll('[data-rule]')) li.toggleAttribute('data-ok', rules[li.dataset.rule](p, meter.dataset.min))
  const line = meter.querySelector('.strength-line')
  line.hidden = !p
  grade(meter, p ? score(p, meter.dataset.min, meter.dataset.advised) : '')
}

function grade(meter, s) {
  meter.dataset.score = s
  meter.querySelector('[data-say]').textContent = meter.dataset.words.split('|')[s || 0]
}
