package application_test

import (
	"bytes"
	"io"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/catalogue"
	"okno/internal/fault"
	"okno/internal/procedure"
	"okno/internal/system"
)

// badgeAsked is a badge in which the officer asks for these again.
func badgeAsked(t *testing.T, x *system.System, who access.Actor, photo []byte, fields ...string) application.Case {
	t.Helper()
	d := begun(t, x, who, "guest")
	sent(t, x, who, "photo", "old.jpg", photo)
	c, err := x.Applications.Submit(ctx, who, badge, d.ID)
	if err != nil {
		t.Fatal(err, keys(err))
	}
	if c, err = x.Applications.Do(ctx, officer(c), c.ID, application.Act{Event: "take"}); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Applications.Do(ctx, officer(c), c.ID, application.Act{Event: "ask", Advice: "Нужен документ", Fields: []string{"deed"}}); fault.KindOf(err) != fault.InvalidInput {
		t.Errorf("a guest is asked for the deed of a flat: %v", err)
	}
	for _, act := range []application.Act{{Event: "ask", Advice: "Снимитесь без шляпы", Fields: fields}} {
		if c, err = x.Applications.Do(ctx, officer(c), c.ID, act); err != nil {
			t.Fatal(err, keys(err))
		}
	}
	return c
}

// anew sends a file into the answer.
func anew(x *system.System, who access.Actor, c application.Case, slot, instead string, data []byte) (application.Attached, error) {
	return x.Attachments.Receive(ctx, who, application.NewUpload{Case: c.ID, Slot: slot, Name: "new.jpg", Instead: instead}, bytes.NewReader(data))
}

// SRV-3: an officer asks for a file again; only what they named is open, and they see the old one beside the new.
func TestAFileIsAskedForAgainAndTheOfficerSeesTheOldAndTheNew(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		first, second := picture(t, 640, 800, 1), picture(t, 640, 800, 2)
		c := badgeAsked(t, x, who, first, "photo")
		desk := officer(c)
		if !slices.Equal(c.Content.Open, []string{"photo"}) || c.Turn != procedure.TurnApplicant {
			t.Fatalf("%+v", c.Content)
		}
		filed, err := x.Attachments.OfCase(ctx, who, c.ID)
		if err != nil || len(filed) != 1 {
			t.Fatal(filed, err)
		}
		old := filed[0]
		if _, _, err := x.Applications.Amend(ctx, who, c.ID, application.Correction{Typed: nil, Version: c.Version}); !slices.Equal(keys(err), []string{"attachment-photo attachment.none"}) {
			t.Errorf("an answer without the photograph: %v", keys(err))
		}
		for slot, data := range map[string][]byte{"passport": picture(t, 640, 800, 9), "deed": pdf(2000), "nothing": first} {
			if _, err := anew(x, who, c, slot, "", data); fault.KindOf(err) != fault.Missing {
				t.Errorf("%s is shut, but: %v", slot, err)
			}
		}
		stranger := access.Actor{Kind: access.Person, ID: "somebody-else", Level: access.Confirmed}
		if _, err := anew(x, stranger, c, "photo", "", second); fault.KindOf(err) != fault.Missing {
			t.Errorf("a stranger puts a file into the answer: %v", err)
		}
		if _, err := anew(x, who, c, "photo", "", first); !slices.Equal(keys(err), []string{"attachment-photo attachment.twice"}) {
			t.Errorf("the very same photograph is an answer: %v", keys(err))
		}
		if _, err := x.Attachments.Remove(ctx, who, old.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("what was filed is taken out: %v", err)
		}
		a, err := anew(x, who, c, "photo", old.ID, second) // "instead" of a filed one takes nothing away
		if err != nil {
			t.Fatal(err, keys(err))
		}
		if _, _, _, err := x.Attachments.Open(ctx, desk, a.ID); fault.KindOf(err) != fault.Missing {
			t.Errorf("the officer sees an answer that was not sent: %v", err)
		}
		if list, err := x.Attachments.OfCase(ctx, desk, c.ID); err != nil || len(list) != 1 {
			t.Errorf("%v, %v", list, err)
		}
		if err := x.Applications.SweepFiles(ctx); err != nil {
			t.Fatal(err)
		}
		third := picture(t, 640, 800, 3)
		if a, err = anew(x, who, c, "photo", a.ID, third); err != nil { // it was not swept: it is replaced
			t.Fatal(err, keys(err))
		}
		if list, err := x.Attachments.New(ctx, who, c); err != nil || len(list) != 1 || list[0].ID != a.ID {
			t.Fatalf("%+v, %v", list, err)
		}
		done, _, err := x.Applications.Amend(ctx, who, c.ID, application.Correction{Typed: nil, Version: c.Version})
		if err != nil {
			t.Fatal(err, keys(err))
		}
		if done.State != "deciding" || len(done.Content.Open)+len(done.Content.Anew) != 0 {
			t.Errorf("%s, %+v", done.State, done.Content)
		}
		list, err := x.Attachments.OfCase(ctx, desk, c.ID)
		if err != nil || len(list) != 2 || list[0].ID != old.ID || list[0].ReplacedAt.IsZero() || list[1].ID != a.ID || !list[1].ReplacedAt.IsZero() {
			t.Fatalf("%+v, %v", list, err)
		}
		for _, f := range list {
			_, _, body, err := x.Attachments.Open(ctx, desk, f.ID)
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			if b, err := io.ReadAll(body); err != nil || len(b) == 0 {
				t.Errorf("%s: %d bytes, %v", f.Name, len(b), err)
			}
		}
		if _, err := anew(x, who, c, "photo", "", second); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a file comes after the answer was sent: %v", err)
		}
		if _, err := x.Attachments.Remove(ctx, who, a.ID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("what was sent is taken out: %v", err)
		}
	})
}

// A correction that calls for a file which the application did not need is not sent without it.
func TestAFileThatACorrectionCallsForIsAskedFor(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		src, err := os.ReadFile("../system/systemtest/services/badge.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if x.Applications.Catalogue, err = catalogue.Load(fstest.MapFS{"badge.yaml": {Data: bytes.Replace(src, []byte("edit: [/series"), []byte("edit: [/kind, /series"), 1)}}); err != nil {
			t.Fatal(err)
		}
		who, _ := confirmed(t, x)
		c := badgeAsked(t, x, who, picture(t, 640, 800, 1), "/kind")
		sent := application.Correction{Typed: map[string][]string{"kind": {"owner"}}, Version: c.Version}
		_, kept, err := x.Applications.Amend(ctx, who, c.ID, sent)
		if !slices.Equal(keys(err), []string{"attachment-deed attachment.none"}) {
			t.Fatalf("a resident without a deed: %v, %v", err, keys(err))
		}
		if open := c.OpenFiles(x.Applications.Zone, kept); len(open) != 1 || open[0].ID != "deed" {
			t.Fatalf("the page takes %+v", open)
		}
		if _, err := anew(x, who, c, "photo", "", picture(t, 640, 800, 2)); fault.KindOf(err) != fault.Missing {
			t.Errorf("the photograph is shut, but: %v", err)
		}
		deed, err := x.Attachments.Receive(ctx, who, application.NewUpload{Case: c.ID, Slot: "deed", Name: "deed.pdf"}, bytes.NewReader(pdf(2000)))
		if err != nil {
			t.Fatal(err, keys(err))
		}
		if _, _, err := x.Applications.Amend(ctx, who, c.ID, sent); err != nil {
			t.Fatal(err, keys(err))
		}
		if list, err := x.Attachments.OfCase(ctx, officer(c), c.ID); err != nil || len(list) != 2 || list[1].ID != deed.ID || !list[0].ReplacedAt.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// What was put into an answer that is never sent is nobody's, and is swept.
func TestFilesOfAnAnswerThatWasNotSentAreSwept(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		c := badgeAsked(t, x, who, picture(t, 640, 800, 1), "/series", "photo")
		if _, err := anew(x, who, c, "photo", "", picture(t, 640, 800, 2)); err != nil {
			t.Fatal(err)
		}
		if n, _, _ := rows(t, x, who); n != 2 {
			t.Fatalf("%d rows", n)
		}
		if _, err := x.Applications.Do(ctx, who, c.ID, application.Act{Event: "withdraw"}); err != nil {
			t.Fatal(err)
		}
		if err := x.Applications.SweepFiles(ctx); err != nil {
			t.Fatal(err)
		}
		if n, under, kept := rows(t, x, who); n != 1 || under != 0 || kept != 1 {
			t.Errorf("left: %d files of applications, %d on the way, %d files", n, under, kept)
		}
	})
}
