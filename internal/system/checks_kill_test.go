package system

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"syscall"
	"testing"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/connector/roadtest"
	"okno/internal/form"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/store"
	"okno/internal/verification"
)

// watchEnv is where a portal of this test program says which register it is about to ask, and waits until it may.
const watchEnv = "OKNO_TEST_REGISTERS"

// watched is a register that is asked before the eyes of a test.
type watched struct {
	verification.Register
	at string
}

func (r watched) Check(ctx context.Context, p verification.Person) (verification.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.at+"?register="+url.QueryEscape(r.Name()), nil)
	if err != nil {
		return verification.Answer{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return verification.Answer{}, err
	}
	if err := resp.Body.Close(); err != nil {
		return verification.Answer{}, err
	}
	return r.Register.Check(ctx, p)
}

func watch(x *System) {
	at := os.Getenv(watchEnv)
	for i, r := range x.Verification.Registers {
		if at != "" {
			x.Verification.Registers[i] = watched{r, at}
		}
	}
}

// TestACheckOfPapersThatAKillCutsOffGoesOnAndAsksNobodyTwiceWhoHasAnswered kills the portal while the fund has answered and the interior ministry has
// not. What was answered is not asked again, what was not is, once, and the account becomes Standard, of which the person is told once (LVL-2).
func TestACheckOfPapersThatAKillCutsOffGoesOnAndAsksNobodyTwiceWhoHasAnswered(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		ctx := t.Context()
		var mu sync.Mutex
		asked, let := map[string]int{}, make(chan struct{})
		gate := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			name := r.URL.Query().Get("register")
			mu.Lock()
			asked[name]++
			mu.Unlock()
			if name == "passport" {
				select {
				case <-let:
				case <-r.Context().Done():
				}
			}
		}))
		defer gate.Close()
		count := func(name string) int {
			mu.Lock()
			defer mu.Unlock()
			return asked[name]
		}

		s := demoSettings(t, engine)
		office := s // has the same data, and does no jobs
		office.Addr = "127.0.0.1:0"
		x, err := New(ctx, office, discard)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close() //nolint:errcheck // the portal of the test is another
		t.Setenv(watchEnv, gate.URL)
		p := spawn(t, s)

		who := access.Actor{Kind: access.Person, ID: id.At(x.DB.Now()), Level: access.Simplified}
		if err := x.DB.Write(ctx, func(tx *store.Tx) error {
			key, err := x.Ring.NewPerson(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			if err := x.Accounts.Create(ctx, tx, key, account.New{ID: who.ID, Lang: i18n.RU, AgreedAt: tx.Now()}); err != nil {
				return err
			}
			return x.Contacts.Attach(ctx, tx, key, who.ID, phoneOf(1))
		}); err != nil {
			t.Fatal(err)
		}
		r := x.World.People()[4]
		papers := verification.Papers{Surname: r.Surname, GivenName: r.GivenName, Patronymic: r.Patronymic, BirthDate: form.Dotted(r.BirthDate), Sex: map[string]string{"female": "f", "male": "m"}[r.Sex], SNILS: r.SNILS,
			Document: roadtest.Document(r), Address: r.Address}
		for _, step := range verification.Steps() {
			if _, err := x.Verification.Fill(ctx, who, step, papers); err != nil {
				t.Fatalf("%s: %v", step, err)
			}
		}
		proof, err := x.Verification.Send(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		state := func(register string) (state string) {
			t.Helper()
			if err := x.DB.QueryRow(ctx, `SELECT state FROM register_check WHERE proof_id = $1 AND register = $2`, proof.ID, register).Scan(&state); err != nil {
				t.Fatal(err)
			}
			return state
		}
		await(t, "the answer of the fund", func() bool { return state("snils") == "answered" && count("passport") == 1 })
		if err := p.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		p.Wait() //nolint:errcheck // it was killed
		if state("passport") != "asking" {
			t.Fatal("the ministry has answered before the kill")
		}
		close(let)

		p = spawn(t, s)
		await(t, "the end of the check", func() bool {
			a, err := x.Accounts.Get(ctx, x.DB, who.ID)
			return err == nil && a.Level == access.Standard
		})
		await(t, "the end of its jobs", func() bool { return len(unfinished(t, x.DB)) == 0 })
		if got, want := fmt.Sprint(count("snils"), count("passport"), count("inn")), fmt.Sprint(1, 2, 0); got != want {
			t.Errorf("the fund, the ministry and the tax service were asked %s times, want %s", got, want)
		}
		for _, row := range everyRow(t, x.DB, `SELECT kind, count(*) FROM evidence WHERE account_id = '`+who.ID+`' GROUP BY kind HAVING count(*) <> 1`) {
			t.Errorf("of %s there is %v evidence", row[0], row[1])
		}
		inbox, err := x.Notices.Inbox(ctx, who, 20)
		told := 0
		for _, n := range inbox {
			if n.Note.Subject.RU == i18n.RU.T("message.level.standard.subject") {
				told++
			}
		}
		if err != nil || told != 1 {
			t.Errorf("the person was told %d times, %v", told, err)
		}
		p.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
		if err := p.Wait(); err != nil {
			t.Errorf("it does not stop gracefully: %v", err)
		}
	})
}
