package web

import "strings"

// Paragraphs are the lines of what somebody wrote, without the empty ones.
func Paragraphs(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
