package application_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"okno/internal/application"
	"okno/internal/jobs"
)

// An upheld complaint keeps the head from a case that they decided, and a dismissed colleague can have none: the preview says of each case
// what the deed then says.
func TestThePreviewOfABatchSaysTheSameAsTheDeedOfWhoIsKeptFromACase(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		jobs.Handle(x.Service.Jobs, x.RunBatch)
		back := x.refused(t, x.ivan) // ivan's decision is set aside
		x.complain(t, back.ID, application.AgainstRefusal)
		if _, err := x.Judge(ctx, x.head, back.ID, application.Ruling{Uphold: true, Reasons: "Верно", Note: "Снова", To: x.olga.ID}); err != nil {
			t.Fatal(err)
		}
		other := x.filed(t, extract)
		if _, err := x.Take(ctx, x.olga, other.ID); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			d    application.Doing
			want application.Result
			rest application.Result
		}{
			"to the first officer":    {application.Doing{Deed: application.Assigned, Officer: x.ivan.ID}, "complaint.first", application.Done},
			"to whoever has it":       {application.Doing{Deed: application.Assigned, Officer: x.olga.ID}, "application.moved", "application.moved"},
			"to another agency":       {application.Doing{Deed: application.Assigned, Officer: x.stranger.ID}, "application.colleague", "application.colleague"},
			"back into the queue":     {application.Doing{Deed: application.Released}, application.Done, application.Done},
			"a move that is not ours": {application.Doing{Event: "take"}, "application.moved", "application.moved"},
		} {
			for _, id := range []string{back.ID, other.ID} { // as it is before each
				if now := x.get(t, id); now.Officer != x.olga.ID {
					var err error
					if now.Officer == "" {
						_, err = x.Take(ctx, x.olga, id)
					} else {
						_, err = x.Assign(ctx, x.head, id, application.Handing{To: x.olga.ID})
					}
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
				}
			}
			id, err := x.Plan(ctx, x.head, c.d, []string{back.ID, other.ID})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			results := func() string {
				b, err := x.Batch(ctx, x.head, id)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				out := map[string]application.Result{}
				for _, one := range b.Cases {
					out[one.Case.ID] = one.Result
				}
				return fmt.Sprintf("%s and %s", out[back.ID], out[other.ID])
			}
			before := results()
			if err := errors.Join(x.Start(ctx, x.head, id), x.RunBatch(ctx, application.DoBatch{Batch: id})); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want := fmt.Sprintf("%s and %s", c.want, c.rest); before != want || results() != want {
				t.Errorf("%s: the preview says %s, the deed %s, want %s", name, before, results(), want)
			}
		}
	})
}

// The head's own decision was set aside, and the head moves many cases at once.
func TestTheHeadWhoseDecisionWasSetAsideIsToldSoBeforeTheBatchBegins(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		jobs.Handle(x.Service.Jobs, x.RunBatch)
		for _, service := range []string{extract, second} {
			c := x.filed(t, service)
			if _, err := x.Take(ctx, x.olga, c.ID); err != nil {
				t.Fatal(err)
			}
			if err := x.bar(t, c.ID, x.head.ID); err != nil {
				t.Fatal(err)
			}
			id, err := x.Plan(ctx, x.head, application.Doing{Event: "approve"}, []string{c.ID})
			if err != nil {
				t.Fatal(err)
			}
			for _, when := range []string{"the preview", "the deed"} {
				b, err := x.Batch(ctx, x.head, id)
				if err != nil || b.Cases[0].Result != "complaint.first" {
					t.Errorf("%s of %s says %v, %v", when, service, b.Cases, err)
				}
				if err := errors.Join(x.Start(ctx, x.head, id), x.RunBatch(ctx, application.DoBatch{Batch: id})); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := x.Proposal(ctx, x.olga, c.ID); !errors.Is(err, application.ErrNoProposal) {
				t.Errorf("%s: whoever may not decide proposed: %v", service, err)
			}
		}
	})
}

// bar is an upheld complaint about a decision of the officer, as the rules find it.
func (x bureau) bar(t *testing.T, caseID, officer string) error {
	t.Helper()
	now := x.Service.DB.Now()
	_, err := x.Service.DB.Writer().ExecContext(ctx, `INSERT INTO complaint (id, application_id, unit, version, ground, state, barred, handler, content, made_at, due_at, decided_at)
		VALUES ($1, $1, 'rosreestr', 0, 'refusal', 'upheld', $2, '', $3, $4, $4, $4)`, caseID, officer, []byte{0}, now)
	return err
}

// A page at the desk shows who has the case; when that is no longer so, what is pressed on it is not done.
func TestAPageFromBeforeACaseWasHandedOverDoesNothing(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.filed(t, extract)
		if _, err := x.Take(ctx, x.ivan, c.ID); err != nil {
			t.Fatal(err)
		}
		shown := x.get(t, c.ID)
		if _, err := x.Assign(ctx, x.head, c.ID, application.Handing{To: x.olga.ID, Version: shown.Version, News: &shown.News}); err != nil {
			t.Fatal(err)
		}
		now := x.get(t, c.ID)
		if now.Version != shown.Version || now.News == shown.News || !now.DueAt.Equal(shown.DueAt) {
			t.Errorf("version %d after %d, news %d after %d", now.Version, shown.Version, now.News, shown.News)
		}
		for name, do := range map[string]func() error{
			"decides": func() error {
				_, err := x.Do(ctx, x.ivan, c.ID, application.Act{Event: "approve", Version: shown.Version, News: &shown.News})
				return err
			},
			"hands over": func() error {
				_, err := x.Assign(ctx, x.head, c.ID, application.Handing{To: x.ivan.ID, Version: shown.Version, News: &shown.News})
				return err
			},
			"puts back": func() error {
				_, err := x.Release(ctx, x.head, c.ID, application.Handing{Version: shown.Version, News: &shown.News})
				return err
			},
		} {
			if err := do(); !errors.Is(err, application.ErrMoved) {
				t.Errorf("an old page %s: %v", name, err)
			}
		}
		if _, err := x.Do(ctx, x.olga, c.ID, application.Act{Event: "approve", Version: now.Version, News: &now.News}); err != nil {
			t.Errorf("the page of now: %v", err)
		}
	})
}

// Whoever follows the agency's cases, a page or a system, sees that there is a complaint about one.
func TestAComplaintIsNewsOfItsCase(t *testing.T) {
	desked(t, func(t *testing.T, x bureau) {
		c := x.refused(t, x.ivan)
		list := func() application.Case {
			t.Helper()
			found, err := x.Find(ctx, x.olga, application.Filter{Number: c.Number, Turn: application.Any, Sort: application.Newest}, nil, 10)
			if err != nil || len(found.Cases) != 1 {
				t.Fatalf("%d cases, %v", len(found.Cases), err)
			}
			return found.Cases[0]
		}
		before := list()
		x.clock.Advance(time.Hour)
		x.complain(t, c.ID, application.AgainstRefusal)
		made := list()
		if made.News == before.News || made.Version != before.Version || !made.ChangedAt().After(before.ChangedAt()) {
			t.Errorf("after a complaint news %d and version %d of %s, before it %d and %d of %s", made.News, made.Version, made.ChangedAt(), before.News, before.Version, before.ChangedAt())
		}
		walked, _, err := x.Changed(ctx, x.olga, application.ChangeFilter{After: application.Since(before.ChangedAt()), Most: 10})
		if err != nil || len(walked) != 1 || walked[0].ID != c.ID || !walked[0].ChangedAt().Equal(x.Service.DB.Now()) {
			t.Errorf("a system that walks on finds %d cases, %v", len(walked), err)
		}
		x.clock.Advance(time.Hour)
		if _, err := x.Judge(ctx, x.head, c.ID, application.Ruling{Reasons: "Всё верно"}); err != nil {
			t.Fatal(err)
		}
		if now := list(); now.News == made.News || !now.ChangedAt().After(made.ChangedAt()) {
			t.Errorf("what was decided on it is no news")
		}
	})
}
