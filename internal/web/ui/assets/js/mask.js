// data-mask groups digits while they are typed at the end of the field; whoever edits in the middle is left alone until
// they leave it. The server takes every grouping.
import { on } from './dom.js'

const date = '##.##.####'

const phone = text => {
  const digits = text.replace(/\D/g, '').replace(/^[78]/, '')
  if (!digits || /^\s*\+(?!\D*7)/.test(text)) return text // another country
  return '+7 ' + fill('### ###-##-##', digits)
}

const fill = (pattern, digits) => {
  let out = ''
  let i = 0
  for (const c of pattern) {
    if (!digits[i]) break
    out += c === '#' ? digits[i++] : c
  }
  return out
}

const format = input => {
  const { mask } = input.dataset
  const text = input.value
  if (/[^\d\s().+/-]/.test(text)) return text // an e-mail, an ISO date being typed: not ours to judge
  if (mask === 'phone') return phone(text)
  if (mask === date && /^\d{4}-|^\d\d\.\d\d-/.test(text)) return text.replace(/^(\d\d)\.(\d\d)-/, '$1$2-') // 1992-02-09: the hyphen tells
  const whole = mask === date ? text.replace(/^\s*(\d)\D/, '0$1.').replace(/^(\d\d)\D(\d)\D/, '$1.0$2.') : text // 1.2.1990: its dots tell
  return fill(mask, whole.replace(/\D/g, ''))
}

const put = input => { input.value = format(input) }

export const mask = () => {
  on('input', '[data-mask]', (input, e) => {
    const deleting = e.inputType?.startsWith('delete')
    if (!deleting && input.selectionStart === input.value.length) put(input)
  })
  on('change', '[data-mask]', put, true)
}
