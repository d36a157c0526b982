// Everything here is a convenience: each page does its work without it. A module finds its elements by a data- attribute,
// also in the parts that live.js swaps in, so it listens on the document or is given the part that came.
import { camera } from './camera.js'
import { check } from './check.js'
import { code } from './code.js'
import { countdown } from './countdown.js'
import { drop } from './drop.js'
import { keys } from './keys.js'
import { live } from './live.js'
import { mask } from './mask.js'
import { menus } from './menu.js'
import { password } from './password.js'
import { preferences } from './preferences.js'
import { save } from './save.js'
import { submit } from './submit.js'

const each = root => {
  for (const enhance of [password, code, countdown, camera]) enhance(root)
}

check()
drop()
keys()
mask()
menus()
preferences()
save(each)
submit()
each(document)
live(each)
document.querySelector('[data-focus]')?.focus()
