// Package demo is the page from which a demo is walked: the people and the staff of the sandbox world, one-click sign-in,
// the switches of faults and of the clock. It exists in a demo only.
package demo
