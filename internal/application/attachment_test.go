package application_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/audit"
	"okno/internal/connector/clamd"
	"okno/internal/connector/clamd/clamdtest"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/keyring"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/sandbox/specimen"
	"okno/internal/store"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

const badge = "town.badge"

// withFiles runs body on a portal that offers a service which takes files, on both engines.
func withFiles(t *testing.T, body func(t *testing.T, x *system.System)) {
	t.Helper()
	systemtest.WithServices(t, body)
}

// picture is a photograph of w×h with a note of its maker; each seed has another.
func picture(t *testing.T, w, h int, seed uint64) []byte {
	t.Helper()
	m, r := image.NewGray(image.Rect(0, 0, w, h)), rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a picture
	for i := range m.Pix {
		m.Pix[i] = uint8(100 + r.IntN(100)) //nolint:gosec // within
	}
	m.SetGray(3, 3, color.Gray{Y: 1})
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return append([]byte("\xff\xd8\xff\xfe\x00\x18taken in Kozelsk today"), out.Bytes()[2:]...)
}

// pdf is a PDF of a page and about n bytes.
func pdf(n int) []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n%" +
		strings.Repeat("x", n) + "\ntrailer<</Root 1 0 R>>\n%%EOF")
}

// begun is the person's draft of the badge.
func begun(t *testing.T, x *system.System, who access.Actor, kind string) application.Draft {
	t.Helper()
	if _, err := x.Applications.Begin(ctx, who, badge); err != nil {
		t.Fatal(err)
	}
	d, err := x.Applications.SavePage(ctx, who, badge, "kind", map[string][]string{"kind": {kind}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// send sends a file as a browser with scripts does, in pieces of n bytes.
func send(x *system.System, who access.Actor, slot, name string, data []byte, n int) (application.Attached, error) {
	u, err := x.Attachments.Begin(ctx, who, application.NewUpload{Service: badge, Slot: slot, Name: name, Size: int64(len(data)), Key: name})
	if err != nil {
		return application.Attached{}, err
	}
	for u.Offset < u.Size {
		if u, err = x.Attachments.Append(ctx, who, u.ID, u.Offset, data[u.Offset:min(u.Size, u.Offset+int64(n))]); err != nil {
			return application.Attached{}, err
		}
	}
	return x.Attachments.Finish(ctx, who, u.ID)
}

func sent(t *testing.T, x *system.System, who access.Actor, slot, name string, data []byte) application.Attached {
	t.Helper()
	a, err := send(x, who, slot, name, data, 100_000)
	if err != nil {
		t.Fatal(err, keys(err))
	}
	return a
}

// keys are the complaints: field and key.
func keys(err error) []string {
	var out []string
	if f, ok := fault.Of(err); ok {
		for _, x := range f.Fields {
			out = append(out, x.Name+" "+x.Key)
		}
		if len(f.Fields) == 0 {
			out = append(out, f.Key)
		}
	}
	return out
}

func draft(t *testing.T, x *system.System, who access.Actor) application.Draft {
	t.Helper()
	d, err := x.Applications.Draft(ctx, who, badge)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rows counts what is kept of uploads and attachments, and the files of the person.
func rows(t *testing.T, x *system.System, who access.Actor) (attached, under, kept int) {
	t.Helper()
	err := x.DB.QueryRow(ctx, `SELECT (SELECT count(*) FROM attachment WHERE account_id = $1), (SELECT count(*) FROM attachment_upload WHERE account_id = $1),
		(SELECT count(*) FROM file WHERE owner = $1 AND NOT EXISTS (SELECT 1 FROM document WHERE document.file_id = file.id))`, who.ID).Scan(&attached, &under, &kept)
	if err != nil {
		t.Fatal(err)
	}
	return attached, under, kept
}

// SRV-3.
func TestAFileGoesWithTheApplicationAndIsOpenedByTheApplicantAndTheAgencyAlone(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		d := begun(t, x, who, "guest")
		if _, err := x.Applications.Submit(ctx, who, badge, d.ID); !slices.Contains(keys(err), "attachment-photo attachment.none") {
			t.Fatalf("sent without the photograph: %v", keys(err))
		}
		if _, err := x.Applications.SavePage(ctx, who, badge, "documents", nil); !slices.Equal(keys(err), []string{"attachment-photo attachment.none"}) {
			t.Errorf("the page lets one go on without it: %v", keys(err))
		}
		data := picture(t, 640, 800, 1)
		a := sent(t, x, who, "photo", `C:\фото\Я.png.exe`, data)
		if a.Name != "Я.png.jpg" || a.Media != files.JPEG || a.State != application.Ready || a.Reading != application.NotRead {
			t.Errorf("%+v", a)
		}
		if again, err := x.Attachments.Finish(ctx, who, a.ID); err != nil || again.ID != a.ID {
			t.Errorf("finished again: %+v, %v", again, err)
		}
		stranger := access.Actor{Kind: access.Person, ID: "somebody-else", Level: access.Confirmed}
		agency := access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: "town"}
		others := []access.Actor{{}, stranger, {Kind: access.Staff, ID: "o", Role: access.Officer, Unit: "fns"}, {Kind: access.Staff, ID: "c", Role: access.Centre, Unit: "town"}}
		for _, other := range append(others, agency) { // a draft is nobody else's
			if _, _, _, err := x.Attachments.Open(ctx, other, a.ID); fault.KindOf(err) != fault.Missing {
				t.Errorf("%v opens a file of a draft: %v", other, err)
			}
			if _, err := x.Attachments.Remove(ctx, other, a.ID); err == nil {
				t.Errorf("%v removes it", other)
			}
		}
		c, err := x.Applications.Submit(ctx, who, badge, d.ID)
		if err != nil {
			t.Fatal(err, keys(err))
		}
		for _, w := range []access.Actor{who, agency} {
			all, err := x.Attachments.OfCase(ctx, w, c.ID)
			if err != nil || len(all) != 1 || all[0].ID != a.ID || all[0].FiledAt.IsZero() {
				t.Fatalf("%v sees %+v, %v", w, all, err)
			}
			got, f, body, err := x.Attachments.Open(ctx, w, a.ID)
			if err != nil || f.Owner != who.ID || got.Application != c.ID {
				t.Fatal(err)
			}
			bytesOf, err := io.ReadAll(body)
			if err != nil || len(bytesOf) == 0 || bytes.Contains(bytesOf, []byte("Kozelsk")) {
				t.Errorf("where it was taken is kept: %v", err)
			}
		}
		for _, other := range others {
			if _, err := x.Attachments.OfCase(ctx, other, c.ID); fault.KindOf(err) != fault.Missing {
				t.Errorf("%v lists: %v", other, err)
			}
			if _, _, _, err := x.Attachments.Open(ctx, other, a.ID); fault.KindOf(err) != fault.Missing {
				t.Errorf("%v opens: %v", other, err)
			}
		}
		looks, err := audit.Looks(ctx, x.DB, who.ID, 100, "")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range looks {
			if e.Action == "attachment.viewed" && e.Object == "attachment/"+a.ID {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d looks of officers are recorded", n)
		}
		byToken(t, x, c, a)
		if _, err := x.Attachments.Remove(ctx, who, a.ID); !errors.Is(err, application.ErrFiled) {
			t.Errorf("a filed one is removed: %v", err)
		}
		if attached, under, kept := rows(t, x, who); attached != 1 || under != 0 || kept != 1 {
			t.Errorf("%d attachments, %d uploads, %d files", attached, under, kept)
		}
	})
}

func TestAnUploadGoesOnWhereItStopped(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		begun(t, x, who, "guest")
		data := picture(t, 900, 900, 2)
		n := application.NewUpload{Service: badge, Slot: "photo", Name: "a.jpg", Size: int64(len(data)), Key: "a.jpg 1"}
		u, err := x.Attachments.Begin(ctx, who, n)
		if err != nil {
			t.Fatal(err)
		}
		if u, err = x.Attachments.Append(ctx, who, u.ID, 0, data[:100_000]); err != nil || u.Offset != 100_000 {
			t.Fatalf("%+v, %v", u, err)
		}
		again, err := x.Attachments.Begin(ctx, who, n) // a browser that remembers nothing
		if err != nil || again.ID != u.ID || again.Offset != 100_000 {
			t.Fatalf("%+v, %v", again, err)
		}
		other := n
		other.Key = "b.jpg 1"
		if v, err := x.Attachments.Begin(ctx, who, other); err != nil || v.ID == u.ID {
			t.Errorf("another file goes on in its place: %v", err)
		}
		if now, err := x.Attachments.Append(ctx, who, u.ID, 0, data[:100_000]); !errors.Is(err, application.ErrOffset) || now.Offset != 100_000 { // the answer was lost
			t.Errorf("%+v, %v", now, err)
		}
		if _, err := x.Attachments.Append(ctx, who, u.ID, 150_000, data[150_000:160_000]); !errors.Is(err, application.ErrOffset) {
			t.Errorf("a hole: %v", err)
		}
		if _, err := x.Attachments.Finish(ctx, who, u.ID); !errors.Is(err, application.ErrUnfinished) {
			t.Errorf("finished too early: %v", err)
		}
		stranger := access.Actor{Kind: access.Person, ID: "somebody-else", Level: access.Confirmed}
		if _, err := x.Attachments.Append(ctx, stranger, u.ID, 100_000, data[100_000:]); !errors.Is(err, application.ErrNoUpload) {
			t.Errorf("a stranger goes on: %v", err)
		}
		if err := x.Attachments.Stop(ctx, stranger, u.ID); !errors.Is(err, application.ErrNoUpload) {
			t.Errorf("a stranger stops it: %v", err)
		}
		// Two windows send the rest at once: each piece is taken once.
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				at, err := x.Attachments.Under(ctx, who, u.ID)
				for err == nil && at.Offset < at.Size {
					at, err = x.Attachments.Append(ctx, who, u.ID, at.Offset, data[at.Offset:min(at.Size, at.Offset+70_000)])
					if errors.Is(err, application.ErrOffset) || errors.Is(err, application.ErrNoUpload) { // the other window was faster, or has finished
						err = nil
					}
				}
				if err != nil && !errors.Is(err, application.ErrNoUpload) {
					t.Error(err)
					return
				}
				if a, err := x.Attachments.Finish(ctx, who, u.ID); err != nil || a.ID != u.ID {
					t.Errorf("%+v, %v", a, err)
				}
			})
		}
		wg.Wait()
		all := draft(t, x, who).Attached
		if len(all) != 1 || all[0].Media != files.JPEG {
			t.Fatalf("%+v", all)
		}
		_, _, body, err := x.Attachments.Open(ctx, who, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if err != nil || !bytes.HasSuffix(data, got[len(got)-50_000:]) {
			t.Errorf("it came together as something else: %v", err)
		}
		if attached, under, kept := rows(t, x, who); attached != 1 || under != 1 || kept != 1 {
			t.Errorf("%d attachments, %d uploads, %d files", attached, under, kept)
		}
	})
}

// Whatever comes in whatever order, from two windows: what is attached is what was sent, and everything else is refused.
func TestInWhateverOrderPiecesComeTheFileIsWholeOrRefused(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		begun(t, x, who, "guest")
		x.Policy.Attachments.PerPerson.Max = 1_000_000
		for seed := range uint64(12) {
			r := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test
			data := picture(t, 300, 400, 1000+seed)
			n := application.NewUpload{Service: badge, Slot: "photo", Name: "a.jpg", Size: int64(len(data)), Key: fmt.Sprint(seed)}
			u, err := x.Attachments.Begin(ctx, who, n)
			if err != nil {
				t.Fatal(err)
			}
			here := int64(0)
			for here < n.Size {
				from, length := here, r.Int64N(n.Size/3+2)-1
				if r.IntN(3) == 0 {
					from = r.Int64N(n.Size+10) - 5
				}
				if length = max(0, length); from == here && r.IntN(20) > 0 {
					length = min(length, n.Size-here)
				}
				part := make([]byte, 0, length)
				for i := from; i < from+length; i++ { // what lies outside of the file is anything
					if i >= 0 && i < n.Size {
						part = append(part, data[i])
						continue
					}
					part = append(part, 'x')
				}
				now, err := x.Attachments.Append(ctx, who, u.ID, from, part)
				switch {
				case from != here && !errors.Is(err, application.ErrOffset):
					t.Fatalf("seed %d: a piece at %d is taken at %d: %v", seed, from, here, err)
				case from == here && from+length > n.Size:
					if len(keys(err)) != 1 {
						t.Fatalf("seed %d: more than was announced is taken: %v", seed, err)
					}
					if u, err = x.Attachments.Begin(ctx, who, n); err != nil || u.Offset != 0 {
						t.Fatalf("seed %d: %+v, %v", seed, u, err)
					}
					here = 0
					continue
				case from == here && err != nil:
					t.Fatalf("seed %d: %v", seed, err)
				}
				if from == here {
					here += length
				}
				if now.Offset != here {
					t.Fatalf("seed %d: %d bytes are here, want %d", seed, now.Offset, here)
				}
				if here < n.Size {
					if _, err := x.Attachments.Finish(ctx, who, u.ID); !errors.Is(err, application.ErrUnfinished) {
						t.Fatalf("seed %d: finished with %d of %d: %v", seed, here, n.Size, err)
					}
				}
			}
			a, err := x.Attachments.Finish(ctx, who, u.ID)
			if err != nil {
				t.Fatalf("seed %d: %v %v", seed, err, keys(err))
			}
			_, _, body, err := x.Attachments.Open(ctx, who, a.ID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(body)
			want := append([]byte("\xff\xd8"), data[2+26:]...) // without what the maker noted
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("seed %d: %d bytes came out, want %d: %v", seed, len(got), len(want), err)
			}
			if _, err := x.Attachments.Remove(ctx, who, a.ID); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAFileThatDoesNotFitIsRefusedWithItsReason(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		begun(t, x, who, "owner")
		var bomb bytes.Buffer // 7,000×7,000 of one colour
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&bomb, image.NewPaletted(image.Rect(0, 0, 7000, 7000), color.Palette{color.Black})); err != nil {
			t.Fatal(err)
		}
		whole := picture(t, 640, 800, 3)
		sent(t, x, who, "photo", "first.jpg", whole)
		for _, tt := range []struct {
			name, slot, file string
			data             []byte
			want             string
		}{
			{"a program under another name", "photo", "me.jpg", append([]byte("MZ\x90\x00"), make([]byte, 9000)...), "attachment-photo attachment.type"},
			{"a PDF where a picture is asked for", "photo", "me.jpg", pdf(100), "attachment-photo attachment.type"},
			{"a page of HTML", "deed", "deed.pdf", []byte("<!doctype html><script>alert(1)</script>%PDF-1.4"), "attachment-deed attachment.type"},
			{"seven bytes", "photo", "me.jpg", []byte("\xff\xd8\xffabcd"), "attachment-photo attachment.broken"},
			{"nothing", "photo", "me.jpg", nil, "attachment-photo attachment.empty"},
			{"too much", "photo", "me.jpg", append([]byte("\xff\xd8\xff"), make([]byte, 2_000_000)...), "attachment-photo attachment.large"},
			{"too much of a small one", "deed", "deed.pdf", pdf(500_001), "attachment-deed attachment.large_kb"},
			{"a bomb", "photo", "me.png", bomb.Bytes(), "attachment-photo attachment.pixels_many"},
			{"half a picture", "photo", "me.jpg", []byte("\xff\xd8\xff\xe0\x00\x10JFIF0123456789"), "attachment-photo attachment.broken"},
			{"too few pixels", "photo", "me.jpg", picture(t, 299, 800, 4), "attachment-photo attachment.pixels_few"},
			{"a PDF with a script", "deed", "deed.pdf", append(pdf(10), "<</OpenAction<</S/JavaScript/JS(x)>>>>"...), "attachment-deed attachment.active"},
			{"the same again", "photo", "other.jpg", whole, "attachment-photo attachment.twice"},
		} {
			_, err := send(x, who, tt.slot, tt.file, tt.data, 300_000)
			if !slices.Equal(keys(err), []string{tt.want}) {
				t.Errorf("%s: %v %v, want %s", tt.name, keys(err), err, tt.want)
			}
			_, err = x.Attachments.Receive(ctx, who, application.NewUpload{Service: badge, Slot: tt.slot, Name: tt.file}, bytes.NewReader(tt.data))
			if !slices.Equal(keys(err), []string{tt.want}) {
				t.Errorf("%s, without scripts: %v %v, want %s", tt.name, keys(err), err, tt.want)
			}
		}
		short := io.MultiReader(bytes.NewReader(pdf(2000)), iotest.ErrReader(io.ErrUnexpectedEOF)) // all of it has come, for all that anybody can see
		if _, err := x.Attachments.Receive(ctx, who, application.NewUpload{Service: badge, Slot: "deed", Name: "deed.pdf"}, short); err == nil {
			t.Error("a file is taken whose line broke")
		}
		if attached, under, kept := rows(t, x, who); attached != 1 || under != 0 || kept != 1 {
			t.Errorf("of refused files are left: %d attachments, %d uploads, %d files", attached, under, kept)
		}
		if _, err := send(x, who, "nothing", "a.jpg", whole, 300_000); !errors.Is(err, application.ErrNoFile) {
			t.Errorf("what nobody asks for: %v", err)
		}
		sent(t, x, who, "photo", "second.jpg", picture(t, 640, 800, 5))
		if _, err := send(x, who, "photo", "third.jpg", picture(t, 640, 800, 6), 300_000); !slices.Equal(keys(err), []string{"attachment-photo attachment.full"}) {
			t.Errorf("a third of two: %v", keys(err))
		}
	})
}

func TestAFileIsReplacedRemovedAndGoneWithItsDraft(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		d := begun(t, x, who, "owner")
		a, b := sent(t, x, who, "photo", "a.jpg", picture(t, 640, 800, 1)), sent(t, x, who, "photo", "b.jpg", picture(t, 640, 800, 2))
		deed := sent(t, x, who, "deed", "deed.pdf", pdf(2000))
		c, err := x.Attachments.Receive(ctx, who, application.NewUpload{Service: badge, Slot: "photo", Name: "c.jpg", Instead: a.ID}, bytes.NewReader(picture(t, 640, 800, 3)))
		if err != nil {
			t.Fatal(err, keys(err))
		}
		names := func() string {
			var out []string
			for _, a := range draft(t, x, who).Attached {
				out = append(out, a.Name)
			}
			return strings.Join(out, " ")
		}
		if got := names(); got != "b.jpg deed.pdf c.jpg" {
			t.Errorf("after the replacement: %s", got)
		}
		if _, err := x.Attachments.Remove(ctx, who, b.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Attachments.Remove(ctx, who, b.ID); !errors.Is(err, application.ErrNoFile) {
			t.Errorf("removed twice: %v", err)
		}
		if got := names(); got != "deed.pdf c.jpg" {
			t.Errorf("after the removal: %s", got)
		}
		// What is not asked for any more does not travel with the application.
		if _, err := x.Applications.SavePage(ctx, who, badge, "kind", map[string][]string{"kind": {"guest"}}); err != nil {
			t.Fatal(err)
		}
		filed, err := x.Applications.Submit(ctx, who, badge, d.ID)
		if err != nil {
			t.Fatal(err, keys(err))
		}
		all, err := x.Attachments.OfCase(ctx, who, filed.ID)
		if err != nil || len(all) != 1 || all[0].ID != c.ID {
			t.Errorf("%+v, %v", all, err)
		}
		if _, _, _, err := x.Attachments.Open(ctx, who, deed.ID); !errors.Is(err, application.ErrNoFile) {
			t.Errorf("a file that was not asked for: %v", err)
		}

		half := func(name string) {
			u, err := x.Attachments.Begin(ctx, who, application.NewUpload{Service: badge, Slot: "photo", Name: name, Size: 100_000, Key: name})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := x.Attachments.Append(ctx, who, u.ID, 0, picture(t, 300, 400, 9)[:5000]); err != nil {
				t.Fatal(err)
			}
		}
		begun(t, x, who, "guest")
		sent(t, x, who, "photo", "d.jpg", picture(t, 640, 800, 4))
		half("e.jpg")
		if err := x.Applications.Discard(ctx, who, badge); err != nil {
			t.Fatal(err)
		}
		if attached, under, kept := rows(t, x, who); attached != 1 || under != 0 || kept != 1 {
			t.Errorf("after the draft was thrown away: %d attachments, %d uploads, %d files", attached, under, kept)
		}
		begun(t, x, who, "guest")
		sent(t, x, who, "photo", "f.jpg", picture(t, 640, 800, 5))
		half("g.jpg")
		x.Policy.Attachments.Unfinished = -time.Hour // as if the days had passed
		if err := x.Applications.SweepFiles(ctx); err != nil {
			t.Fatal(err)
		}
		if attached, under, kept := rows(t, x, who); attached != 2 || under != 0 || kept != 2 {
			t.Errorf("after nobody went on: %d attachments, %d uploads, %d files", attached, under, kept)
		}
		x.Policy.Cases.DraftLifetime = -time.Hour
		if err := errors.Join(x.Applications.SweepDrafts(ctx), x.Applications.SweepFiles(ctx)); err != nil {
			t.Fatal(err)
		}
		if attached, under, kept := rows(t, x, who); attached != 1 || under != 0 || kept != 1 {
			t.Errorf("after the draft was swept: %d attachments, %d uploads, %d files", attached, under, kept)
		}
		if _, _, _, err := x.Attachments.Open(ctx, who, c.ID); err != nil {
			t.Errorf("the filed one: %v", err)
		}
	})
}

func TestNobodyFillsThePortalWithFiles(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		begun(t, x, who, "owner")
		p := &x.Policy.Attachments
		p.UnderWay = 2
		begin := func(i int) error {
			_, err := x.Attachments.Begin(ctx, who, application.NewUpload{Service: badge, Slot: "photo", Name: "a.jpg", Size: 5000, Key: fmt.Sprint(i)})
			return err
		}
		if err := errors.Join(begin(1), begin(2)); err != nil {
			t.Fatal(err)
		}
		if err := begin(3); !errors.Is(err, application.ErrManyAtOnce) {
			t.Errorf("a third at once: %v", err)
		}
		p.UnderWay = 10
		p.Most = 1
		sent(t, x, who, "deed", "deed.pdf", pdf(2000))
		if err := begin(4); !errors.Is(err, application.ErrManyFiles) {
			t.Errorf("more than an application may have: %v", err)
		}
		p.Most = 40
		p.PerPerson.Max = 3
		if err := begin(5); !errors.Is(err, application.ErrOften) {
			t.Errorf("more than a day allows: %v", err)
		} else if f, _ := fault.Of(err); f.RetryAt.IsZero() {
			t.Error("nobody says when to come again")
		}
		p.PerPerson.Max = 100
		u, err := x.Attachments.Begin(ctx, who, application.NewUpload{Service: badge, Slot: "photo", Name: "a.jpg", Size: 2_000_000, Key: "big"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Attachments.Append(ctx, who, u.ID, 0, make([]byte, p.Chunk+1)); !slices.Equal(keys(err), []string{"attachment-photo attachment.piece"}) {
			t.Errorf("a piece without end: %v", err)
		}
	})
}

func TestMalwareIsNotKeptAndWithoutTheScannerAFileWaitsInQuarantine(t *testing.T) {
	d := clamdtest.Start(t)
	withFiles(t, func(t *testing.T, x *system.System) {
		scanner, err := clamd.New(clamd.Config{Addr: d.TCP})
		if err != nil {
			t.Fatal(err)
		}
		who, _ := confirmed(t, x)
		begun(t, x, who, "owner")
		x.Files.Scanner = scanner
		clean := sent(t, x, who, "deed", "deed.pdf", pdf(2000))
		if _, err := x.Attachments.Remove(ctx, who, clean.ID); err != nil {
			t.Fatal(err)
		}
		virus := []byte("%PDF-1.4\n" + clamdtest.EICAR())
		if _, err := send(x, who, "deed", "v.pdf", virus, 300_000); !slices.Equal(keys(err), []string{"attachment-deed attachment.infected"}) {
			t.Errorf("malware is taken: %v %v", keys(err), err)
		}

		away := &mood{}
		x.Files.Scanner = away
		photo, deed := sent(t, x, who, "photo", "me.jpg", picture(t, 640, 800, 2)), sent(t, x, who, "deed", "v.pdf", virus)
		if photo.State != application.Checking || deed.State != application.Checking {
			t.Fatalf("%s, %s while the scanner is away", photo.State, deed.State)
		}
		if _, _, _, err := x.Attachments.Open(ctx, who, photo.ID); !errors.Is(err, application.ErrQuarantine) {
			t.Errorf("opened out of quarantine: %v", err)
		}
		c, err := x.Applications.Submit(ctx, who, badge, "")
		if err != nil {
			t.Fatal("the application cannot be sent while the scanner is away", err, keys(err))
		}
		away.now(scanner)
		states := func() (photo, deed application.AttachedState) {
			all, err := x.Attachments.OfCase(ctx, who, c.ID)
			if err != nil || len(all) != 2 {
				t.Fatalf("%+v, %v", all, err)
			}
			return all[0].State, all[1].State
		}
		for range 300 {
			if p, q := states(); p != application.Checking && q != application.Checking {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if p, q := states(); p != application.Ready || q != application.Infected {
			t.Fatalf("%s, %s after the scanner came back", p, q)
		}
		if _, _, _, err := x.Attachments.Open(ctx, who, photo.ID); err != nil {
			t.Errorf("the clean one: %v", err)
		}
		if _, _, _, err := x.Attachments.Open(ctx, officer(c), deed.ID); !errors.Is(err, application.ErrNoFile) {
			t.Errorf("malware is opened: %v", err)
		}
		if _, _, kept := rows(t, x, who); kept != 1 {
			t.Errorf("%d files are kept", kept)
		}
		notices, err := x.Notices.Inbox(ctx, who, 50)
		if err != nil {
			t.Fatal(err)
		}
		told := false
		for _, n := range notices {
			told = told || strings.Contains(n.Note.Subject.RU, c.Number) && strings.Contains(n.Note.Body.RU, "v.pdf")
		}
		if !told {
			t.Errorf("nobody tells the applicant: %+v", notices)
		}
	})
}

// mood is a scanner that is away until it is another.
type mood struct {
	mu   sync.Mutex
	then files.Scanner
}

func (m *mood) now(s files.Scanner) {
	m.mu.Lock()
	m.then = s
	m.mu.Unlock()
}

func (m *mood) Scan(c context.Context, data []byte) (string, error) {
	m.mu.Lock()
	s := m.then
	m.mu.Unlock()
	if s == nil {
		return "", errors.New("away")
	}
	return s.Scan(c, data)
}

// Two windows: the one sends the application while the other puts a file into it or takes one out. What the agency gets is what one of
// them saw, and no file is left between.
func TestAFileThatComesWhileTheApplicationIsSentIsInItOrRefused(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		for i := range 4 {
			d := begun(t, x, who, "guest")
			first := sent(t, x, who, "photo", "a.jpg", picture(t, 300, 400, uint64(i)))
			data := picture(t, 300, 400, uint64(100+i))
			u, err := x.Attachments.Begin(ctx, who, application.NewUpload{Service: badge, Slot: "photo", Name: "b.jpg", Size: int64(len(data))})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := x.Attachments.Append(ctx, who, u.ID, 0, data); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			var added, sentErr error
			wg.Go(func() { _, added = x.Attachments.Finish(ctx, who, u.ID) })
			wg.Go(func() { _, sentErr = x.Applications.Submit(ctx, who, badge, d.ID) })
			wg.Wait()
			if sentErr != nil {
				if _, sentErr = x.Applications.Submit(ctx, who, badge, d.ID); sentErr != nil {
					t.Fatal(sentErr)
				}
			}
			all, err := x.Attachments.OfCase(ctx, who, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			in := slices.ContainsFunc(all, func(a application.Attached) bool { return a.ID == u.ID })
			if in != (added == nil) || !slices.ContainsFunc(all, func(a application.Attached) bool { return a.ID == first.ID }) {
				t.Errorf("added: %v, in the case: %v of %d", added, in, len(all))
			}
			var loose int
			if err := x.DB.QueryRow(ctx, `SELECT count(*) FROM attachment WHERE filed_at IS NULL`).Scan(&loose); err != nil || loose > 0 {
				t.Errorf("%d files between draft and case, %v", loose, err)
			}
		}
	})
}

func TestFilesOfAForgottenPersonCannotBeOpened(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, _ := confirmed(t, x)
		d := begun(t, x, who, "guest")
		a := sent(t, x, who, "photo", "Иванова.jpg", picture(t, 300, 400, 1))
		if _, err := x.Applications.Submit(ctx, who, badge, d.ID); err != nil {
			t.Fatal(err)
		}
		var content []byte
		if err := x.DB.QueryRow(ctx, `SELECT content FROM attachment WHERE id = $1`, a.ID).Scan(&content); err != nil || bytes.Contains(content, []byte("Иванова")) {
			t.Errorf("the table says the name: %v", err)
		}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error { return x.Ring.Forget(ctx, tx, who.ID) }); err != nil {
			t.Fatal(err)
		}
		agency := access.Actor{Kind: access.Staff, ID: "officer-one", Role: access.Officer, Unit: "town"}
		if _, _, _, err := x.Attachments.Open(ctx, agency, a.ID); !errors.Is(err, application.ErrNoFile) {
			t.Errorf("Open = %v", err)
		}
		if _, err := x.Attachments.OfCase(ctx, agency, d.ID); !errors.Is(err, application.ErrMissing) && !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("OfCase = %v", err)
		}
	})
}

// passport draws the page of a resident's passport.
func passport(t *testing.T, r sandbox.Resident, d specimen.Defect) []byte {
	t.Helper()
	fonts := specimen.Fonts{Modules: "../../node_modules"}
	text, err := fonts.Text("golos")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := fonts.Zone("ocr-b")
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := specimen.Photo(specimen.Person{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, Sex: r.Sex, BirthDate: r.BirthDate, BirthPlace: r.BirthPlace,
		Series: r.Passport.Series, Number: r.Passport.Number, IssuedAt: r.Passport.IssuedAt, IssuedBy: r.Passport.IssuedBy, DepartmentCode: r.Passport.DepartmentCode},
		specimen.Style{Text: text, MRZ: zone, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	shot, err := specimen.Shot(sheet, d, 5)
	if err != nil {
		t.Fatal(err)
	}
	return shot
}

// SRV-11.
func TestAScanFillsItsFieldsAndThePersonConfirmsThem(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		if x.Attachments.Pictures == nil {
			t.Fatal("Tesseract with Russian and poppler are not installed: scripts/need")
		}
		who, r := confirmed(t, x)
		begun(t, x, who, "guest")
		sent(t, x, who, "photo", "me.jpg", picture(t, 300, 400, 1))
		other := r
		other.Passport.Number, other.Surname = "123456", "Другаева"
		scanned := sent(t, x, who, "passport", "passport.jpg", passport(t, other, specimen.None))
		if scanned.Reading != application.ToRead {
			t.Fatalf("it is %q", scanned.Reading)
		}
		a := legible(t, x, who, scanned.ID)
		if a.Reading != application.Legible {
			t.Fatalf("it is %s: %s", a.Reading, a.Reason)
		}
		d := draft(t, x, who)
		tells := d.Tells(a)
		got := map[string]application.Told{}
		for _, t := range tells {
			got[t.Field.Pointer] = t
		}
		if len(got) != 4 || got["/series"].Read != r.Passport.Series || got["/number"].Read != "123456" || got["/issued_at"].Read != r.Passport.IssuedAt {
			t.Fatalf("%+v", tells)
		}
		if got["/number"].Known != d.Profile[procedure.PassportNumber].Value || got["/series"].Known != "" || !got["/series"].Correct {
			t.Errorf("what the profile has otherwise is not told: %+v", tells)
		}
		if got["/surname"].Correct || !strings.EqualFold(got["/surname"].Known, r.Surname) {
			t.Errorf("a surname that a register confirmed: %+v", got["/surname"])
		}
		if d.Answers.Text("/series") != "" {
			t.Error("it is an answer before the person has confirmed it")
		}
		if _, err := x.Applications.Submit(ctx, who, badge, d.ID); !slices.Equal(keys(err), []string{"attachment-passport attachment.unconfirmed"}) {
			t.Errorf("sent unconfirmed: %v", keys(err))
		}
		if _, err := x.Attachments.Confirm(ctx, who, a.ID, map[string][]string{"series": {"12"}}); len(keys(err)) != 1 {
			t.Errorf("two digits of four: %v", keys(err))
		}
		typed := map[string][]string{"series": {got["/series"].Read}, "number": {"654321"}, "issued_at": {got["/issued_at"].Read}, "surname": {"Чужая"}, "kind": {"owner"}}
		if _, err := x.Attachments.Confirm(ctx, access.Actor{Kind: access.Person, ID: "somebody-else", Level: access.Confirmed}, a.ID, typed); fault.KindOf(err) != fault.Missing {
			t.Errorf("a stranger confirms: %v", err)
		}
		before := draft(t, x, who)
		if d, err := x.Attachments.Confirm(ctx, who, a.ID, typed); err != nil || d.Answers.Text("/number") != "654321" || d.Answers.Text("/kind") != "guest" || d.Answers.Text("/surname") == "Чужая" {
			t.Fatalf("%+v, %v %v", d.Answers, err, keys(err))
		}
		// A page on which they were not yet is kept a moment later: it was on its way.
		late := application.Typed{Values: map[string][]string{"series": {before.Answers.Text("/series")}, "number": {before.Answers.Text("/number")}, "kind": {"guest"}}, Seen: before.Version, Tab: "t"}
		if d, _ := x.Applications.Save(ctx, who, badge, "kind", late); d.Answers.Text("/number") != "654321" || d.Answers.Text("/series") != got["/series"].Read || len(d.Clashes) != 0 {
			t.Errorf("what was confirmed is taken back by an older page: %v, %v", d.Answers, d.Clashes)
		}
		c, err := x.Applications.Submit(ctx, who, badge, d.ID)
		if err != nil {
			t.Fatal(err, keys(err))
		}
		c, err = x.Applications.Get(ctx, who, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for pointer, want := range map[string]string{"/series": application.FromScan, "/issued_at": application.FromScan, "/number": ""} {
			f, _ := c.Form(x.Zone).Field(pointer)
			if f.Origin.Source != want || f.Origin.Verified || want != "" && f.Origin.At.IsZero() {
				t.Errorf("%s comes from %+v, want %q", pointer, f.Origin, want)
			}
		}
	})
}

func legible(t *testing.T, x *system.System, who access.Actor, id string) application.Attached {
	t.Helper()
	for range 1200 {
		for _, a := range draft(t, x, who).Attached {
			if a.ID == id && a.Settled() {
				return a
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("it is not read")
	return application.Attached{}
}

func TestAScanThatCannotBeReadSaysWhyAndHoldsNobodyUp(t *testing.T) {
	withFiles(t, func(t *testing.T, x *system.System) {
		who, r := confirmed(t, x)
		d := begun(t, x, who, "guest")
		sent(t, x, who, "photo", "me.jpg", picture(t, 300, 400, 1))
		a := legible(t, x, who, sent(t, x, who, "passport", "p.jpg", passport(t, r, specimen.Defocus)).ID)
		if a.Reading != application.Unread || a.Reason != "blur" {
			t.Errorf("%s %s", a.Reading, a.Reason)
		}
		if c, err := x.Applications.Submit(ctx, who, badge, d.ID); err != nil {
			t.Error(err, keys(err))
		} else if all, err := x.Attachments.OfCase(ctx, officer(c), c.ID); err != nil || len(all) != 2 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// byToken opens a file of a case as the agency's own system would, and as others would.
func byToken(t *testing.T, x *system.System, c application.Case, a application.Attached) {
	t.Helper()
	all := "cases:read cases:decide files:read webhooks"
	ours := access.Actor{Kind: access.Agent, ID: "01k0000000000000000000000a", Unit: c.Unit, Scopes: all}
	if list, err := x.Attachments.FilesOf(ctx, ours, c.ID); err != nil || len(list) != 1 {
		t.Errorf("the agency's system sees %d files, %v", len(list), err)
	}
	if _, _, body, err := x.Attachments.OpenFile(ctx, ours, c.ID, a.ID); err != nil || body.Size() == 0 {
		t.Errorf("the agency's system opens it: %v", err)
	}
	if _, _, _, err := x.Attachments.OpenFile(ctx, ours, a.ID, a.ID); fault.KindOf(err) != fault.Missing {
		t.Errorf("as a file of another case: %v", err)
	}
	other, none, few := ours, ours, ours
	other.Unit, none.Unit, few.Scopes = "fns", "", "cases:read"
	for name, who := range map[string]access.Actor{"another agency's": other, "no agency's": none, "without the scope": few} {
		_, err1 := x.Attachments.FilesOf(ctx, who, c.ID)
		_, _, _, err2 := x.Attachments.OpenFile(ctx, who, c.ID, a.ID)
		if err1 == nil || err2 == nil {
			t.Errorf("%s system: %v, %v", name, err1, err2)
		}
	}
	looks, err := audit.Looks(ctx, x.DB, c.AccountID, 100, "")
	if err != nil || !slices.ContainsFunc(looks, func(e audit.Entry) bool {
		return e.Action == "attachment.viewed" && e.Kind == access.Agent && e.Unit == c.Unit
	}) {
		t.Errorf("the person does not read that the agency's system opened it: %v", err)
	}
}
