package procedure

// attachments: a place for a file that may be left out takes nothing from anybody; one that must be filled holds up every draft, and
// one that is gone leaves files that were sent without a place. What is different in one that stays is told of key by key.
func (d *differ) attachments(wasList, nowList []any) {
	was, before := byKey(wasList, "id")
	now, after := byKey(nowList, "id")
	for _, id := range before {
		place := "the attachment " + id
		if now[id] == nil {
			d.add(Breaking, place, "is gone, and files that were sent have no place")
			continue
		}
		d.rest(place, was[id], now[id], "id")
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
