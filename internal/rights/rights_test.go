package rights_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/alert"
	"okno/internal/audit"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring"
	"okno/internal/rights"
	"okno/internal/signin"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var ctx = context.Background()

const (
	phone = "+79123456789"
	day   = 24 * time.Hour
)

// bucket is a folder that may be away.
type bucket struct {
	files.Bucket
	away error
}

func (b *bucket) Delete(ctx context.Context, name string) error {
	if b.away != nil {
		return b.away
	}
	return b.Bucket.Delete(ctx, name)
}

// world is the identity half of the portal, one person who is signed in, and their rights. Jobs of rights wait: tests do them.
type world struct {
	*signintest.World
	*rights.Service
	clock  *storetest.Clock
	bucket *bucket
	anna   access.Actor
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		x := signintest.New(t, db)
		folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { folder.Close() }) //nolint:errcheck // the test is over
		w := &world{World: x, clock: clock, bucket: &bucket{Bucket: folder}}
		kept := &files.Store{DB: db, Ring: x.Ring, Bucket: w.bucket}
		w.Service = &rights.Service{DB: db, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Files: kept, Notices: x.Notices, Jobs: jobstest.New(t, db), Prover: x.SignIn,
			Holders: []rights.Holder{x.Accounts, x.Contacts, kept, x.Notices, x.Credentials, x.SignIn, audit.Trail{}}, Log: slog.New(slog.DiscardHandler),
			UnderWay: func(context.Context, store.Querier, string) (int, error) { return 0, nil }}
		jobs.Handle(w.Service.Jobs, w.Erase)
		jobs.Handle(w.Service.Jobs, w.Remind)
		w.anna = w.signedIn(t, x.Register(t, signintest.Visitor("anna"), phone))
		body(t, w)
	})
}

func (w *world) signedIn(t *testing.T, token string) access.Actor {
	t.Helper()
	s, err := w.Credentials.Check(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	return s.Actor()
}

// again is Anna in another browser.
func (w *world) again(t *testing.T) access.Actor {
	t.Helper()
	token, err := w.SignIn.SignIn(ctx, signintest.Visitor("tablet"), phone, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	return w.signedIn(t, token)
}

func (w *world) upload(t *testing.T, data string) files.File {
	t.Helper()
	f, err := w.Files.Put(ctx, files.New{Owner: w.anna.ID, Name: "снимок.png", Media: files.PNG, Data: []byte(data)})
	if err == nil {
		err = w.Service.DB.Write(ctx, func(tx *store.Tx) error { return w.Files.Keep(ctx, tx, f) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (w *world) bytes(t *testing.T) int {
	t.Helper()
	n := 0
	if err := w.bucket.Each(ctx, func(string, time.Time) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *world) ask(t *testing.T) rights.Erasure {
	t.Helper()
	e, err := w.Ask(ctx, w.anna, signintest.Password)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (w *world) job() rights.EraseAccount { return rights.EraseAccount{Account: w.anna.ID} }

// erased reports whether nothing of the person's opens any more.
func (w *world) erased(t *testing.T) bool {
	t.Helper()
	_, err := w.World.Accounts.Get(ctx, w.Service.DB, w.anna.ID)
	if err != nil && !errors.Is(err, keyring.ErrNoKey) {
		t.Fatal(err)
	}
	return err != nil
}

func TestACopyNeedsThePasswordAndIsOfThisSessionAndOfTheseMinutes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.Allow(ctx, w.anna, "Wrong-River-1"); !errors.Is(err, signin.ErrPassword) {
			t.Errorf("a wrong password: %v", err)
		}
		if _, err := w.Allow(ctx, access.Actor{}, signintest.Password); !errors.Is(err, access.ErrSignIn) {
			t.Errorf("nobody: %v", err)
		}
		if _, err := w.Allow(ctx, access.Actor{Kind: access.Staff, ID: "1", Role: access.Admin}, signintest.Password); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an administrator: %v", err)
		}
		exportID, err := w.Allow(ctx, w.anna, signintest.Password)
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.Export(i18n.With(ctx, i18n.EN), w.anna, exportID)
		if err != nil || len(c.Sections) < 6 {
			t.Fatalf("%+v, %v", c, err)
		}
		if _, err := w.Export(ctx, w.again(t), exportID); !errors.Is(err, rights.ErrGone) {
			t.Errorf("another session: %v", err)
		}
		w.clock.Advance(w.Service.Policy.Rights.ExportLifetime)
		if _, err := w.Export(ctx, w.anna, exportID); !errors.Is(err, rights.ErrGone) {
			t.Errorf("later: %v", err)
		}
		if last := w.Last(t, phone); !strings.Contains(last.Body, "копия всех ваших данных") {
			t.Errorf("the person is told %q", last.Body)
		}
		list, err := audit.About(ctx, w.Service.DB, w.anna.ID, 100, "")
		if made := func(e audit.Entry) bool { return e.Action == "rights.exported" && e.Own }; err != nil || !slices.ContainsFunc(list, made) {
			t.Errorf("the record: %+v, %v", list, err)
		}
	})
}

// AUTH-8: whoever says that a stranger was in the account has nothing of it given away or erased meanwhile; taking back is always possible.
func TestDuringAPauseNothingIsCopiedOrErased(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ask(t)
		err := w.Service.DB.Write(ctx, func(tx *store.Tx) error {
			token, err := alert.Tell(ctx, tx, alert.Event{Account: w.anna.ID, What: alert.Device}, tx.Now(), day)
			if err != nil {
				return err
			}
			a, err := alert.ByToken(ctx, tx, token)
			if err != nil {
				return err
			}
			_, err = alert.Disavow(ctx, tx, a, tx.Now().Add(day))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.TakeBack(ctx, w.anna); err != nil {
			t.Errorf("the erasure cannot be taken back: %v", err)
		}
		if _, err := w.Ask(ctx, w.anna, signintest.Password); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("an erasure: %v", err)
		}
		if _, err := w.Allow(ctx, w.anna, signintest.Password); !errors.Is(err, alert.ErrPaused) {
			t.Errorf("a copy: %v", err)
		}
		w.clock.Advance(day)
		if _, err := w.Allow(ctx, w.again(t), signintest.Password); err != nil {
			t.Errorf("a copy after it: %v", err)
		}
	})
}

func TestCopiesAreFewADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range w.Service.Policy.Rights.Exports.Max {
			if _, err := w.Allow(ctx, w.anna, signintest.Password); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Allow(ctx, w.anna, signintest.Password); !errors.Is(err, rights.ErrMany) {
			t.Errorf("one more: %v", err)
		}
		w.clock.Advance(day)
		if _, err := w.Allow(ctx, w.anna, signintest.Password); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}

// Whoever found an open session cannot guess the password there, nor all at once.
func TestGuessesInAnOpenSessionAreCounted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		most := w.Service.Policy.SignIn.Device.Max
		wrong, blocked := 0, 0
		var mu sync.Mutex
		var all sync.WaitGroup
		for range most + 6 {
			all.Go(func() {
				_, err := w.Ask(ctx, w.anna, "Wrong-River-1")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, signin.ErrPassword):
					wrong++
				case errors.Is(err, signin.ErrBlocked):
					blocked++
				default:
					t.Errorf("a guess: %v", err)
				}
			})
		}
		all.Wait()
		if wrong != most || blocked != 6 {
			t.Errorf("%d judged, %d blocked, want %d and 6", wrong, blocked, most)
		}
		if _, err := w.Ask(ctx, w.anna, signintest.Password); !errors.Is(err, signin.ErrBlocked) {
			t.Errorf("the right one after them: %v", err)
		}
		w.clock.Advance(day)
		w.ask(t)
	})
}

func TestACopyTakesAFixedNumberOfStatementsAndHoldsEveryFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		count := func() int64 {
			counted, n := store.Counting(ctx)
			if _, err := w.Everything(counted, w.anna.ID); err != nil {
				t.Fatal(err)
			}
			return n.Load()
		}
		w.upload(t, "one")
		few := count()
		for range 5 {
			w.upload(t, "more")
			w.again(t)
		}
		if many := count(); many != few || few == 0 {
			t.Errorf("%d statements, then %d", few, many)
		}
		c, err := w.Everything(ctx, w.anna.ID)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := c.Write(ctx, &out); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil || len(z.File) != 2+6 {
			t.Fatalf("%d entries, %v", len(z.File), err)
		}
	})
}

func TestAFileThatIsLostDoesNotKeepTheRestBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lost, kept := w.upload(t, "lost"), w.upload(t, "kept")
		if err := w.bucket.Each(ctx, func(name string, _ time.Time) error {
			if strings.HasSuffix(name, lost.ID) {
				return w.bucket.Delete(ctx, name)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		c, err := w.Everything(ctx, w.anna.ID)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := c.Write(ctx, &out); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, f := range z.File {
			names += f.Name + "\n"
		}
		if !strings.Contains(names, kept.ID+"-снимок.png\n") || !strings.Contains(names, lost.ID+"-снимок.png.txt\n") {
			t.Errorf("the copy holds\n%s", names)
		}
	})
}

func TestACopyIsJSONInOrderAndAPageWithoutScripts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if err := w.World.Accounts.SetFavourite(ctx, w.anna, `<script>alert(1)</script>`, true); err != nil {
			t.Fatal(err)
		}
		c, err := w.Everything(i18n.With(ctx, i18n.EN), w.anna.ID)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := c.Write(ctx, &out); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		read := func(name string) string {
			f, err := z.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close() //nolint:errcheck // it was only read
			var b bytes.Buffer
			if _, err := b.ReadFrom(f); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		if text := read("data.json"); !json.Valid([]byte(text)) || !strings.HasPrefix(text, `{"account":"`+w.anna.ID) {
			t.Errorf("data.json: %.200s", text)
		}
		page := read("index.html")
		for _, want := range []string{`<html lang="en">`, "Проверкина", "Simplified", "user agreement", "Favourites", "&lt;script&gt;"} {
			if !strings.Contains(page, want) {
				t.Errorf("index.html does not say %q", want)
			}
		}
		if strings.Contains(page, "<script") {
			t.Error("index.html has a script")
		}
	})
}

func TestAnErasureComesOnItsDayAndNotBefore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.upload(t, "a picture")
		e := w.ask(t)
		if want := w.Service.DB.Now().Add(w.Service.Policy.Rights.EraseAfter); !e.DueAt.Equal(want) {
			t.Errorf("due at %v, want %v", e.DueAt, want)
		}
		if again := w.ask(t); !again.DueAt.Equal(e.DueAt) {
			t.Errorf("asked twice: due at %v", again.DueAt)
		}
		if last := w.Last(t, phone); !strings.Contains(last.Body, "/cabinet/data") || !strings.Contains(last.Body, "отмените") {
			t.Errorf("the person is told %q", last.Body)
		}
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter - time.Microsecond)
		if err := w.Erase(ctx, w.job()); err == nil || w.erased(t) {
			t.Errorf("a job that comes early: %v", err)
		}
		if err := w.Sweep(ctx); err != nil || w.erased(t) {
			t.Errorf("a sweep that comes early: %v", err)
		}
		w.clock.Advance(time.Microsecond)
		for range 2 { // a job may run twice
			if err := w.Erase(ctx, w.job()); err != nil || !w.erased(t) || w.bytes(t) != 0 {
				t.Errorf("on the day: %v", err)
			}
		}
		if err := w.TakeBack(ctx, w.anna); !errors.Is(err, rights.ErrNone) {
			t.Errorf("taken back afterwards: %v", err)
		}
		if _, err := w.SignIn.SignIn(ctx, signintest.Visitor("anna"), phone, signintest.Password); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("signing in: %v", err)
		}
		fresh := w.signedIn(t, w.Register(t, signintest.Visitor("anna-2"), phone))
		if fresh.ID == w.anna.ID || w.erased(t) != true {
			t.Error("the new account is the old one")
		}
	})
}

// REG-13: what is left to nobody is not kept.
func TestAChildWhomNobodyElseCouldReachIsErasedWithTheirParent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		misha := w.signedIn(t, w.Register(t, signintest.Visitor("misha"), "+79123456700"))
		var asked []string
		w.Wards = func(_ context.Context, _ store.Querier, accounts []string) ([]string, error) {
			if asked = accounts; !slices.Contains(accounts, w.anna.ID) {
				return nil, nil
			}
			return []string{misha.ID}, nil
		}
		w.Former = func(context.Context, store.Querier, string) ([]string, error) {
			return []string{"01k0000000000000000000form"}, nil
		}
		if _, err := w.Outlook(ctx, w.anna); err != nil || !slices.Equal(asked, []string{"01k0000000000000000000form", w.anna.ID}) {
			t.Errorf("asked about %v, %v: a former account of the parent is no other parent", asked, err)
		}
		w.Former = nil
		if x, err := w.Outlook(ctx, w.anna); err != nil || x.Children != 1 {
			t.Errorf("the parent is told of %d children, %v", x.Children, err)
		}
		if x, err := w.Outlook(ctx, misha); err != nil || x.Children != 0 {
			t.Errorf("the child is told of %d children, %v", x.Children, err)
		}
		w.ask(t)
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter)
		if err := w.Erase(ctx, w.job()); err != nil || !w.erased(t) {
			t.Fatal(err)
		}
		if _, err := w.World.Accounts.Get(ctx, w.Service.DB, misha.ID); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("the child is left to nobody: %v", err)
		}
	})
}

// Which accounts go is settled when the erasure begins: whoever comes for the child in between finds that it is being erased.
func TestAnErasureThatHasBegunTakesTheChildWhoeverComesInBetween(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		misha := w.signedIn(t, w.Register(t, signintest.Visitor("misha"), "+79123456700"))
		wards := []string{misha.ID}
		w.Wards = func(_ context.Context, _ store.Querier, accounts []string) ([]string, error) {
			if !slices.Contains(accounts, w.anna.ID) {
				return nil, nil
			}
			return wards, nil
		}
		w.upload(t, "a picture")
		w.ask(t)
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter)
		w.bucket.away = errors.New("the store of files is away")
		if err := w.Erase(ctx, w.job()); !errors.Is(err, w.bucket.away) {
			t.Fatal(err)
		}
		if begun, err := w.Begun(ctx, w.Service.DB, misha.ID); err != nil || !begun {
			t.Errorf("nobody can tell that the child's account goes: %v", err)
		}
		w.bucket.away, wards = nil, nil // the other parent has joined
		if err := errors.Join(w.Erase(ctx, w.job()), w.Sweep(ctx)); err != nil || !w.erased(t) {
			t.Fatal(err)
		}
		if _, err := w.World.Accounts.Get(ctx, w.Service.DB, misha.ID); !errors.Is(err, keyring.ErrNoKey) {
			t.Errorf("the child's account stays without its files: %v", err)
		}
	})
}

func TestTheAccountThatJoinsThePersonsWhileFilesAreDestroyedLosesItsOwnToo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		misha := w.signedIn(t, w.Register(t, signintest.Visitor("misha"), "+79123456700"))
		asked := 0
		w.Former = func(context.Context, store.Querier, string) ([]string, error) {
			if asked++; asked == 1 {
				return nil, nil // it was taken over only then
			}
			return []string{misha.ID}, nil
		}
		w.ask(t)
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter)
		if err := w.Erase(ctx, w.job()); err == nil || w.erased(t) {
			t.Fatalf("rows went whose files are there: %v", err)
		}
		if err := w.Erase(ctx, w.job()); err != nil || !w.erased(t) {
			t.Fatal(err)
		}
	})
}

func TestTheSweepErasesWhomTheQueueHasLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ask(t)
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter)
		if err := w.Sweep(ctx); err != nil || !w.erased(t) {
			t.Errorf("%v", err)
		}
	})
}

func TestAnErasureThatWasTakenBackNeverBegins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ask(t)
		w.clock.Advance(day)
		if err := w.TakeBack(ctx, w.again(t)); err != nil {
			t.Fatal(err)
		}
		if err := w.TakeBack(ctx, w.anna); !errors.Is(err, rights.ErrNone) {
			t.Errorf("twice: %v", err)
		}
		w.clock.Advance(30 * day)
		if err := errors.Join(w.Erase(ctx, w.job()), w.Sweep(ctx)); err != nil || w.erased(t) {
			t.Errorf("%v", err)
		}
		// Asked again: the job of the first asking, which is still in the queue, waits for the new day.
		e := w.ask(t)
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter - day)
		if err := w.Erase(ctx, w.job()); err == nil || w.erased(t) {
			t.Errorf("the first asking's job: %v", err)
		}
		if _, waits, err := w.Pending(ctx, w.Service.DB, w.anna.ID); !waits || err != nil || e.DueAt.IsZero() {
			t.Errorf("nothing waits: %v", err)
		}
	})
}

func TestThePersonIsRemindedOnceForEachAsking(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		count := func() int {
			jobstest.Settle(t, w.World.Jobs)
			n := 0
			for _, m := range w.Outbox.To(phone) {
				if strings.Contains(m.Body, "Напоминаем") {
					n++
				}
			}
			return n
		}
		remind := func() {
			if err := w.Remind(ctx, rights.RemindOfErasure{Account: w.anna.ID}); err != nil {
				t.Fatal(err)
			}
		}
		remind()
		w.ask(t)
		remind()
		if n := count(); n != 0 {
			t.Errorf("%d reminders at once", n)
		}
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter - w.Service.Policy.Rights.RemindBefore)
		remind()
		remind()
		if n := count(); n != 1 {
			t.Errorf("%d reminders, want 1", n)
		}
		w.clock.Advance(30 * day)
		remind() // too late to be of use
		if n := count(); n != 1 {
			t.Errorf("%d reminders, want 1", n)
		}
	})
}

// Until then whoever had the account that was taken over can get it back.
func TestAnErasureWaitsUntilNoTakeoverCanBeUndoneAndTheFormerOwnerIsTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const theirs = "+79123456700"
		boris := w.signedIn(t, w.Register(t, signintest.Visitor("boris"), theirs))
		final := w.Service.DB.Now().Add(w.Service.Policy.Takeover.Undo)
		w.Takeovers = func(_ context.Context, q store.Querier, accountID string) ([]rights.Takeover, error) {
			if accountID != w.anna.ID || q.Now().After(final) {
				return nil, nil
			}
			return []rights.Takeover{{Old: boris.ID, Number: "7KQ2-M9XA", Until: final}}, nil
		}
		if x, err := w.Outlook(ctx, w.anna); err != nil || !x.Held || !x.Day.Equal(final) {
			t.Errorf("before it is asked for: %+v, %v", x, err)
		}
		if e := w.ask(t); !e.Held || !e.DueAt.Equal(final) {
			t.Errorf("due at %v, want %v", e.DueAt, final)
		}
		if last := w.Last(t, phone); !strings.Contains(last.Body, "раньше нельзя") {
			t.Errorf("the person does not read why: %q", last.Body)
		}
		if last := w.Last(t, theirs); !strings.Contains(last.Body, "7KQ2-M9XA") || !strings.Contains(last.Body, w.Service.Policy.Hotline.Phone) {
			t.Errorf("the former owner is told %q", last.Body)
		}
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter)
		if err := w.Erase(ctx, w.job()); err == nil || w.erased(t) {
			t.Errorf("on the day without a takeover: %v", err)
		}
		w.clock.Advance(final.Sub(w.clock.Now()))
		if err := w.Erase(ctx, w.job()); err != nil || !w.erased(t) {
			t.Errorf("when it is final: %v", err)
		}
	})
}

func TestAnErasureThatWasInterruptedIsFinishedAndCannotBeTakenBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.upload(t, "a picture")
		w.ask(t)
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter)
		w.bucket.away = errors.New("the store of files is away")
		if err := w.Erase(ctx, w.job()); !errors.Is(err, w.bucket.away) || w.erased(t) {
			t.Fatalf("while the store is away: %v", err)
		}
		if err := w.TakeBack(ctx, w.anna); !errors.Is(err, rights.ErrNone) {
			t.Errorf("one that is begun is taken back: %v", err)
		}
		w.bucket.away = nil
		if err := w.Erase(ctx, w.job()); err != nil || !w.erased(t) || w.bytes(t) != 0 {
			t.Errorf("%v", err)
		}
	})
}

func TestOfTakingBackAndErasingAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ask(t)
		w.clock.Advance(w.Service.Policy.Rights.EraseAfter)
		var back, done error
		var all sync.WaitGroup
		all.Go(func() { back = w.TakeBack(ctx, w.anna) })
		all.Go(func() { done = w.Erase(ctx, w.job()) })
		all.Wait()
		gone, err := w.Erased(ctx)
		if err != nil || done != nil {
			t.Fatal(err, done)
		}
		kept := back == nil
		if kept == w.erased(t) || kept != (len(gone) == 0) {
			t.Errorf("taken back: %v; erased: %v, %v", back, w.erased(t), gone)
		}
	})
}

func TestAfterAnOlderBackupTheyAreErasedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.upload(t, "a picture")
		w.ask(t) // the backup was made while the erasure waited
		n, err := w.Again(ctx, []string{w.anna.ID, "01kqzv3t9m8x0000000000000a"})
		if n != 1 || err != nil || !w.erased(t) || w.bytes(t) != 0 {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := w.Again(ctx, []string{w.anna.ID}); n != 0 || err != nil {
			t.Errorf("a second time: %d, %v", n, err)
		}
		if gone, err := w.Erased(ctx); err != nil || len(gone) != 1 || gone[0] != w.anna.ID {
			t.Errorf("%v, %v", gone, err)
		}
	})
}
