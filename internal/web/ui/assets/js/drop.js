import { on } from './dom.js'

// data-drop: a file field is marked while a file is held over it; taking the file is the browser's own doing. data-or="id": choosing a
// file here takes it out of the other field, because one is sent; whoever shows what was chosen there hears of it.
export const drop = () => {
  const mark = over => field => field.toggleAttribute('data-over', over)
  on('dragenter', '[data-drop]', mark(true))
  on('dragleave', '[data-drop]', mark(false))
  on('drop', '[data-drop]', mark(false))
  on('change', '[data-or]', field => {
    const other = document.getElementById(field.dataset.or)
    if (!other?.files.length || !field.files.length) return
    other.value = ''
    other.dispatchEvent(new Event('change', { bubbles: true }))
  })
}
