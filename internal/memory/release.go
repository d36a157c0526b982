package memory

import "runtime/debug"

// Release gives the system the memory back that only the past needed: free heap, and the pages of the program that were mapped to
// make what is made once (definitions, texts, tables). Those stay in the system's cache, and one that is needed after all comes back
// without a disk being read.
func Release() {
	debug.FreeOSMemory()
	unmap()
}
