// An open menu closes when the person presses Escape or looks elsewhere.
export const menus = () => {
  const close = except => {
    for (const m of document.querySelectorAll('details[data-menu][open]')) if (m !== except) m.open = false
  }
  for (const type of ['click', 'focusin']) document.addEventListener(type, e => close(e.target.closest('details[data-menu]')))
  document.addEventListener('keydown', e => {
    if (e.key !== 'Escape') return
    const open = e.target.closest('details[data-menu][open]')
    close()
    open?.querySelector('summary').focus()
  })
}
