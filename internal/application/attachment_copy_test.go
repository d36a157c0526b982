package application_test

import (
	"errors"
	"testing"

	"okno/internal/application"
	"okno/internal/connector/clamd"
	"okno/internal/connector/clamd/clamdtest"
	"okno/internal/system"
)

// «Исправить и подать снова»: the files come along, each a file of its own that can be taken out or replaced, and what nobody has looked
// through is in quarantine still.
func TestACorrectedApplicationBeginsWithTheFilesOfTheRefusedOne(t *testing.T) {
	d := clamdtest.Start(t)
	withFiles(t, func(t *testing.T, x *system.System) {
		scanner, err := clamd.New(clamd.Config{Addr: d.TCP})
		if err != nil {
			t.Fatal(err)
		}
		who, _ := confirmed(t, x)
		begun(t, x, who, "owner")
		photo := sent(t, x, who, "photo", "me.jpg", picture(t, 640, 800, 2))
		away := &mood{}
		x.Files.Scanner = away
		deed := sent(t, x, who, "deed", "deed.pdf", pdf(2000))
		c, err := x.Applications.Submit(ctx, who, badge, "")
		if err != nil {
			t.Fatal(err, keys(err))
		}
		for _, act := range []application.Act{{Event: "take"}, {Event: "refuse", Reason: "bad-photo", Advice: "Снимитесь заново"}} {
			if c, err = x.Applications.Do(ctx, officer(c), c.ID, act); err != nil {
				t.Fatal(err, keys(err))
			}
		}
		var again application.Draft
		for range 2 { // a button pressed twice
			if again, err = x.Applications.Reapply(ctx, who, c.ID, false); err != nil {
				t.Fatal(err)
			}
		}
		if len(again.Attached) != 2 || again.Previous != c.ID {
			t.Fatalf("%+v", again.Attached)
		}
		was := map[string]application.Attached{"photo": photo, "deed": deed}
		for _, a := range again.Attached {
			if o := was[a.Slot]; a.ID == o.ID || a.Name != o.Name || a.Size != o.Size || a.State != o.State || !a.FiledAt.IsZero() {
				t.Errorf("%+v of %+v", a, o)
			}
		}
		copied := draft(t, x, who).Attached
		if _, _, body, err := x.Attachments.Open(ctx, who, copied[0].ID); err != nil || body.Len() == 0 {
			t.Errorf("the copy is not opened: %v", err)
		}
		if _, _, _, err := x.Attachments.Open(ctx, who, copied[1].ID); !errors.Is(err, application.ErrQuarantine) {
			t.Errorf("a copy slips out of quarantine: %v", err)
		}
		if _, _, _, err := x.Attachments.Open(ctx, officer(c), copied[0].ID); !errors.Is(err, application.ErrNoFile) {
			t.Errorf("the agency sees the draft: %v", err)
		}
		var first, second string
		if err := x.DB.QueryRow(ctx, `SELECT (SELECT file_id FROM attachment WHERE id = $1), (SELECT file_id FROM attachment WHERE id = $2)`, photo.ID, copied[0].ID).Scan(&first, &second); err != nil || first == second {
			t.Errorf("the case and the draft share the bytes %q, %q: %v", first, second, err)
		}
		if _, err := x.Attachments.Remove(ctx, who, copied[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := x.Attachments.Open(ctx, officer(c), photo.ID); err != nil {
			t.Errorf("what was decided on is gone with the copy: %v", err)
		}
		away.now(scanner)
		for _, a := range []application.Attached{deed, copied[1]} {
			if err := x.Attachments.Rescan(ctx, application.ScanAttachment{Attachment: a.ID}); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, _, err := x.Attachments.Open(ctx, who, copied[1].ID); err != nil {
			t.Errorf("it was looked through, but: %v", err)
		}
		sent(t, x, who, "photo", "better.jpg", picture(t, 640, 800, 5))
		next, err := x.Applications.Submit(ctx, who, badge, "")
		if err != nil {
			t.Fatal(err, keys(err))
		}
		if list, err := x.Attachments.OfCase(ctx, officer(next), next.ID); err != nil || len(list) != 2 || next.Previous != c.ID {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
