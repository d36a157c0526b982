package procedure

import (
	"slices"
	"strings"
	"testing"
)

func TestAFileThatMayBeLeftOutBreaksNothing(t *testing.T) {
	slot := func(least string) *Definition {
		return changed(t, "process:\n", "attachments:\n  - {id: plan, title: {ru: План, en: Plan}, types: [pdf], max: 1MB, count: {min: "+least+", max: 2}, page: tree}\nprocess:\n",
			"pages: [who, tree]", "pages: [who, tree], attachments: [plan]", "pages: [who, tree, fence]", "pages: [who, tree, fence], attachments: [plan]")
	}
	for _, tt := range []struct {
		name       string
		prev, next *Definition
		want       []string
	}{
		{"may be left out", good(t), slot("0"), []string{"compatible the attachment plan: is new and may be left out"}},
		{"must be sent", good(t), slot("1"), []string{"breaking   the attachment plan: is new and must be sent"}},
		{"gone", slot("0"), good(t), []string{"breaking   the attachment plan: is gone, and files that were sent have no place"}},
		{"must be sent now", slot("0"), slot("1"), []string{"breaking   the attachment plan: must be sent, it could be left out"}},
	} {
		var got []string
		for _, c := range Diff(tt.prev, tt.next) {
			if strings.Contains(c.String(), "attachment plan") {
				got = append(got, c.String())
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
