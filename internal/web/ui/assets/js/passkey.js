// Has the browser make or use a passkey and sends what it says with the form. A file of its own: only a page that asks for one
// loads it. Without it the form says what to do instead.
const place = document.querySelector('[data-passkey]')
const form = place.closest('form')
const { passkey: verb, options, unable, stopped, held } = place.dataset

const raw = s => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0))
const text = b => b && btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

const say = words => {
  place.textContent = ''
  requestAnimationFrame(() => { place.textContent = words }) // said again when it is the same
}

const ask = async () => {
  const publicKey = JSON.parse(options)
  publicKey.challenge = raw(publicKey.challenge)
  if (publicKey.user) publicKey.user.id = raw(publicKey.user.id)
  for (const list of [publicKey.allowCredentials, publicKey.excludeCredentials]) list?.forEach(c => { c.id = raw(c.id) })
  const key = await navigator.credentials[verb]({ publicKey })
  const { clientDataJSON, attestationObject, authenticatorData, signature, userHandle } = key.response
  return JSON.stringify({
    id: key.id, rawId: text(key.rawId), type: key.type, clientExtensionResults: key.getClientExtensionResults(),
    authenticatorAttachment: key.authenticatorAttachment ?? undefined,
    response: {
      clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject), authenticatorData: text(authenticatorData),
      signature: text(signature), userHandle: text(userHandle) || undefined, transports: key.response.getTransports?.(),
    },
  })
}

form.addEventListener('submit', e => {
  if (form.elements.answer.value) return
  e.preventDefault()
  if (!globalThis.PublicKeyCredential) {
    say(unable)
    return
  }
  ask().then(answer => {
    form.elements.answer.value = answer
    form.requestSubmit()
  }, err => say({ NotAllowedError: stopped, AbortError: stopped, InvalidStateError: held }[err.name] ?? unable))
})
addEventListener('pageshow', () => { form.elements.answer.value = '' })
