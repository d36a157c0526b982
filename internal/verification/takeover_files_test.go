package verification_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"testing"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

// REG-12: the files of cases and drafts come along, sealed under the key of the account that the person has now, with what became of
// them: one that the agency asked for anew, one of a draft, one in an answer that was not sent yet.
func TestTheFilesOfCasesAndDraftsComeAlongToTheNewAccount(t *testing.T) {
	systemtest.WithServices(t, func(t *testing.T, x *system.System) {
		const badge = "town.badge"
		old := lived(t, x)
		shade := uint8(40)
		photo := func(to application.NewUpload) application.Attached {
			t.Helper()
			m := image.NewGray(image.Rect(0, 0, 320, 420))
			shade += 20
			for i := range m.Pix {
				m.Pix[i] = shade
			}
			var b bytes.Buffer
			if err := jpeg.Encode(&b, m, nil); err != nil {
				t.Fatal(err)
			}
			to.Slot, to.Name = "photo", "me.jpg"
			a, err := x.Attachments.Receive(ctx, old.Actor, to, &b)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		begin := func() {
			t.Helper()
			if _, err := x.Applications.Begin(ctx, old.Actor, badge); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Applications.SavePage(ctx, old.Actor, badge, "kind", map[string][]string{"kind": {"guest"}}); err != nil {
				t.Fatal(err)
			}
		}
		begin()
		filed := photo(application.NewUpload{Service: badge})
		c, err := x.Applications.Submit(ctx, old.Actor, badge, "")
		if err != nil {
			t.Fatal(err)
		}
		officer := access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: c.Unit}
		for _, act := range []application.Act{{Event: "take"}, {Event: "ask", Advice: "Снимитесь заново", Fields: []string{"photo"}}} {
			if c, err = x.Applications.Do(ctx, officer, c.ID, act); err != nil {
				t.Fatal(err)
			}
		}
		unsent := photo(application.NewUpload{Case: c.ID})
		begin()
		drafted := photo(application.NewUpload{Service: badge})
		open := func(who access.Actor) (out []string) {
			for _, a := range []application.Attached{filed, unsent, drafted} {
				_, _, body, err := x.Attachments.Open(ctx, who, a.ID)
				if err != nil {
					continue
				}
				if b, err := io.ReadAll(body); err == nil && bytes.HasPrefix(b, []byte("\xff\xd8\xff")) {
					out = append(out, a.ID)
				}
			}
			return out
		}
		all := []string{filed.ID, unsent.ID, drafted.ID}
		if got := open(old.Actor); !slices.Equal(got, all) {
			t.Fatalf("before: %q of %q", got, all)
		}
		who := newcomer(t, x, "+79990000021")
		p := atDesk(t, x, who, old.resident)
		if _, err := x.Verification.ConfirmAndTakeOver(ctx, operator, p.ID, p.Round, sure(old.ID)); err != nil {
			t.Fatal(err)
		}
		who.Level = access.Confirmed
		moved(t, x, old.ID)
		if got := open(who); !slices.Equal(got, all) {
			t.Errorf("the new account opens %q of %q", got, all)
		}
		if got := open(old.Actor); len(got) != 0 {
			t.Errorf("the old account opens %q", got)
		}
		if err := x.Applications.SweepFiles(ctx); err != nil {
			t.Fatal(err)
		}
		done, _, err := x.Applications.Amend(ctx, who, c.ID, application.Correction{Typed: nil, Version: 0})
		if err != nil {
			t.Fatal(err)
		}
		list, err := x.Attachments.OfCase(ctx, officer, done.ID)
		if err != nil || len(list) != 2 || list[0].ReplacedAt.IsZero() || list[1].ID != unsent.ID {
			t.Errorf("%+v, %v", list, err)
		}
		d, err := x.Applications.Submit(ctx, who, badge, "")
		if err != nil || d.ID != drafted.Application {
			t.Errorf("the draft cannot be sent with its file: %v", err)
		}
	})
}
