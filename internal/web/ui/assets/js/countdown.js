import { say } from './dom.js'

// data-countdown="41" counts down to 0:00; data-enables="id id" names the buttons that appear then. The end is reckoned by
// the clock, because a page in the background ticks late.
export const countdown = root => {
  for (const el of root.querySelectorAll('[data-countdown]')) {
    const end = Date.now() + el.dataset.countdown * 1000
    const buttons = (el.dataset.enables ?? '').split(' ').map(id => document.getElementById(id)).filter(Boolean)
    for (const button of buttons) button.hidden = true
    const tick = () => {
      const left = Math.ceil(Math.max(0, end - Date.now()) / 1000)
      el.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
      if (left) return
      clearInterval(timer)
      if (!buttons.length) return
      for (const button of buttons) button.hidden = false
      say(buttons[0].textContent.trim())
      const wait = el.closest('[data-wait]')
      if (wait) wait.hidden = true
    }
    const timer = setInterval(() => (el.isConnected ? tick() : clearInterval(timer)), 1000)
    tick()
  }
}
