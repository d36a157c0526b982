// One-letter shortcuts of a desk: a key presses the element with that data-key. They are taken by the place of the key on
// the board, so they work in the Russian layout too, and never while somebody types or holds a modifier.
export const keys = () => {
  if (!document.querySelector('[data-keys]')) return
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.repeat || e.target.closest('input, textarea, select, [contenteditable]')) return
    const key = e.code.startsWith('Key') ? e.code[3].toLowerCase() : e.key
    const el = document.querySelector(`[data-key="${CSS.escape(key)}"]`)
    if (!el || el.disabled) return
    e.preventDefault()
    el.focus()
    el.click()
  })
}
