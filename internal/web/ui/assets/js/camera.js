import { say, unsay } from './dom.js'

// data-camera="id": takes a picture with the camera of the device and puts it into the file field of that id, as if it had been chosen
// there. The person sees the picture before they send it. Where there is no camera, or the browser has none to give, nothing of it
// shows: the field takes files.
export const camera = root => {
  if (!navigator.mediaDevices?.getUserMedia || !('DataTransfer' in window)) return
  for (const box of root.querySelectorAll('[data-camera]')) wire(box)
}

function wire(box) {
  const part = name => box.querySelector(`[data-part="${name}"]`)
  const field = document.getElementById(box.dataset.camera)
  const [start, again, shoot, stop, video, canvas, note] = ['start', 'again', 'shoot', 'stop', 'video', 'canvas', 'note'].map(part)
  let stream

  const show = (...parts) => {
    for (const el of [start, again, shoot, stop, video, canvas]) el.hidden = !parts.includes(el)
  }
  const tell = words => {
    if (!words) unsay(note.textContent)
    note.textContent = words ?? ''
    say(words)
  }
  const end = () => {
    for (const track of stream?.getTracks() ?? []) track.stop()
    stream = undefined
    video.srcObject = null
  }

  const begin = async () => {
    tell('')
    start.disabled = again.disabled = true // a second press would ask for a second stream, and the light of the first stays on
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment', width: { ideal: 3840 }, height: { ideal: 2160 } } })
      video.srcObject = stream
      await video.play()
    } catch {
      end()
      show(start)
      start.disabled = again.disabled = false
      start.focus()
      tell(box.dataset.wrong) // refused, taken by another program, or there is none
      return
    }
    show(video, shoot, stop)
    start.disabled = again.disabled = false
    shoot.focus()
  }
  start.addEventListener('click', begin)
  again.addEventListener('click', begin)
  shoot.addEventListener('click', () => {
    canvas.width = video.videoWidth
    canvas.height = video.videoHeight
    canvas.getContext('2d').drawImage(video, 0, 0)
    end()
    canvas.toBlob(blob => {
      const files = new DataTransfer()
      files.items.add(new File([blob], 'camera.jpg', { type: 'image/jpeg' }))
      field.files = files.files
      field.dispatchEvent(new Event('change', { bubbles: true }))
      show(canvas, again)
      again.focus()
      tell(box.dataset.ready)
    }, 'image/jpeg', 0.92)
  })
  stop.addEventListener('click', () => {
    end()
    show(start)
    start.focus()
  })
  field.addEventListener('change', e => {
    if (!e.isTrusted && field.files.length) return // it is our own picture
    end()
    show(start)
    tell('')
  })
  addEventListener('pagehide', () => {
    end()
    show(start)
  })
  box.hidden = false
}
