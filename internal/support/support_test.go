package support_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/connector/clamd"
	"okno/internal/connector/clamd/clamdtest"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/jobs"
	"okno/internal/jobs/jobstest"
	"okno/internal/keyring"
	"okno/internal/keyring/keyringtest"
	"okno/internal/signin/signintest"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/support"
)

var desk = access.Actor{Kind: access.Staff, ID: "e1", Role: access.Support, Unit: "support"}

// png begins like a picture, which is what files are told apart by.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00")

type world struct {
	*signintest.World
	*support.Service
}

func each(t *testing.T, body func(t *testing.T, x world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { body(t, build(t, db)) })
}

// timed is each with a clock that the body moves.
func timed(t *testing.T, body func(t *testing.T, x world, clock *storetest.Clock)) {
	t.Helper()
	storetest.Clocked(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) { body(t, build(t, db), clock) })
}

func build(t *testing.T, db *store.DB) world {
	t.Helper()
	w := signintest.New(t, db)
	folder, err := files.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() }) //nolint:errcheck // the folder goes with the test
	queue := jobstest.New(t, db)         // takes the job that tells a visitor; the tests do it themselves
	s := &support.Service{DB: db, Ring: w.Ring, Policy: w.Policy, Accounts: w.Accounts, Notices: w.Notices, Files: &files.Store{DB: db, Ring: w.Ring, Bucket: folder}, Jobs: queue}
	jobs.Handle(queue, s.Deliver)
	return world{w, s}
}

// person is somebody with an account.
func (x world) person(t *testing.T, to string) access.Actor {
	t.Helper()
	s, err := x.Credentials.Check(context.Background(), x.Register(t, signintest.Visitor(to), to))
	if err != nil {
		t.Fatal(err)
	}
	return s.Actor()
}

func question(text string) support.New {
	return support.New{ID: id.New(), Text: text, Page: "/services/x?snils=1", Browser: "b", Lang: i18n.RU}
}

func TestAPersonAsksAndIsAnswered(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		ctx := context.Background()
		who, other := x.person(t, "+79120000001"), x.person(t, "+79120000002")
		n := question("Не открывается справка")
		n.Files = []support.Upload{{Name: "экран.png", Data: png}}
		q, err := x.Ask(ctx, who, n)
		if err != nil {
			t.Fatal(err)
		}
		again, err := x.Ask(ctx, who, n)
		if err != nil || again.ID != q.ID {
			t.Fatalf("the form sent twice: %v %v", again.ID, err)
		}
		if _, err := x.Get(ctx, other, q.ID, x.Token(q.ID)); !errors.Is(err, support.ErrMissing) {
			t.Errorf("another person with the secret part reads it: %v", err)
		}
		seen, err := x.Look(ctx, desk, q.ID)
		if err != nil || len(seen.Files) != 1 || len(seen.Messages) != 1 || seen.Page != "/services/x" {
			t.Fatalf("the desk sees %d files, %d messages, page %s: %v", len(seen.Files), len(seen.Messages), seen.Page, err)
		}
		if _, _, err := x.File(ctx, desk, q.ID, "", seen.Files[0].ID); err != nil {
			t.Fatal(err)
		}
		if looks, err := audit.Looks(ctx, x.World.DB, who.ID, 1, ""); err != nil || len(looks) != 1 || looks[0].Action != "support.file_opened" {
			t.Errorf("opening the file is not on the person's record: %+v, %v", looks, err)
		}
		list, err := x.Queue(ctx, desk, support.Open, 10)
		if err != nil || len(list) != 1 || list[0].Contact != "" || list[0].Messages != nil {
			t.Errorf("the list shows what is personal: %+v, %v", list, err)
		}
		if err := x.Answer(ctx, desk, q.ID, " Починили "); err != nil {
			t.Fatal(err)
		}
		mine, err := x.Get(ctx, who, q.ID, "")
		if err != nil || mine.State != support.Answered || mine.Messages[1].Text != "Починили" || !mine.Messages[1].ByDesk {
			t.Errorf("after the answer: %+v, %v", mine, err)
		}
		if got := x.Last(t, "+79120000001"); !strings.Contains(got.Body, q.Number) {
			t.Errorf("the person is told %q", got.Body)
		}
		record, err := audit.About(ctx, x.World.DB, who.ID, 50, "")
		if err != nil || !slices.ContainsFunc(record, func(e audit.Entry) bool {
			return e.Action == "support.viewed" && e.Role == access.Support && e.Object == "question/"+q.ID
		}) {
			t.Errorf("the look of the desk is not on the person's record: %+v, %v", record, err)
		}
		if err := x.Reply(ctx, who, q.ID, "", "Всё равно нет"); err != nil {
			t.Fatal(err)
		}
		if list, err := x.Queue(ctx, desk, support.Open, 10); err != nil || len(list) != 1 {
			t.Errorf("a reply does not bring it back: %d, %v", len(list), err)
		}
		if err := x.Close(ctx, desk, q.ID); err != nil {
			t.Fatal(err)
		}
		if err := x.Reply(ctx, who, q.ID, "", "Ещё"); !errors.Is(err, support.ErrClosed) {
			t.Errorf("a reply to a closed question: %v", err)
		}
	})
}

func TestAVisitorComesBackByTheSecretPart(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		ctx := context.Background()
		n := question("Не приходит код")
		n.Contact = "visitor@okno.example"
		q, err := x.Ask(ctx, access.Actor{}, n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Get(ctx, access.Actor{}, q.ID, ""); !errors.Is(err, support.ErrMissing) {
			t.Errorf("without the secret part: %v", err)
		}
		if got, err := x.Get(ctx, access.Actor{}, q.ID, x.Token(q.ID)); err != nil || got.Contact != n.Contact {
			t.Errorf("with it: %v", err)
		}
		stranger := n
		stranger.Text = "Что здесь?"
		if _, err := x.Ask(ctx, access.Actor{}, stranger); !errors.Is(err, support.ErrMissing) {
			t.Errorf("the id alone leads a stranger in: %v", err)
		}
		if err := x.Answer(ctx, desk, q.ID, "Отправили снова"); err != nil {
			t.Fatal(err)
		}
		if err := x.Deliver(ctx, support.AnswerReady{Question: q.ID, Nth: 1}); err != nil {
			t.Fatal(err)
		}
		all := x.Outbox.To(n.Contact)
		if len(all) != 1 || !strings.Contains(all[0].Body, x.Token(q.ID)) || strings.Contains(all[0].Body, "Отправили снова") {
			t.Errorf("the letter must hold the link and not the answer: %+v", all)
		}
	})
}

func TestWhatIsWrongWithAQuestionIsSaid(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		large := append(slices.Clone(png), make([]byte, int64(x.World.Policy.Uploads.MaxSize))...)
		many := slices.Repeat([]support.Upload{{Name: "a.png", Data: png}}, x.World.Policy.Uploads.Count+1)
		for _, c := range []struct {
			name, field, key string
			spoil            func(n *support.New)
		}{
			{"no text", "text", "support.text_missing", func(n *support.New) { n.Text = " \n" }},
			{"a long text", "text", "support.text_long", func(n *support.New) { n.Text = strings.Repeat("я", x.World.Policy.Support.MaxText+1) }},
			{"a text file", "files", "support.file_type", func(n *support.New) { n.Files = []support.Upload{{Name: "a.png", Data: []byte("text")}} }},
			{"a large file", "files", "support.file_large", func(n *support.New) { n.Files = []support.Upload{{Name: "a.png", Data: large}} }},
			{"many files", "files", "support.files_many", func(n *support.New) { n.Files = many }},
			{"no contact", "contact", "", func(n *support.New) { n.Contact = "anna@" }},
			{"a type that the office does not take", "files", "support.file_type", func(n *support.New) {
				x.World.Policy.Uploads.Types = []string{"image/jpeg"}
				n.Files = []support.Upload{{Name: "a.png", Data: png}}
			}},
		} {
			n := question("Вопрос")
			c.spoil(&n)
			_, err := x.Ask(context.Background(), access.Actor{}, n)
			f, ok := fault.Of(err)
			if !ok || len(f.Fields) != 1 || f.Fields[0].Name != c.field || (c.key != "" && f.Fields[0].Key != c.key) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	})
}

func TestOneBrowserAsksSoOftenADay(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		x.World.Policy.Support.QuestionsPer.Max = 2
		for range 2 {
			if _, err := x.Ask(context.Background(), access.Actor{}, question("Вопрос")); err != nil {
				t.Fatal(err)
			}
		}
		_, err := x.Ask(context.Background(), access.Actor{}, question("Вопрос"))
		if f, ok := fault.Of(err); !errors.Is(err, support.ErrMany) || !ok || f.RetryAt.Before(time.Now()) {
			t.Errorf("the third question: %v", err)
		}
	})
}

func TestOnlyTheSupportDeskReadsQuestions(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		ctx := context.Background()
		q, err := x.Ask(ctx, access.Actor{}, question("Вопрос"))
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []access.Actor{{}, {Kind: access.Person, ID: "p"}, {Kind: access.Staff, ID: "o", Role: access.Officer}, {Kind: access.Staff, ID: "c", Role: access.Centre}} {
			_, look := x.Look(ctx, who, q.ID)
			_, queue := x.Queue(ctx, who, support.Open, 1)
			_, peek := x.Peek(ctx, who, q.ID)
			for i, err := range []error{look, queue, peek, x.Answer(ctx, who, q.ID, "Ответ"), x.Close(ctx, who, q.ID)} {
				if !errors.Is(err, access.ErrDenied) && !errors.Is(err, access.ErrSignIn) {
					t.Errorf("%s %s, deed %d: %v", who.Kind, who.Role, i, err)
				}
			}
		}
	})
}

func TestAnInfectedFileIsRefusedAndAScannerThatIsAwayAsksToComeBack(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		ctx := context.Background()
		who := x.person(t, "+79120000009")
		d := clamdtest.Start(t)
		scanner, err := clamd.New(clamd.Config{Addr: d.TCP})
		if err != nil {
			t.Fatal(err)
		}
		x.Service.Files.Scanner = scanner
		ask := func(data []byte) (support.Question, error) {
			n := question("Не открывается")
			n.Files = []support.Upload{{Name: "экран.png", Data: data}}
			return x.Ask(ctx, who, n)
		}
		refused := func(err error, key string) {
			t.Helper()
			var f *fault.Error
			if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Key != key {
				t.Errorf("%v, want %s", err, key)
			}
		}
		_, err = ask(slices.Concat(png, []byte(clamdtest.EICAR())))
		refused(err, "support.file_infected")
		if all, err := x.Mine(ctx, who, 10); err != nil || len(all) != 0 {
			t.Errorf("%d questions are left behind: %v", len(all), err)
		}
		q, err := ask(png)
		if err != nil {
			t.Fatal(err)
		}
		if q, err = x.Get(ctx, who, q.ID, ""); err != nil || len(q.Files) != 1 || q.Files[0].Unscanned {
			t.Errorf("a healthy file: %+v, %v", q.Files, err)
		}
		d.Stop()
		_, err = ask(png)
		refused(err, "support.file_unscanned")
		x.Service.Files.AcceptUnscanned = true
		if q, err = ask(png); err != nil {
			t.Fatal(err)
		}
		if q, err = x.Get(ctx, who, q.ID, ""); err != nil || len(q.Files) != 1 || !q.Files[0].Unscanned {
			t.Errorf("a file taken while the scanner is away: %+v, %v", q.Files, err)
		}
	})
}

// The address in a visitor's hands is derived from the index root, and outlives it.
func TestAVisitorsAddressOutlivesTheRootItWasMadeUnder(t *testing.T) {
	each(t, func(t *testing.T, x world) {
		ctx := t.Context()
		n := question("Не приходит код")
		n.Contact = "visitor@okno.example"
		q, err := x.Ask(ctx, access.Actor{}, n)
		if err != nil {
			t.Fatal(err)
		}
		token := x.Token(q.ID)
		rotation := keyringtest.NewRoot(t, x.World.DB, x.World.Ring)
		come := func(when string) {
			t.Helper()
			for _, address := range []string{token, x.Token(q.ID)} {
				if _, err := x.Get(ctx, access.Actor{}, q.ID, address); err != nil {
					t.Errorf("%s: %v", when, err)
				}
			}
			for _, wrong := range []string{"", x.Token("another"), token + "x"} {
				if _, err := x.Get(ctx, access.Actor{}, q.ID, wrong); !errors.Is(err, support.ErrMissing) {
					t.Errorf("%s: %q opens it: %v", when, wrong, err)
				}
			}
		}
		come("a new root is in force")
		if err := rotation.Retire(ctx, keyring.Which{Index: true}); err != nil {
			t.Fatal(err)
		}
		if changed, err := x.World.Ring.Reload(); !changed || err != nil {
			t.Fatal(changed, err)
		}
		if x.World.Ring.IsToken("support.question", q.ID, token) {
			t.Fatal("the old root is not gone")
		}
		come("the old root is gone")
	})
}
