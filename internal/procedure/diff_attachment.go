package procedure

import (
	"reflect"
	"slices"
)

// attachments: a place for a file that may be left out takes nothing from anybody; one that must be filled holds up every draft, and
// one that is gone leaves files that were sent without a place. A narrower limit holds up drafts whose files were put in before it; files
// of cases that were filed stay.
func (d *differ) attachments(wasList, nowList []any) {
	was, before := byKey(wasList, "id")
	now, after := byKey(nowList, "id")
	for _, id := range before {
		place := "the attachment " + id
		a, b := was[id], now[id]
		if b == nil {
			d.add(Breaking, place, "is gone, and files that were sent have no place")
			continue
		}
		d.set(place, "the type ", words(a["types"]), words(b["types"]), Breaking, Compatible)
		x, had := d.prev.Attachment(id)
		y, has := d.next.Attachment(id)
		if had && has {
			d.limits(place, x, y, a, b)
		}
		d.when(place, d.renamed(a["when"], ""), b["when"], y.Required())
		if !reflect.DeepEqual(a["page"], b["page"]) {
			d.add(Compatible, place, "is asked for on the page %s instead of %s", word(b["page"]), word(a["page"]))
		}
		if !reflect.DeepEqual(a["document"], b["document"]) {
			d.add(Compatible, place, "document is different: other documents of the person's are offered")
		}
		if !reflect.DeepEqual(a["paper"], b["paper"]) {
			d.add(Compatible, place, "paper is different: other papers that the portal issued are offered")
		}
		for _, key := range []string{"reads", "fills"} {
			if !reflect.DeepEqual(a[key], b[key]) {
				d.add(Compatible, place, "%s is different: what is read from a file is offered, and the person confirms it", key)
			}
		}
		d.rest(place, a, b, "id", "types", "max", "count", "minPixels", "when", "page", "reads", "fills", "document", "paper")
	}
	for _, id := range after {
		if was[id] != nil {
			continue
		}
		if a, ok := d.next.Attachment(id); ok && !a.Required() {
			d.add(Compatible, "the attachment "+id, "is new and may be left out")
			continue
		}
		d.add(Breaking, "the attachment "+id, "is new and must be sent")
	}
}

// limits compares how large, how many and how fine the files are that are taken. a and b are how the file writes it.
func (d *differ) limits(place string, x, y Attachment, a, b map[string]any) {
	switch {
	case y.Max < x.Max:
		d.add(Breaking, place, "a file may have %s instead of %s", word(b["max"]), word(a["max"]))
	case y.Max > x.Max:
		d.add(Compatible, place, "a file may have %s instead of %s", word(b["max"]), word(a["max"]))
	}
	switch {
	case x.Least == 0 && y.Least > 0:
		d.add(Breaking, place, "must be sent, it could be left out")
	case x.Least > 0 && y.Least == 0:
		d.add(Compatible, place, "may be left out")
	case y.Least > x.Least:
		d.add(Breaking, place, "%d files must be sent instead of %d", y.Least, x.Least)
	case y.Least < x.Least:
		d.add(Compatible, place, "%d files must be sent instead of %d", y.Least, x.Least)
	}
	switch {
	case y.Most < x.Most:
		d.add(Breaking, place, "%d files at most instead of %d", y.Most, x.Most)
	case y.Most > x.Most:
		d.add(Compatible, place, "%d files at most instead of %d", y.Most, x.Most)
	}
	if was, now := []int{x.Width, x.Height}, []int{y.Width, y.Height}; !slices.Equal(was, now) {
		class := Compatible
		if y.Width > x.Width || y.Height > x.Height {
			class = Breaking
		}
		d.add(class, place, "a picture needs %d×%d pixels instead of %d×%d", y.Width, y.Height, x.Width, x.Height)
	}
}
