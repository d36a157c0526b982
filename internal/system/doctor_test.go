package system

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/access"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/store/storetest"
	"okno/internal/workday"
)

// soundSettings are those of a portal that a doctor finds nothing wrong with.
func soundSettings(t *testing.T, dsn string) Settings {
	t.Helper()
	keys := filepath.Join(t.TempDir(), "keys")
	made, err := keyring.Generate(keys)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(rules, []byte("network: {trusted_proxies: [127.0.0.1/32]}\nhotline: {phone: 8 800 200-00-00}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return outsideOf(t, Settings{Addr: "127.0.0.1:8080", URL: "https://okno.example", Data: data, Database: dsn, MetricsAddr: "127.0.0.1:9090", Policy: rules, Places: placed(t, true),
		MasterKey: made.MasterPath, IndexKey: made.IndexPath, Workers: 2, MaxConns: 4})
}

// placed is a list of one place, which proves who people are or does not.
func placed(t *testing.T, proves bool) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "places.yaml")
	text := fmt.Sprintf("- {code: mfc, kind: centre, name: {ru: МФЦ}, town: {ru: Город}, address: {ru: 'ул. Садовая, 5'}, at: {lat: 55.75, lon: 37.62}, hours: {mon-fri: '9:00-18:00'}, proves: %t}\n", proves)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func verdicts(t *testing.T, s Settings) (wrong, doubts, text string) {
	t.Helper()
	for _, f := range Examine(t.Context(), s) {
		text += f.String() + "\n"
		switch f.Verdict {
		case Wrong:
			wrong += f.String() + "\n"
		case Doubt:
			doubts += f.String() + "\n"
		case Fine:
		}
	}
	return wrong, doubts, text
}

func TestTheDoctorFindsNothingWrongWhereNothingIs(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := soundSettings(t, storetest.DSN(t, engine))
		if wrong, doubts, _ := verdicts(t, s); wrong != "" || !strings.Contains(doubts, "database") {
			t.Errorf("before the first migration:\n%s%s", wrong, doubts)
		}
		if path, ok := strings.CutPrefix(s.Database, "sqlite:"); ok && exists(path) {
			t.Error("the doctor made a database")
		}
		if err := Migrate(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		wrong, doubts, text := verdicts(t, s)
		if wrong != "" || strings.Contains(doubts, "database") || strings.Contains(doubts, " places ") || strings.Contains(doubts, " hotline ") {
			t.Errorf("all is well, and the doctor says:\n%s", text)
		}
		for _, what := range []string{"url", "policy", "leaked passwords", "data folder", "disk", "master key", "index key", "keys", "database", "clock", "jobs", "services", "pages", "papers",
			"agreements", "smtp", "sms1", "sms2", "voice", "metrics", "virus scanner", "key rotation", "working days", "stored services", "desks", "erasures", "moves", "signatures", "GOST", "places"} {
			if !strings.Contains(text, " "+what+" ") {
				t.Errorf("the doctor does not speak of %s:\n%s", what, text)
			}
		}
	})
}

func TestTheDoctorFindsWhatIsWrong(t *testing.T) {
	s := soundSettings(t, storetest.DSN(t, store.SQLite))
	if err := Migrate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("password: {min: 1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(s *Settings)
		says  string
	}{
		"no address":         {func(s *Settings) { s.URL = "" }, "url (OKNO_URL) is not set"},
		"no encryption":      {func(s *Settings) { s.URL = "http://okno.example" }, "not https"},
		"policy":             {func(s *Settings) { s.Policy = broken }, "password.min"},
		"services":           {func(s *Settings) { s.Services = filepath.Dir(broken) }, "broken.yaml"},
		"leaked passwords":   {func(s *Settings) { s.LeakedPasswords = broken }, "SHA1:COUNT"},
		"no file of leaks":   {func(s *Settings) { s.LeakedPasswords = broken + ".none" }, "OKNO_LEAKED_PASSWORDS"},
		"no database":        {func(s *Settings) { s.Database = "postgres://nobody@" + closed(t) + "/none" }, "does not answer"},
		"no key":             {func(s *Settings) { s.MasterKey = "" }, "OKNO_MASTER_KEY"},
		"a lost key":         {func(s *Settings) { s.IndexKey += ".lost" }, "restore it from its backup"},
		"a key for all":      {func(s *Settings) { s.MasterKey = copied(t, s.MasterKey, t.TempDir(), 0o644) }, "chmod 600"},
		"a key in the data":  {func(s *Settings) { s.MasterKey = copied(t, s.MasterKey, s.Data, 0o600) }, "lies in the data folder"},
		"a link to the data": {func(s *Settings) { s.IndexKey = linked(t, copied(t, s.IndexKey, s.Data, 0o600)) }, "lies in the data folder"},
		"a key that is none": {func(s *Settings) { s.MasterKey = s.IndexKey }, "not a master keyset"},
		"a demo's data": {func(s *Settings) {
			s.Data = t.TempDir()
			os.WriteFile(filepath.Join(s.Data, marker), nil, 0o600) //nolint:errcheck // the check would not find it
		}, "belongs to a demo"},
		"a register down": {func(s *Settings) { s.Registers.Income = "http://" + closed(t) }, "does not answer"},
		"no mail":         {func(s *Settings) { s.SMTP = SMTP{} }, "no mail server"},
		"mail down":       {func(s *Settings) { s.SMTP.Addr = closed(t) }, "smtp"},
		"wrong carrier":   {func(s *Settings) { s.SMPP.Password = "other" }, "sms1"},
		"no telephone":    {func(s *Settings) { s.Voice.Addr = closed(t) }, "voice"},
		"scanner down":    {func(s *Settings) { s.Clamd.Addr = closed(t) }, "clamd"},
		"no authorities":  {func(s *Settings) { s.Signature.Authorities = broken + ".none" }, "OKNO_SIGNATURE_AUTHORITIES"},
		"a false list":    {func(s *Settings) { s.Signature.Authorities = broken }, "no certificate stands there"},
		"a false network": {func(s *Settings) { s.Signature.Inside = []string{"localhost"} }, "10.1.2.0/24"},
		"half a token":    {func(s *Settings) { s.Signature.Token.Addr = "127.0.0.1:0" }, "signature-token-url"},
		"no such proxy":   {func(s *Settings) { s.Signature.Token.Proxy = broken + ".none" }, "signature-token-proxy"},
		"places":          {func(s *Settings) { s.Places = broken }, "does not start with it"},
		"nobody works":    {func(s *Settings) { s.Workers = 0 }, "OKNO_WORKERS"},
		"fewer than none": {func(s *Settings) { s.Workers = -3 }, "OKNO_WORKERS"},
		"no carrier":      {func(s *Settings) { s.SMPP, s.Kannel = SMPP{}, Kannel{} }, "no carrier"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := s
			bad.Data = s.Data
			c.spoil(&bad)
			wrong, _, text := verdicts(t, bad)
			if !strings.Contains(wrong, c.says) {
				t.Errorf("the doctor does not say %q:\n%s", c.says, text)
			}
		})
	}
	for name, c := range map[string]struct {
		spoil func(s *Settings)
		says  string
	}{
		"metrics for all": {func(s *Settings) { s.MetricsAddr = "0.0.0.0:9090" }, "open to other machines"},
		"no proxy":        {func(s *Settings) { s.Policy = "" }, "trusted_proxies"},
		"no places":       {func(s *Settings) { s.Places = "" }, "no place where people can go"},
		"none proves":     {func(s *Settings) { s.Places = placed(t, false) }, "none proves who people are"},
		"no hotline":      {func(s *Settings) { s.Policy = "" }, "8 800 100-00-00, which is made up"},
		"one carrier":     {func(s *Settings) { s.Kannel = Kannel{} }, "one carrier"},
		"no scanner":      {func(s *Settings) { s.Clamd.Addr = "" }, "OKNO_CLAMD_ADDR"},
		"an old key":      {func(s *Settings) { s.Signature.Authorities = oldAuthority(t) }, "1 certificates of signature-authorities do not count: CN=Yesterday's root: its key"},
		"an empty list":   {func(s *Settings) { s.Signature.Authorities = t.TempDir() }, "every signature is refused"},
		"one unset":       {func(s *Settings) { s.Registers.Property = "" }, "no address is set"},
		"no passports":    {func(s *Settings) { s.Registers.Passport = "" }, "register passport"},
		"no fund":         {func(s *Settings) { s.Registers.SNILS = "" }, "nobody can prove who they are"},
		"no certificates": {func(s *Settings) { s.Registers.Civil = "" }, "register civil"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := s
			c.spoil(&bad)
			if wrong, doubts, text := verdicts(t, bad); !strings.Contains(doubts, c.says) || wrong != "" {
				t.Errorf("the doctor does not doubt with %q:\n%s", c.says, text)
			}
		})
	}
}

// oldAuthority is a list of one authority whose key is of a sort that nobody here knows.
func oldAuthority(t *testing.T) string {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Yesterday's root"}, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "old.cer")
	if err := os.WriteFile(file, der, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheDoctorSaysThatThereIsNoGOST(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for list, want := range map[string]Verdict{"": Doubt, t.TempDir(): Wrong} {
		d := &doctor{policy: policy.Default(), s: Settings{Signature: Signature{Authorities: list}}}
		d.signatures(t.Context())
		last := d.found[len(d.found)-1]
		if last.What != "GOST" || last.Verdict != want || !strings.Contains(last.Do, "libengine-gost-openssl") {
			t.Errorf("with the list %q: %s", list, last)
		}
	}
}

func TestTheDoctorKnowsTheKeysOfAnotherPortal(t *testing.T) {
	s := soundSettings(t, storetest.DSN(t, store.SQLite))
	x, err := New(t.Context(), s, discard)
	if err != nil {
		t.Fatal(err)
	}
	err = x.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := x.Ring.NewPerson(t.Context(), tx, "somebody")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if wrong, _, _ := verdicts(t, s); wrong != "" {
		t.Errorf("its own keys do not fit:\n%s", wrong)
	}
	made, err := keyring.Generate(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	s.MasterKey, s.IndexKey = made.MasterPath, made.IndexPath
	if wrong, _, text := verdicts(t, s); !strings.Contains(wrong, "they do not open what is in the database") {
		t.Errorf("the keys of another portal fit:\n%s", text)
	}
}

func copied(t *testing.T, from, dir string, mode os.FileMode) string {
	t.Helper()
	text, err := os.ReadFile(from)
	to := filepath.Join(dir, filepath.Base(from))
	if err == nil {
		err = os.WriteFile(to, text, mode)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(to) }) //nolint:errcheck // the folder goes too
	return to
}

func linked(t *testing.T, to string) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(to, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// closed is an address where nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	addr, err := sandbox.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

func TestTheDoctorWarnsOfAYearNobodyDecreedAndOfAStoredServiceThatNobodyCouldPublish(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := soundSettings(t, storetest.DSN(t, engine))
		s.Policy = filepath.Join(t.TempDir(), "policy.yaml")
		if err := os.WriteFile(s.Policy, []byte("workdays: {warn: 365d}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := New(t.Context(), s, discard)
		if err != nil {
			t.Fatal(err)
		}
		doubt := func(what string, want bool) {
			t.Helper()
			if _, doubts, text := verdicts(t, s); strings.Contains(doubts, what) != want {
				t.Errorf("a doubt about %q: %t, want %t\n%s", what, !want, want, text)
			}
		}
		year := x.DB.Now().Year()
		put := func(n int) {
			t.Helper()
			if _, err := x.Workdays.Put(t.Context(), access.SystemActor(), x.DB, "anna", workday.Year{Year: n, Source: "a decree"}); err != nil {
				t.Fatal(err)
			}
		}
		put(year)
		doubt("nothing was decreed", true)
		put(year + 1)
		put(year + 2)
		doubt("nothing was decreed", false)

		src, err := os.ReadFile("../catalogue/services/property-extract.yaml")
		if err != nil {
			t.Fatal(err)
		}
		old := strings.Replace(string(src), "surname: p.surname\n", "surname: p.surname\n        wish: d.property.purpose\n", 1)
		def, err := procedure.Stored("old.yaml", []byte(old))
		if err != nil {
			t.Fatal(err)
		}
		doubt("nobody could publish it today", false)
		if err := x.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO publication (serial, service, version, content, class, note, actor, at) VALUES (1, $1, $2, $3, '', '', '', $4)`, def.Code, def.Version, def.Canonical(), tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		doubt("it is in force, and 0 open cases go by it, and nobody could publish it today", true)
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// What persons were promised, and what an operator began and left.
func TestTheDoctorFindsErasuresThatAreOverdueMovesThatAreStuckAndARotationLeftHalfWay(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := soundSettings(t, storetest.DSN(t, engine))
		x, err := New(t.Context(), s, discard)
		if err != nil {
			t.Fatal(err)
		}
		long, soon := x.DB.Now().Add(-2*time.Hour), x.DB.Now().Add(-time.Minute)
		set := func(text string, args ...any) {
			t.Helper()
			if err := x.DB.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(t.Context(), text, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{"a", "b", "c"} {
			set(`INSERT INTO account (id, level, state, lang, profile, created_at) VALUES ($1, 'simplified', 'active', 'ru', $2, $3)`, id, []byte("x"), long)
		}
		says := func(what string, wrong bool) {
			t.Helper()
			told, _, text := verdicts(t, s)
			if strings.Contains(told, what) != wrong {
				t.Errorf("%q is wrong: %t, want %t\n%s", what, !wrong, wrong, text)
			}
		}
		set(`INSERT INTO erasure (account_id, asked_at, due_at) VALUES ('a', $1, $1)`, soon)
		says("persons were to be erased", false)
		set(`UPDATE erasure SET due_at = $1`, long)
		says("1 persons were to be erased", true)
		set(`UPDATE erasure SET done_at = $1`, soon)
		says("persons were to be erased", false)

		set(`INSERT INTO undoing (id, old_id, new_id, reason, reference, started_at, undone_at, why, contacts_back, contacts_lost) VALUES ('u', 'a', 'b', 'lost', 'R', $1, $2, $3, 0, 0)`, long, soon, []byte("x"))
		says("wait for their data", false)
		set(`UPDATE undoing SET undone_at = $1`, long)
		says("1 persons wait for their data", true)
		says("by okno jobs retry --of=verification.move, or --of=verification.give_back", true)
		set(`UPDATE undoing SET back_at = $1`, soon)
		set(`INSERT INTO proof (id, account_id, way, operator, unit, state, created_at) VALUES ('p', 'c', 'centre', 'o', 'u', 'confirmed', $1)`, long)
		set(`INSERT INTO takeover (id, old_id, new_id, proof_id, reason, started_at) VALUES ('t', 'b', 'c', 'p', 'lost', $1)`, long)
		says("1 persons wait for their data", true)
		set(`UPDATE takeover SET moved_at = $1`, soon)
		says("wait for their data", false)

		if _, doubts, _ := verdicts(t, s); strings.Contains(doubts, "half done") {
			t.Errorf("a rotation is under way:\n%s", doubts)
		}
		if err := x.Rotation().Stage(keyring.Which{Master: true}); err != nil {
			t.Fatal(err)
		}
		if _, doubts, text := verdicts(t, s); !strings.Contains(doubts, "one is half done: 2 master keys") {
			t.Errorf("the doctor does not see the staged key:\n%s", text)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
