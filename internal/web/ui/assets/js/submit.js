// A form goes out once: a second press while the answer is on its way does nothing.
export const submit = () => {
  const sent = new Map()
  document.addEventListener('submit', e => {
    if (e.defaultPrevented || e.target.method !== 'post') return
    if (sent.has(e.target)) {
      e.preventDefault()
      return
    }
    sent.set(e.target, e.submitter)
    e.submitter?.setAttribute('aria-busy', 'true')
    // A download answers without leaving the page; so does a press of "stop".
    setTimeout(release, 8000, e.target)
  })
  const release = form => {
    sent.get(form)?.removeAttribute('aria-busy')
    sent.delete(form)
  }
  addEventListener('pageshow', () => [...sent.keys()].forEach(release))
}
