// Only pages that take files load this.
import { camera } from './camera.js'
import { upload } from './upload.js'

upload(camera)
