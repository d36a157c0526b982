package ui

// Checklist is what can be done and what is done already; what is open has a way to it, and may be dismissed.
type Checklist struct {
	Items  []CheckItem
	Action string // takes the name of what is dismissed, and where to go back to
	Back   string
}

// CheckItem is one line of a Checklist.
type CheckItem struct {
	Name    string
	Title   string
	Text    string
	URL     string
	Go      string // label of the way to it
	Done    string // that it is done, in words; "" when it is open
	Dismiss string // label of the button that dismisses it; "" when it cannot be
}
