// Solves the puzzle of the gate and sends the form again. A file of its own: only a page that shows the puzzle loads it. Where
// the browser has no WebCrypto (plain http), the words on the page hold: wait, and press again.
const place = document.querySelector('[data-puzzle]')
const form = place.closest('form')
const { algorithm, challenge, maxNumber, salt, signature } = JSON.parse(place.dataset.puzzle)
const text = new TextEncoder()
const hex = b => Array.from(new Uint8Array(b), x => x.toString(16).padStart(2, '0')).join('')

const solve = async () => {
  for (let from = 0; from <= maxNumber; from += 256) {
    const tries = await Promise.all(Array.from({ length: 256 }, (_, i) => crypto.subtle.digest(algorithm, text.encode(salt + (from + i)))))
    const at = tries.findIndex(b => hex(b) === challenge)
    if (at >= 0) return from + at
  }
}

if (globalThis.crypto?.subtle) {
  solve().then(number => {
    form.elements.solution.value = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }))
    if (!form.querySelector('[type=password]')) form.requestSubmit() // a password is never sent back: it is typed once more
  })
}
