package procedure

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/scan"
)

// withFiles is the good definition with what people attach.
func withFiles(t testing.TB) string {
	t.Helper()
	src := goodSource(t)
	return strings.Replace(src, "process:\n", `attachments:
  - id: soil
    title: {ru: Снимок участка, en: Picture of the plot}
    hint: {ru: При дневном свете, en: By daylight}
    types: [jpg, png]
    max: 5MB
    count: {min: 1, max: 3}
    page: fence
    when: d.kind == 'oak'
    minPixels: [450, 570]
  - id: papers
    title: {ru: Паспорт, en: Passport}
    types: [pdf, jpg]
    max: 800KB
    page: tree
    reads: passport
    fills: {/wish: series, /who/phone2: number}
process:
`, 1)
}

// compiled is the definition with files, its fills put right.
func compiled(t testing.TB) *Definition {
	t.Helper()
	src := strings.Replace(withFiles(t), "{/wish: series, /who/phone2: number}", "{/wish: series}", 1)
	d, err := Compile("files.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADefinitionSaysWhichPapersAreAttached(t *testing.T) {
	d := compiled(t)
	soil, ok := d.Attachment("soil")
	if !ok || soil.Title.EN != "Picture of the plot" || soil.Max != 5_000_000 || soil.Least != 1 || soil.Most != 3 || soil.Page != "fence" || soil.Width != 450 || soil.Height != 570 ||
		!slices.Equal(soil.Types, []files.Media{files.JPEG, files.PNG}) || !soil.Required() || soil.Reads != scan.Unknown {
		t.Errorf("%+v", soil)
	}
	papers, _ := d.Attachment("papers")
	if papers.Max != 800_000 || papers.Least != 1 || papers.Most != 1 || papers.Reads != scan.Photo || !slices.Equal(papers.Fills, []Fill{{"/wish", scan.Series}}) {
		t.Errorf("%+v", papers)
	}
	if _, ok := d.Attachment("other"); ok || len(d.AllAttachments()) != 2 {
		t.Error("there are others")
	}
	again, err := Compile("kept", d.Canonical())
	if err != nil || again.Version != d.Version || len(again.AllAttachments()) != 2 {
		t.Errorf("what cases keep compiles to something else: %v", err)
	}
}

func TestAnAttachmentIsAskedForAsTheAnswersSay(t *testing.T) {
	d := compiled(t)
	for _, tt := range []struct {
		kind string
		want []string
	}{{"oak", []string{"soil", "papers"}}, {"fir", []string{"papers"}}, {"", []string{"papers"}}} {
		var got []string
		for _, a := range d.Attachments(d.Form, form.Answers{}.With("/kind", tt.kind)) {
			got = append(got, a.ID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q asks for %v, want %v", tt.kind, got, tt.want)
		}
	}
	if good(t).Attachments(good(t).Form, form.Answers{}) != nil {
		t.Error("a definition without attachments asks for some")
	}
}

func TestATestOfTheFileSaysWhichAttachmentsItExpects(t *testing.T) {
	src := strings.Replace(withFiles(t), "{/wish: series, /who/phone2: number}", "{/wish: series}", 1)
	right := strings.Replace(src, "pages: [who, tree]}", "pages: [who, tree], attachments: [papers]}", 1)
	if _, err := Compile("x", []byte(right)); err != nil {
		t.Error(err)
	}
	wrong := strings.Replace(src, "pages: [who, tree]}", "pages: [who, tree], attachments: [soil]}", 1)
	if _, err := Compile("x", []byte(wrong)); err == nil || !strings.Contains(err.Error(), "the test a fir without a height expects the attachments soil, but they are papers") {
		t.Errorf("%v", err)
	}
}

func TestEveryMistakeInAttachmentsIsNamedWithItsPlace(t *testing.T) {
	src := strings.Replace(withFiles(t), "{/wish: series, /who/phone2: number}", "{/wish: series}", 1)
	for _, tt := range []struct{ name, old, new, at, want string }{
		{"no list", "attachments:\n  - id: soil", "attachments:\n  id: soil\n  x:\n  - id: soil", "id: soil\n  x", "attachments must be a list"},
		{"two of one name", "id: papers", "id: soil", "soil\n    title: {ru: Паспорт", `there is an attachment "soil" already`},
		{"a name that is none", "id: papers", "id: Papers", "Papers", `the id of an attachment is "Papers"; it must look like photo`},
		{"no title", "    title: {ru: Паспорт, en: Passport}\n", "", "id: papers", `an attachment has no "title"`},
		{"a title in one language", "title: {ru: Паспорт, en: Passport}", "title: {ru: Паспорт}", "{ru: Паспорт}", "the title of the attachment papers has no English text (en)"},
		{"a type that is not taken", "types: [pdf, jpg]", "types: [pdf, exe]", "exe", `a type of the attachment papers is "exe"; it may be jpg, png, pdf`},
		{"a type twice", "types: [pdf, jpg]", "types: [pdf, pdf]", "pdf]", "the type pdf stands in types of the attachment papers twice"},
		{"no types", "types: [pdf, jpg]", "types: []", "[]\n    max: 800KB", "the attachment papers takes no type of file"},
		{"a size in words", "max: 800KB", "max: much", "much", `max of the attachment papers is "much"; it must be a size such as 500KB or 5MB, from 10KB to 20MB`},
		{"more than a file may hold", "max: 800KB", "max: 21MB", "21MB", "from 10KB to 20MB"},
		{"less than any file holds", "max: 800KB", "max: 9KB", "9KB", "from 10KB to 20MB"},
		{"more least than most", "count: {min: 1, max: 3}", "count: {min: 4, max: 3}", "4, max", "the attachment soil needs at least 4 files and takes 3 at most"},
		{"a store", "count: {min: 1, max: 3}", "count: {min: 1, max: 300}", "300", "max of the count of the attachment soil must be a whole number from 1 to 20"},
		{"half a count", "count: {min: 1, max: 3}", "count: {max: 3}", "{max: 3}", `count of the attachment soil has no "min"`},
		{"a page that is not there", "page: fence", "page: fense", "fense", `the attachment soil stands on the page "fense", which there is not; did you mean fence?`},
		{"a condition over nothing", "    when: d.kind == 'oak'\n    minPixels", "    when: d.kinds == 'oak'\n    minPixels", "d.kinds", "the condition of the attachment soil: there is no kinds there (character 2); did you mean kind?"},
		{"a condition over a later answer", "    when: d.kind == 'oak'\n    minPixels", "    when: d.fence\n    minPixels", "d.fence", "the condition of the attachment soil looks at /fence, which is asked on no earlier page"},
		{"pixels of three sides", "[450, 570]", "[450, 570, 1]", "[450, 570, 1]", "minPixels of the attachment soil must be a width and a height: [450, 570]"},
		{"pixels of a PDF", "page: tree\n", "page: tree\n    minPixels: [1, 1]\n", "", ""}, // it takes pictures, too
		{"pixels of nothing but PDF", "types: [pdf, jpg]", "types: [pdf]\n    minPixels: [1, 1]", "[1, 1]", "the attachment papers takes no pictures, so minPixels would never be looked at"},
		{"a paper nobody reads", "reads: passport", "reads: licence", "licence", `reads of the attachment papers is "licence"; it may be inn, international-passport, passport, snils`},
		{"read for nothing", "    fills: {/wish: series}\n", "", "passport\nprocess", "the attachment papers is read and fills in nothing (fills)"},
		{"fills without reading", "    reads: passport\n", "", "{/wish: series}", "the attachment papers fills in answers and is not read: say what it is (reads)"},
		{"a field the paper has not", "{/wish: series}", "{/wish: serie}", "serie}", `the attachment papers fills /wish with "serie"; on such a paper can be read: surname, given_name`},
		{"an answer that is not there", "{/wish: series}", "{/wishes: series}", "/wishes", "the attachment papers fills /wishes, which the data does not describe"},
		{"a number", "{/wish: series}", "{/height: series}", "/height: series", "the attachment papers fills /height, which is no text"},
		{"a choice", "{/wish: series}", "{/kind: series}", "/kind: series", "the attachment papers fills /kind, which is a choice; only sex can fill one, with the options male and female"},
		{"what is locked always", "{/wish: series}", "{/who/surname: surname}", "/who/surname: surname}", "the attachment papers fills /who/surname, which is locked always: nobody could correct it by a scan"},
		{"papers where no PDF is taken", "minPixels: [450, 570]", "minPixels: [450, 570]\n    paper: rosreestr.extract", "rosreestr.extract", "the attachment soil takes papers of the portal, which are PDF, and no pdf stands in its types"},
		{"papers of no service", "max: 800KB", "max: 800KB\n    paper: extract", "extract", `paper of the attachment papers is "extract"; it must look like rosreestr.extract`},
		{"a slip of the key", "max: 800KB", "max: 800KB\n    maxx: 3", "maxx", `an attachment has no key "maxx"; did you mean "max"?`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(src, tt.old) {
				t.Fatalf("the good definition does not have %q", tt.old)
			}
			spoiled := strings.Replace(src, tt.old, tt.new, 1)
			_, err := Compile("x.yaml", []byte(spoiled))
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var issues Issues
			if !errors.As(err, &issues) {
				t.Fatalf("it compiles: %v", err)
			}
			before := spoiled[:strings.Index(spoiled, tt.at)]
			line := strings.Count(before, "\n") + 1
			for _, i := range issues {
				if strings.Contains(i.Text, tt.want) {
					if i.Line != line {
						t.Errorf("line %d, want %d: %s", i.Line, line, i.Text)
					}
					return
				}
			}
			t.Errorf("complaints:\n%v\nwant %q", err, tt.want)
		})
	}
}
