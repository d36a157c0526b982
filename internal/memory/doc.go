// Package memory says when the memory of a process is collected, in which pages it lies, and hands back what is needed no more.
package memory
