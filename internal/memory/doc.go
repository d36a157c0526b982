// Package memory hands back what a process has used and needs no more.
package memory
