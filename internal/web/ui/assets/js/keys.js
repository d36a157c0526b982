// One-letter shortcuts of a desk: a key presses the element with that data-key. They are taken by the place of the key on
// the board, so they work in the Russian layout too, and never while somebody types or holds a modifier. What asks first (data-asks) is
// led to by the first press and pressed by the second. In a list with
// data-rows, j and k walk through the rows, Enter opens the one that has the focus, x ticks its box.
export const keys = () => {
  if (!document.querySelector('[data-keys]')) return
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.repeat && !walks(e) || e.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]')) return
    const key = e.code.startsWith('Key') ? e.code[3].toLowerCase() : e.key
    if (walk(key)) return e.preventDefault()
    const el = document.querySelector(`[data-key="${CSS.escape(key)}"]`)
    if (!el || el.disabled) return
    e.preventDefault()
    const there = document.activeElement === el
    el.focus()
    if ('asks' in el.dataset && !there) return
    if (!el.matches('input, select, textarea')) el.click()
  })
}

const walks = e => /^Key[JK]$/.test(e.code)

// walk reports whether the key was one of a list's.
function walk(key) {
  const rows = [...document.querySelectorAll('[data-rows] > tr')]
  if (!rows.length || !/^[jkx]$/.test(key)) return false
  const at = rows.findIndex(r => r.contains(document.activeElement))
  if (key === 'x') {
    rows[at]?.querySelector('input[type=checkbox]')?.click()
    return at >= 0
  }
  const to = at < 0 ? 0 : Math.min(Math.max(at + (key === 'j' ? 1 : -1), 0), rows.length - 1)
  rows[to].querySelector('a')?.focus()
  return true
}
