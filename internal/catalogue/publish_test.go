package catalogue

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"okno/internal/access"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

var (
	ctx = context.Background()
	sys = access.SystemActor()
)

const (
	extract      = "rosreestr.extract"
	builtInTitle = "Extract from the property register"
	titleLine    = "\ntitle: {ru: Выписка из реестра недвижимости, en: " + builtInTitle + "}\n"
)

// source is a built-in file with some of its texts replaced by others.
func source(t testing.TB, file string, oldnew ...string) Source {
	t.Helper()
	files, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	src, err := fs.ReadFile(files, file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("%s has no %q", file, oldnew[i])
		}
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	return Source{File: file, Content: []byte(text)}
}

func titled(t testing.TB, title string) Source {
	return source(t, "property-extract.yaml", titleLine, strings.Replace(titleLine, builtInTitle, title, 1))
}

func published(t *testing.T, c *Catalogue, db *store.DB, why Why, sources ...Source) []Outcome {
	t.Helper()
	out, err := c.Publish(ctx, sys, db, why, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func title(t *testing.T, c *Catalogue, code string) string {
	t.Helper()
	d, ok := c.ByCode(code)
	if !ok {
		return "none"
	}
	if bySlug, _ := c.BySlug(d.Slug); bySlug != d {
		t.Errorf("%s is not the one at its address", code)
	}
	return d.Title.EN
}

// A command publishes on a database beside two nodes that serve; it ends at once, and its news may be lost.
func TestAPublicationReachesEveryRunningNodeWithinASecond(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, e store.Engine) {
		dsn := storetest.DSN(t, e)
		open := func() *store.DB {
			db, err := store.Open(ctx, dsn, store.Options{MaxConns: 4})
			if err != nil {
				t.Fatal(err)
			}
			return db
		}
		first := open()
		defer first.Close() //nolint:errcheck // the test is over
		if err := first.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		serving, stop := context.WithCancel(ctx)
		var nodes []*Catalogue
		var running sync.WaitGroup
		for _, db := range []*store.DB{first, open()} {
			c := builtIn(t)
			nodes = append(nodes, c)
			running.Go(func() {
				c.Follow(serving, db, slog.New(slog.DiscardHandler))
				if db != first {
					db.Close() //nolint:errcheck // as above
				}
			})
		}
		defer func() { stop(); running.Wait() }()
		best := time.Hour
		for _, want := range []string{"Extract first", "Extract second", "Extract third"} {
			beside := open()
			published(t, builtIn(t), beside, Why{Note: "another title"}, titled(t, want))
			began := time.Now()
			if err := beside.Close(); err != nil {
				t.Fatal(err)
			}
			for _, c := range nodes {
				for title(t, c, extract) != want {
					if time.Since(began) > 20*time.Second {
						t.Fatalf("a node still says %q", title(t, c, extract))
					}
					time.Sleep(5 * time.Millisecond)
				}
				if found := c.Search(want, 5); len(found) == 0 || found[0].Service.Code != extract {
					t.Errorf("the search does not find %q", want)
				}
			}
			best = min(best, time.Since(began))
		}
		if best > time.Second {
			t.Errorf("it took %s at best", best)
		}
	})
}

func TestWhatIsPublishedWinsOverFilesAndEveryVersionCanBeGoneBackTo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mine := titled(t, "Extract of the folder")
		c, err := Load(fstest.MapFS{"mine.yaml": {Data: mine.Content}})
		if err != nil {
			t.Fatal(err)
		}
		if got := title(t, c, extract); got != "Extract of the folder" {
			t.Fatalf("the folder's file does not win over the built-in one: %s", got)
		}
		out := published(t, c, db, Why{Note: "one", By: "ivanova"}, titled(t, "Extract one"))
		if len(out) != 1 || out[0].Class != procedure.Wording || len(out[0].Changes) != 1 || out[0].Same {
			t.Errorf("the first: %+v", out)
		}
		one := out[0].Version
		published(t, c, db, Why{Note: "two"}, titled(t, "Extract two"))
		if got := title(t, c, extract); got != "Extract two" {
			t.Errorf("published: %s", got)
		}
		if out := published(t, c, db, Why{}, titled(t, "Extract two")); !out[0].Same || len(out[0].Changes) != 0 {
			t.Errorf("what is in force was published again: %+v", out)
		}
		if _, err := c.GoBack(ctx, sys, db, Why{Note: "back"}, extract, one[:12]); err != nil {
			t.Fatal(err)
		}
		if got := title(t, c, extract); got != "Extract one" {
			t.Errorf("gone back: %s", got)
		}
		if _, err := c.GoBack(ctx, sys, db, Why{Note: "back"}, extract, "ffffff"); !errors.Is(err, ErrUnknown) {
			t.Errorf("a version that never was: %v", err)
		}
		if _, err := c.Unpublish(ctx, sys, db, Why{}, extract); !errors.Is(err, ErrNoNote) {
			t.Errorf("taken back without a word: %v", err)
		}
		if out, err := c.Unpublish(ctx, sys, db, Why{Note: "enough"}, extract); err != nil || out.Gone || out.Class != procedure.Wording {
			t.Fatalf("taken back: %+v %v", out, err)
		}
		if got := title(t, c, extract); got != "Extract of the folder" {
			t.Errorf("taken back: %s", got)
		}
		if _, err := c.Unpublish(ctx, sys, db, Why{Note: "enough"}, extract); !errors.Is(err, ErrUnpublished) {
			t.Errorf("taken back twice: %v", err)
		}
		acts, err := c.History(ctx, sys, db, extract)
		if err != nil || len(acts) != 4 || acts[0].Version != "" || acts[1].Version != one || acts[3].Version != one || acts[3].By != "ivanova" || acts[2].Note != "two" || acts[3].At.IsZero() {
			t.Errorf("history: %+v %v", acts, err)
		}
		if d, err := c.At(ctx, db, extract, one[:8]); err != nil || d.Title.EN != "Extract one" {
			t.Errorf("an earlier version is not found: %v", err)
		}
		if d, err := c.At(ctx, db, extract, ""); err != nil || d.Title.EN != "Extract of the folder" {
			t.Errorf("the one in force is not found: %v", err)
		}
		var n int
		if err := db.QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE action IN ('catalogue.published', 'catalogue.unpublished') AND object = 'service/rosreestr.extract'`).Scan(&n); err != nil || n != 4 {
			t.Errorf("%d acts are recorded, %v", n, err)
		}
	})
}

func TestABreakingChangeIsPublishedOnlyForAReason(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		higher := source(t, "snils.yaml", "slug: snils", "slug: snils-card")
		out, err := c.Publish(ctx, sys, db, Why{Note: "another address"}, titled(t, "Extract one"), higher)
		if !errors.Is(err, ErrBreaking) || len(out) != 2 || out[1].Class != procedure.Breaking {
			t.Fatalf("%+v %v", out, err)
		}
		if got := title(t, c, extract); got == "Extract one" {
			t.Error("the harmless one of two was published")
		}
		published(t, c, db, Why{Note: "another address", Breaking: "the old one is printed nowhere"}, titled(t, "Extract one"), higher)
		if _, ok := c.BySlug("snils-card"); !ok {
			t.Error("it is not published")
		}
		acts, err := c.History(ctx, sys, db, "sfr.snils")
		if err != nil || len(acts) != 1 || acts[0].Note != "another address; the old one is printed nowhere" || acts[0].Class != procedure.Breaking {
			t.Errorf("%+v %v", acts, err)
		}
		if acts, err := c.History(ctx, sys, db, extract); err != nil || acts[0].Note != "another address" {
			t.Errorf("a harmless change is said to break something: %+v %v", acts, err)
		}
	})
}

// A service that only was published is gone when it is taken back: that breaks something for everybody who looks for it.
func TestAServiceIsTakenAwayOnlyForAReason(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		out := published(t, c, db, Why{}, Source{"new.yaml", []byte(page(7))})
		if out[0].Class != "" || title(t, c, "town.page-7") == "none" {
			t.Errorf("a new service: %+v", out)
		}
		if out, err := c.Unpublish(ctx, sys, db, Why{Note: "over"}, "town.page-7"); !errors.Is(err, ErrBreaking) || !out.Gone {
			t.Errorf("%+v %v", out, err)
		}
		if _, err := c.Unpublish(ctx, sys, db, Why{Breaking: "the town gives it no more"}, "town.page-7"); err != nil {
			t.Fatal(err)
		}
		if got := title(t, c, "town.page-7"); got != "none" {
			t.Errorf("it is still there: %s", got)
		}
	})
}

func TestWhatDoesNotFitIsRefusedWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		c.Fits = func(d *procedure.Definition) error {
			for _, r := range d.Registers() {
				if r != "rosreestr.extract" {
					return errors.New("nobody answers as " + r)
				}
			}
			return nil
		}
		for name, tt := range map[string]struct {
			spoilt Source
			want   string
		}{
			"a mistake":                {source(t, "snils.yaml", "slug:", "slugg:"), `snils.yaml:4:1: the definition has no "slug"`},
			"another's slug":           {source(t, "snils.yaml", "slug: snils", "slug: property-extract"), "the slug property-extract is that of"},
			"another name of an owner": {Source{"town.yaml", []byte(strings.Replace(page(1), "code: town", "code: mvd", 2))}, "the owner mvd has another name in"},
			"no such life situation":   {Source{"town.yaml", []byte(strings.Replace(page(1), "[documents]", "[dokuments]", 1))}, `there is no life situation "dokuments"`},
			"a register that is not":   {source(t, "income-certificate.yaml"), "nobody answers as fns.income"},
			"one service twice":        {titled(t, "Extract other"), "the code rosreestr.extract is that of property-extract.yaml already"},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := c.Publish(ctx, sys, db, Why{Breaking: "come what may"}, titled(t, "Extract one"), tt.spoilt)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v", err)
				}
				if got := title(t, c, extract); got == "Extract one" {
					t.Error("the sound one of two was published")
				}
			})
		}
		if acts, err := c.History(ctx, sys, db, extract); err != nil || len(acts) != 0 {
			t.Errorf("something was published: %+v %v", acts, err)
		}
	})
}

func TestOnlyTheAdministratorPublishes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		for _, who := range []access.Actor{{}, {Kind: access.Person, ID: "p", Level: access.Confirmed}, {Kind: access.Staff, ID: "o", Role: access.Officer, Unit: "rosreestr"}} {
			_, one := c.Publish(ctx, who, db, Why{}, titled(t, "Extract one"))
			_, two := c.GoBack(ctx, who, db, Why{}, extract, "1")
			_, three := c.Unpublish(ctx, who, db, Why{Note: "x"}, extract)
			_, four := c.History(ctx, who, db, extract)
			for _, err := range []error{one, two, three, four} {
				if !errors.Is(err, access.ErrDenied) && !errors.Is(err, access.ErrSignIn) {
					t.Errorf("%+v: %v", who, err)
				}
			}
		}
		published(t, c, db, Why{}, titled(t, "Extract one"))
		admin := access.Actor{Kind: access.Staff, ID: "01j0000000000000000000000a", Role: access.Admin}
		if _, err := c.Publish(ctx, admin, db, Why{By: "somebody else"}, titled(t, "Extract two")); err != nil {
			t.Fatal(err)
		}
		if acts, _ := c.History(ctx, admin, db, extract); len(acts) != 2 || acts[0].By != admin.ID {
			t.Errorf("%+v", acts)
		}
	})
}

// Two commands at once: both stand, in the order in which they came, and what does not fit beside the other is refused.
func TestOfTwoPublicationsAtOnceNoneIsLost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const each = 5
		var running sync.WaitGroup
		for n := range 2 {
			running.Go(func() {
				c := builtIn(t)
				for i := range each {
					if _, err := c.Publish(ctx, sys, db, Why{}, Source{"new.yaml", []byte(page(100 + n*each + i))}); err != nil {
						t.Errorf("publish: %v", err)
					}
				}
			})
		}
		running.Wait()
		c := builtIn(t)
		before := len(c.All())
		if err := c.Update(ctx, db); err != nil {
			t.Fatal(err)
		}
		if n := len(c.All()) - before; n != 2*each {
			t.Errorf("%d of %d are there", n, 2*each)
		}
		rivals := make([]error, 2)
		for n := range rivals {
			running.Go(func() {
				_, rivals[n] = builtIn(t).Publish(ctx, sys, db, Why{}, Source{"new.yaml", []byte(strings.NewReplacer("slug: page-3"+string(rune('0'+n)), "slug: wanted").Replace(page(30 + n)))})
			})
		}
		running.Wait()
		if (rivals[0] == nil) == (rivals[1] == nil) {
			t.Errorf("of two that want one address: %v, %v", rivals[0], rivals[1])
		}
	})
}

// A node of another version, or with other settings, keeps what it has and says so; what cannot be read can be taken back.
func TestWhatCannotBeTakenInLeavesTheServicesAsTheyAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		published(t, c, db, Why{}, titled(t, "Extract one"), source(t, "snils.yaml"))
		err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO publication (serial, service, version, content, class, note, actor, at) VALUES (3, $1, 'abc', $2, '', '', '', $3)`, extract, []byte(`{"apiVersion":"svc/v9"}`), tx.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Update(ctx, db); !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), `apiVersion is "svc/v9"`) {
			t.Errorf("%v", err)
		}
		if got := title(t, c, extract); got != "Extract one" {
			t.Errorf("it says %q", got)
		}
		if _, err := c.Publish(ctx, sys, db, Why{}, Source{"new.yaml", []byte(page(1))}); !errors.Is(err, ErrBroken) {
			t.Errorf("something is published beside it: %v", err)
		}
		said := &lines{}
		serving, stop := context.WithCancel(ctx)
		var running sync.WaitGroup
		running.Go(func() { c.Follow(serving, db, slog.New(slog.NewTextHandler(said, nil))) })
		time.Sleep(3 * store.FollowEvery)
		if n := strings.Count(said.String(), "cannot be taken in: the services stay"); n != 1 {
			t.Errorf("it is told of %d times:\n%s", n, said)
		}
		if _, err := builtIn(t).Unpublish(ctx, sys, db, Why{Note: "unreadable"}, extract); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); title(t, c, extract) == "Extract one" && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		if got := title(t, c, extract); got != builtInTitle {
			t.Errorf("it was taken back, and a node says %q", got)
		}
		stop()
		running.Wait()
	})
}

// A program that has learnt to refuse something still serves what was published before; it comes back into force by nobody's hand.
func TestWhatWasPublishedBeforeACheckThereIsStaysInForce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := builtIn(t)
		old := source(t, "property-extract.yaml", titleLine, strings.Replace(titleLine, builtInTitle, "Extract of old", 1), "surname: p.surname\n", "surname: p.surname\n        wish: d.property.purpose\n")
		if _, err := c.Publish(ctx, sys, db, Why{}, old); err == nil || !strings.Contains(err.Error(), "might name somebody else") {
			t.Fatalf("it is published today: %v", err)
		}
		d, err := procedure.Stored(old.File, old.Content)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(ctx, func(tx *store.Tx) error {
			return publish(ctx, tx, sys, Why{}, 1, Publication{Service: extract, Version: d.Version}, d.Canonical())
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Update(ctx, db); err != nil {
			t.Fatal(err)
		}
		if got := title(t, c, extract); got != "Extract of old" {
			t.Errorf("in force is %q", got)
		}
		if list, err := c.Outgrown(ctx, db); err != nil || len(list) != 1 || list[0].Service != extract || list[0].Version != d.Version || !strings.Contains(list[0].Issues.Error(), "might name somebody else") {
			t.Errorf("what would not be published today: %+v, %v", list, err)
		}
		if out := published(t, c, db, Why{Breaking: "it asked too much"}, titled(t, "Extract of today")); out[0].Same || len(out[0].Changes) == 0 {
			t.Errorf("over it: %+v", out)
		}
		if list, err := c.Outgrown(ctx, db); err != nil || len(list) != 0 {
			t.Errorf("after it was mended: %+v, %v", list, err)
		}
		if was, err := c.At(ctx, db, extract, d.Version[:12]); err != nil || was.Title.EN != "Extract of old" {
			t.Errorf("it cannot be read any more: %v", err)
		}
		if _, err := c.GoBack(ctx, sys, db, Why{Note: "back"}, extract, d.Version[:12]); err == nil || !strings.Contains(err.Error(), "might name somebody else") {
			t.Errorf("it comes back: %v", err)
		}
	})
}

type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
