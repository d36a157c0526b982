package ui

import "github.com/a-h/templ"

// Head opens a page: where we are, the h1, one line under it.
type Head struct {
	Trail []Link // breadcrumbs; the page itself is not among them
	Title string
	Text  string
}

// Alert says something that matters now.
type Alert struct {
	Tone  Tone // Info when empty
	Title string
	Text  string
	Level int // of the title as a heading; 0 is bold text, not a heading
}

func (a Alert) color() string {
	if a.Tone == "" {
		return string(Info)
	}
	return string(a.Tone)
}

// Tag is a word on a coloured ground: the state of something.
type Tag struct {
	Label string
	Tone  Tone // Neutral when empty
	Icon  Icon
}

func (t Tag) color() string {
	if t.Tone == "" {
		return string(Neutral)
	}
	return string(t.Tone)
}

// Card is a white sheet with things that belong together.
type Card struct {
	Title string // its heading
	Level int    // of the heading, 2 when zero
	Attrs templ.Attributes
}

// Tile is a card that leads somewhere as a whole.
type Tile struct {
	Title string
	Text  string
	URL   string
	Icon  Icon
	Tag   *Tag
}

// Tiles stand side by side, as many as fit.
type Tiles struct {
	List  []Tile
	Level int // of their headings, 3 when zero
}

// Item is a line of a List.
type Item struct {
	Title  string
	URL    string // empty: leads nowhere
	Text   string
	When   string // under the text, told as clearly as the title: when it can be had
	Note   string // at the end, under the tag: a date
	Tag    *Tag
	Icon   Icon
	Next   *Link       // under the text: what to do first
	Button *PostButton // at the end: what can be done with it at once
}

// List is things of one kind under each other, in a card.
type List struct {
	Items []Item
	Label string // for screen readers
}

// Source says where a value came from and whether it was checked.
type Source struct {
	Label string // on the tag: "from the passport"
	Tone  Tone   // Success for what a register confirmed
	Note  string // beside it: "checked by the ministry on 18 November"
}

// Fact is one value under its name.
type Fact struct {
	Label  string
	Value  string
	Source *Source
	Note   string // under it: that it is disputed
	Link   *Link  // dispute it, change it
	Masked bool   // the value is hidden until asked for; Link shows it
}

// Facts are values with their names and where they came from.
type Facts struct {
	List []Fact
	Wide bool // names at the left, values at the right
}

// Whose says who must act next. The words are those of data-turn.
type Whose string

// Whose turn it is.
const (
	Applicant Whose = "applicant"
	Agency    Whose = "agency"
	System    Whose = "system"
	Nobody    Whose = "none"
)

// Turn stands first on a case: whose turn it is, what they do, by when.
type Turn struct {
	Whose Whose
	Tone  Tone // of a finished case: Success when granted, Danger when refused
	Title string
	Text  string
	Level int // of the title, 2 when zero
}

func (t Turn) icon() Icon {
	if t.Tone != "" {
		return t.Tone.icon()
	}
	switch t.Whose {
	case Applicant:
		return IconPencil
	case Agency:
		return IconLandmark
	case System:
		return IconHourglass
	case Nobody:
	}
	return IconCircleCheck
}

// Phase is where an event stands in time.
type Phase string

// The phases of an event.
const (
	Done Phase = "done"
	Now  Phase = "now"
	Next Phase = "next"
)

// Event is one point of a Timeline.
type Event struct {
	Phase Phase
	Title string
	Text  string
	Link  *Link
}

// Timeline is how a case went and how it will go on.
type Timeline struct{ Events []Event }

// Empty invites where there is nothing yet.
type Empty struct {
	Icon  Icon
	Title string
	Text  string
	Level int // of the title, 2 when zero
}

// Pagination leads through the pages of a list.
type Pagination struct {
	Prev, Next string // addresses; empty where there is none
	Pages      []Link // numbered pages; none where only Prev and Next are known. An empty URL is a gap
	Label      string // "pages" when empty
	Keys       bool   // p and n turn the pages, at a desk
}

// Search is one box and one button.
type Search struct {
	Action      string
	Name        string // q when empty
	ID          string
	Label       string
	Placeholder string
	Value       string
	Button      string // "find" when empty
	ShowLabel   bool
	Dark        bool // on the coloured hero
	Hidden      []Hidden
	Suggest     string // where search.js asks while one types; empty: it does not
	Private     bool   // what is typed is sent in the body and stands in no address
}

func (s Search) method() string {
	if s.Private {
		return "post"
	}
	return "get"
}

// Details is more for those who want it.
type Details struct {
	Summary string
	Open    bool
}

// Column is a column of a Table.
type Column struct {
	Label  string
	Number bool // aligned at the end
	Hide   bool // the label is for screen readers only
}

// Cell is one value of a Table.
type Cell struct {
	Text   string
	URL    string
	Tag    *Tag
	Tone   Tone
	Icon   Icon
	Strong bool
	Button *PostButton
	Check  *Check
}

// Check is a box before what a row is about: it chooses the row for the form around the table, or the one it names.
type Check struct {
	Name, Value string
	Label       string // for screen readers
	Checked     bool
	Form        string // id of a form elsewhere on the page
}

// Row is one line of a Table; the first cell names it.
type Row struct {
	Cells   []Cell
	Current bool // it is the one shown beside
	Tone    Tone // of the whole line: Danger where it needs looking at; the words in it say why
}

// Table is values in rows and columns. On a narrow screen it scrolls within itself, or with Stack becomes cards.
type Table struct {
	Caption     string
	HideCaption bool
	Columns     []Column
	Rows        []Row
	Stack       bool
	Keys        bool // j and k walk through the rows, x ticks the box of one
}

// Live is a part of the page that keeps itself up to date. When the server sends an event on Events, or every Poll seconds,
// the page is fetched again and the element with the same id takes the place of this one; the focus stays, and the text of
// the first element with data-say inside is read out when it changed.
type Live struct {
	ID     string
	Events string // address of a server-sent event stream; any event means "look again"
	Poll   int    // seconds; for those without a stream
	From   string // address to fetch, this page when empty
	Attrs  templ.Attributes
}

// QR is a picture to be read by a phone, with the words that say the same.
type QR struct {
	Src  string // address of the picture
	Alt  string
	Text string // under it: the address in letters
}

// Receipt is a sheet to print: a number, facts, a picture to check it by.
type Receipt struct {
	Title  string
	Number string
	Facts  Facts
	QR     *QR
	Note   string
}
