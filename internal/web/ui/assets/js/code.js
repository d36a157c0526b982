// data-code="6": keeps the digits of what is pasted ("482 913") and takes the code out of the SMS where the phone
// offers it (WebOTP). Sending it stays with the person.
export const code = root => {
  for (const input of root.querySelectorAll('[data-code]')) {
    const digits = Number(input.dataset.code)
    input.addEventListener('input', () => {
      const clean = input.value.replace(/\D/g, '').slice(0, digits)
      if (clean !== input.value) input.value = clean
    })
    if (!('OTPCredential' in window)) continue
    const stop = new AbortController()
    input.form?.addEventListener('submit', () => stop.abort())
    navigator.credentials.get({ otp: { transport: ['sms'] }, signal: stop.signal })
      .then(got => {
        if (!got || input.value) return
        input.value = got.code
        input.focus()
      }, () => {}) // refused or taken back: there is the keyboard
  }
}
