package admin

import "strings"

// piece is a run of words that are in both texts, or in one only.
type piece struct {
	Text    string
	Changed bool
}

// wordsMost bounds what a comparison costs: longer texts are shown as changed as a whole.
const wordsMost = 1000

// marked compares two texts word by word.
func marked(was, now string) (before, after []piece) {
	a, b := strings.SplitAfter(was, " "), strings.SplitAfter(now, " ")
	if len(a) > wordsMost || len(b) > wordsMost {
		return []piece{{was, true}}, []piece{{now, true}}
	}
	common := make([][]int, len(a)+1) // of what stands from i and from j on
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			before, after = add(before, a[i], false), add(after, b[j], false)
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			before = add(before, a[i], true)
			i++
		default:
			after = add(after, b[j], true)
			j++
		}
	}
	return before, after
}

// add lengthens the last run, or begins another.
func add(to []piece, word string, changed bool) []piece {
	if n := len(to); n > 0 && to[n-1].Changed == changed {
		to[n-1].Text += word
		return to
	}
	return append(to, piece{word, changed})
}
