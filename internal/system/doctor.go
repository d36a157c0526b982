package system

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"okno/internal/catalogue"
	"okno/internal/connector/call"
	"okno/internal/credential"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/notification"
	"okno/internal/place"
	"okno/internal/policy"
	"okno/internal/rights"
	"okno/internal/store"
	"okno/internal/verification"
	"okno/internal/web/identity"
	"okno/internal/web/ui"
)

// Verdict on one thing.
type Verdict string

// The verdicts.
const (
	Fine  Verdict = "ok"
	Doubt Verdict = "warning" // the portal works, and somebody should know
	Wrong Verdict = "wrong"   // the portal does not start, or is not safe, or people cannot be served
)

// Finding is what the doctor says of one thing, in plain words: what it found and what to do.
type Finding struct {
	What    string
	Verdict Verdict
	Says    string
	Do      string
}

func (f Finding) String() string {
	text := fmt.Sprintf("%-8s %-18s %s", f.Verdict, f.What, f.Says)
	if f.Do != "" {
		text += " → " + f.Do
	}
	return text
}

// doctor is one examination.
type doctor struct {
	s      Settings
	policy *policy.Policy
	ring   *keyring.Ring
	found  []Finding
}

// Examine checks every setting and everything outside that the portal leans on. It changes nothing: no folder, no table, no
// message comes of it.
func Examine(ctx context.Context, s Settings) []Finding {
	d := &doctor{policy: policy.Default()}
	var err error
	if d.s, err = s.derived(); err != nil {
		d.wrong("settings", trimmed(err), "set it and ask again: nothing else was checked")
		return d.found
	}
	d.address()
	d.limits()
	d.passwords()
	d.data()
	d.disk()
	d.keys()
	d.papersKey()
	d.database(ctx, d.definitions())
	d.pages()
	d.places()
	d.queue()
	d.outside(ctx)
	d.signatures(ctx)
	d.metrics()
	d.traces(ctx)
	return d.found
}

func (d *doctor) add(what string, v Verdict, says, do string) {
	d.found = append(d.found, Finding{what, v, says, do})
}
func (d *doctor) fine(what, says string)      { d.add(what, Fine, says, "") }
func (d *doctor) doubt(what, says, do string) { d.add(what, Doubt, says, do) }
func (d *doctor) wrong(what, says, do string) { d.add(what, Wrong, says, do) }

// trimmed is an error on one line.
func trimmed(err error) string {
	return strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "settings: ")), " ")
}

func (d *doctor) address() {
	u, err := url.Parse(d.s.URL)
	switch {
	case err != nil || u.Host == "":
		d.wrong("url", fmt.Sprintf("%q is not an address", d.s.URL), "set url (OKNO_URL) to what people type: https://…")
	case u.Scheme == "https":
		d.fine("url", d.s.URL)
	case Loopback(u.Host) || Loopback(u.Host+":80"):
		d.doubt("url", d.s.URL+" is this machine only, without encryption", "for people set url (OKNO_URL) to https://…")
	default:
		d.wrong("url", d.s.URL+" is not https: passwords and sessions would travel in the open", "put TLS before the portal and set url (OKNO_URL) to https://…")
	}
}

func (d *doctor) limits() {
	if d.s.Policy != "" {
		p, err := policy.Load(d.s.Policy)
		if err != nil {
			d.wrong("policy", trimmed(err), "mend "+d.s.Policy+"; okno policy prints what there is")
			return
		}
		d.policy = p
	}
	d.fine("policy", orWord(d.s.Policy, "the defaults"))
	if _, err := time.LoadLocation(d.policy.TimeZone); err != nil {
		d.wrong("time zone", trimmed(err), "install the time zones of the system (tzdata), or mend time_zone in the policy")
	}
	if Loopback(d.s.Addr) && len(d.policy.Network.TrustedProxies) == 0 {
		d.doubt("proxies", "the portal listens on this machine only, so a proxy stands before it, and no proxy is trusted: all people look like one network, and limits by network hit everybody",
			"name the proxy in the policy: network: {trusted_proxies: [127.0.0.1/32]}")
		return
	}
	d.fine("proxies", fmt.Sprintf("%d networks are believed when they say who asks", len(d.policy.Network.TrustedProxies)))
}

// passwords looks at the file of leaked passwords, if there is one.
func (d *doctor) passwords() {
	path := d.s.LeakedPasswords
	if path == "" {
		d.fine("leaked passwords", "no file is set: common passwords are refused, leaked ones are not known")
		return
	}
	l, err := credential.OpenLeaked(path)
	if err != nil {
		d.wrong("leaked passwords", trimmed(err), "download the SHA-1 list of Have I Been Pwned again, as one file ordered by hash, or unset leaked-passwords (OKNO_LEAKED_PASSWORDS)")
		return
	}
	l.Close() //nolint:errcheck // it was only read
	d.fine("leaked passwords", fmt.Sprintf("%s; passwords seen there %d times or more are refused", path, d.policy.Password.Leaked))
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

func (d *doctor) data() {
	dir := d.s.Data
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.doubt("data folder", dir+" is not there", "the first start makes it; if there was one, mount it first")
	case err != nil:
		d.wrong("data folder", trimmed(err), "let the portal's user read it")
	case !info.IsDir():
		d.wrong("data folder", dir+" is not a folder", "give another with data (OKNO_DATA)")
	case exists(filepath.Join(dir, marker)):
		d.wrong("data folder", dir+" belongs to a demo, whose keys and passwords are known to everybody", "give another with data (OKNO_DATA)")
	case info.Mode().Perm()&0o077 != 0:
		d.doubt("data folder", fmt.Sprintf("%s has mode %04o: others on this machine may look into it", dir, info.Mode().Perm()), "chmod 700 "+dir)
	case !writable(dir):
		d.wrong("data folder", dir+" cannot be written to", "let the portal's user write there")
	default:
		d.fine("data folder", dir)
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func writable(dir string) bool {
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

// The least room on the disk of the data folder.
const (
	tight = 5 << 30
	full  = 500 << 20
)

func (d *doctor) disk() {
	dir := d.s.Data
	for !exists(dir) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	free, ok := freeSpace(dir)
	says := fmt.Sprintf("%.1f GB are free for %s", float64(free)/(1<<30), dir)
	switch {
	case !ok:
		d.doubt("disk", "how much is free cannot be told on this system", "look yourself")
	case free < full:
		d.wrong("disk", says, "make room: a full disk stops registrations and applications")
	case free < tight:
		d.doubt("disk", says, "make room in time")
	default:
		d.fine("disk", says)
	}
}

// keys must be readable by the portal alone and lie where a copy of the data does not take them along.
func (d *doctor) keys() {
	sound := true
	for _, k := range []struct{ what, name, env, path string }{
		{"master key", "master-key", "OKNO_MASTER_KEY", d.s.MasterKey}, {"index key", "index-key", "OKNO_INDEX_KEY", d.s.IndexKey},
	} {
		if k.path == "" {
			d.wrong(k.what, "it is not set", "okno keys DIR makes the keys of a new portal; then set "+k.name+" ("+k.env+")")
			sound = false
			continue
		}
		info, err := os.Stat(k.path)
		switch {
		case err != nil:
			d.wrong(k.what, trimmed(err), "restore it from its backup; only a new portal makes a new one")
			sound = false
		case inside(k.path, d.s.Data):
			d.wrong(k.what, k.path+" lies in the data folder: whoever gets a copy of the data gets the key with it", "move it elsewhere and set "+k.name+" ("+k.env+")")
		case info.Mode().Perm()&0o077 == 0:
			d.fine(k.what, k.path)
		case info.Mode().Perm()&0o027 == 0:
			d.doubt(k.what, fmt.Sprintf("%s has mode %04o: its group may read it", k.path, info.Mode().Perm()), "unless that is how secrets come here: chmod 600 "+k.path)
		default:
			d.wrong(k.what, fmt.Sprintf("%s has mode %04o: others may read it", k.path, info.Mode().Perm()), "chmod 600 "+k.path)
			sound = false
		}
	}
	if !sound {
		return
	}
	ring, err := keyring.Open(keyring.Config{MasterPath: d.s.MasterKey, IndexPath: d.s.IndexKey})
	if err != nil {
		d.wrong("keys", trimmed(err), "restore both from their backup")
		return
	}
	d.ring = ring
}

// inside reports whether a file lies below a folder, whatever links lead there.
func inside(path, dir string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		real = path
	}
	if dir2, err := filepath.EvalSymlinks(dir); err == nil {
		dir = dir2
	}
	if real, err = filepath.Abs(real); err != nil {
		return false
	}
	rel, err := filepath.Rel(dir, real)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// push tells whether people can be told in their browsers, and by which key.
func (d *doctor) push(ctx context.Context, db *store.DB) {
	const what = "push"
	if n := d.policy.Notices; len(n.PushHosts) == 0 && len(n.PushInside) == 0 {
		d.fine(what, "no push service is named in the policy (notices.push_hosts): nobody is offered notifications in the browser")
		return
	}
	keys, err := notification.PushKeys(ctx, db)
	switch {
	case err != nil:
		d.wrong(what, "its keys cannot be read: "+trimmed(err), "")
	case len(keys) == 0:
		d.fine(what, "no key yet: the first page that offers notifications makes one")
	case !strings.HasPrefix(d.s.URL, "https:"):
		d.doubt(what, "url (OKNO_URL) is not https: browsers offer notifications on https alone, this machine excepted", "put TLS before the portal")
	default:
		bound := 0
		for _, k := range keys {
			bound += k.Browsers
		}
		d.fine(what, fmt.Sprintf("key %s in force since %s; %d browsers, of which %d are bound to older keys", keys[0].ID, keys[0].CreatedAt.Format(time.DateOnly), bound, bound-keys[0].Browsers))
	}
}

// database looks into the database, and at what the services there are do with it: nil when they cannot be read.
func (d *doctor) database(ctx context.Context, services *catalogue.Catalogue) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if path, ok := strings.CutPrefix(d.s.Database, "sqlite:"); ok && !exists(path) {
		d.doubt("database", path+" is not there", "okno migrate, or the first start, makes it; if there was one, restore it")
		d.clock(time.Now())
		return
	}
	db, err := store.Open(ctx, d.s.Database, store.Options{MaxConns: 2})
	if err != nil {
		d.wrong("database", trimmed(err), "see that it runs, and that database (OKNO_DATABASE) names it rightly")
		d.clock(time.Now())
		return
	}
	defer db.Close() //nolint:errcheck // it was only read
	told := time.Now()
	if db.Engine() == store.Postgres {
		if err := db.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(store.Time(&told)); err != nil {
			d.wrong("database", trimmed(err), "")
			return
		}
	}
	d.clock(told)
	pending, err := db.Pending(ctx)
	switch {
	case err != nil:
		d.wrong("database", "its version cannot be told: "+trimmed(err), "see that the portal's user may read every table")
		return
	case pending:
		d.doubt("database", fmt.Sprintf("%s, older than this program", db.Engine()), "okno migrate, or the next start, brings it up to date; make a backup before")
		return
	}
	d.fine("database", string(db.Engine())+", of this program's version")
	if d.ring != nil {
		if err := d.ring.Fits(ctx, db); err != nil {
			d.wrong("keys", "they do not open what is in the database: "+trimmed(err), "restore the keys that this database was sealed with")
		} else {
			d.fine("keys", "they open what is in the database")
			d.rotation(ctx, db)
		}
	}
	d.work(ctx, db)
	d.promises(ctx, db)
	d.push(ctx, db)
	d.workdays(ctx, db)
	if services != nil {
		d.outgrown(ctx, db, services)
		d.desks(ctx, db, services)
	}
}

// rotation tells of one that was begun and not brought to its end: while it is not, the old secret opens the data.
func (d *doctor) rotation(ctx context.Context, db *store.DB) {
	s, err := rotation(db, d.ring).Status(ctx)
	if err != nil {
		d.wrong("key rotation", trimmed(err), "okno keys status")
		return
	}
	left := 0
	for _, step := range s.Steps {
		left += step.Left
	}
	if !s.UnderWay && left == 0 {
		d.fine("key rotation", "none is under way")
		return
	}
	d.doubt("key rotation", fmt.Sprintf("one is half done: %d master keys, %d index roots, %d rows under the old ones", len(s.Keys), len(s.Roots), left),
		"okno keys status says what is next; until old keys are retired, whoever has one opens the data")
}

// patience is how long what goes by jobs may take before the doctor speaks of it.
const patience = time.Hour

// promises looks for what was promised to persons and is not done.
func (d *doctor) promises(ctx context.Context, db *store.DB) {
	since := db.Now().Add(-patience)
	switch n, err := rights.Overdue(ctx, db, since); {
	case err != nil:
		d.wrong("erasures", trimmed(err), "")
	case n > 0:
		d.wrong("erasures", fmt.Sprintf("%d persons were to be erased and are not: the law's term runs", n), "see why the job rights.erase fails, by okno jobs list and in the log; then let it run again by okno jobs retry --of=rights.erase")
	default:
		d.fine("erasures", "none is overdue")
	}
	switch n, err := verification.Stuck(ctx, db, since); {
	case err != nil:
		d.wrong("moves", trimmed(err), "")
	case n > 0:
		d.wrong("moves", fmt.Sprintf("%d persons wait for their data to come from one account to another", n), "see why the jobs verification.move and verification.give_back fail, by okno jobs list and in the log, mostly because the store of files does not answer; then let them run again by okno jobs retry --of=verification.move, or --of=verification.give_back")
	default:
		d.fine("moves", "no data of a person is stuck between two accounts")
	}
}

func (d *doctor) work(ctx context.Context, db *store.DB) {
	c, err := jobs.New(db, jobs.Config{})
	if err != nil {
		d.wrong("jobs", trimmed(err), "")
		return
	}
	n, err := c.Counts(ctx)
	switch {
	case err != nil:
		d.wrong("jobs", trimmed(err), "okno migrate makes their tables")
	case n["discarded"]+n["cancelled"] > 0:
		d.doubt("jobs", fmt.Sprintf("%d have given up for good", n["discarded"]+n["cancelled"]), "okno jobs list says which and why; mend the cause, then okno jobs retry --all, or by number, lets them run again")
	default:
		d.fine("jobs", fmt.Sprintf("%d wait, %d run, %d will be tried again", n["available"]+n["scheduled"], n["running"], n["retryable"]))
	}
}

// clock compares this machine's clock with what another tells.
func (d *doctor) clock(told time.Time) {
	off := time.Since(told).Abs()
	switch {
	case time.Now().Year() < 2026:
		d.wrong("clock", "it is "+time.Now().Format(time.DateTime)+" by this machine", "set the clock: let it follow time servers")
	case off > 30*time.Second:
		d.wrong("clock", fmt.Sprintf("this machine and the database are %s apart", off.Round(time.Second)), "let both follow time servers: codes and sessions go by it")
	case off > 2*time.Second:
		d.doubt("clock", fmt.Sprintf("this machine and the database are %s apart", off.Round(100*time.Millisecond)), "let both follow time servers")
	default:
		d.fine("clock", time.Now().UTC().Format(time.RFC3339))
	}
}

// definitions reads the services; nil when they cannot be read.
func (d *doctor) definitions() *catalogue.Catalogue {
	all, err := readServices(d.s)
	if err != nil {
		d.wrong("services", trimmed(err), "okno service check FILE tells of one definition")
		return nil
	}
	d.fine("services", fmt.Sprintf("%d definitions compile", len(all.All())))
	addresses := map[string]string{"fns.income": d.s.Registers.Income, "rosreestr.extract": d.s.Registers.Property}
	maps.Copy(addresses, d.s.Registers.Others)
	for _, def := range all.All() {
		if slices.Contains(def.Insides(), issueOfSNILS) && d.s.Registers.SNILS == "" {
			d.doubt("services", def.Code+" files applications with the social fund, for which no address is set: it is not offered", "set register-snils (okno serve --help)")
		}
		for _, name := range def.Registers() {
			if addresses[name] == "" {
				d.doubt("services", fmt.Sprintf("%s asks the register %s, for which no address is set: a built-in service is not offered, and with one of your own the portal does not start", def.Code, name), "set it (okno serve --help, register-…)")
			}
		}
	}
	return all
}

func (d *doctor) pages() {
	if _, err := ui.Assets(); err != nil {
		d.wrong("pages", trimmed(err), "this program was built without its styles and scripts: build it by make build")
	} else {
		d.fine("pages", "styles, scripts and fonts are built in")
	}
	if _, _, err := ui.Typefaces(); err != nil {
		d.wrong("papers", trimmed(err), "this program was built without typefaces for papers: build it by make build")
	} else {
		d.fine("papers", "typefaces are built in")
	}
	var texts fs.FS
	if d.s.Texts != "" {
		texts = os.DirFS(d.s.Texts)
	}
	name := i18n.Text{RU: d.s.Name, EN: d.s.NameEN}
	hotline := i18n.Text{RU: d.policy.Hotline.Phone, EN: d.policy.Hotline.Phone}
	if _, err := identity.LoadTexts(texts, map[string]i18n.Text{"portal": name, "operator": name, "hotline": hotline}); err != nil {
		d.wrong("agreements", trimmed(err), "mend the folder "+d.s.Texts)
	} else {
		d.fine("agreements", orWord(d.s.Texts, "the built-in ones"))
	}
}

// places looks at where people are sent.
func (d *doctor) places() {
	const what = "places"
	if d.s.Places == "" {
		d.doubt(what, "pages name no place where people can go", "give the list with places (OKNO_PLACES), see docs/appointments.md")
	} else if b, err := place.Read(d.s.Places); err != nil {
		d.wrong(what, trimmed(err), "mend "+d.s.Places+": the portal does not start with it")
	} else if list := b.All(); !slices.ContainsFunc(list, func(p place.Place) bool { return p.Proves }) {
		d.doubt(what, fmt.Sprintf("%d are listed, and none proves who people are", len(list)), "say proves: true of those that do, in "+d.s.Places)
	} else {
		d.fine(what, fmt.Sprintf("%d are listed", len(list)))
	}
	if phone := policy.Default().Hotline.Phone; d.policy.Hotline.Phone == phone {
		d.doubt("hotline", "every page names "+phone+", which is made up", "set hotline.phone in the policy to the number that people reach you by")
	}
}

// queue looks at who does what cannot be done while somebody waits.
func (d *doctor) queue() {
	if d.s.runs("jobs") && d.s.Workers < 1 {
		d.wrong("workers", "no job is ever done: no code or letter is sent, no register asked", "set workers (OKNO_WORKERS) to 1 or more")
	}
}

// outside asks every system that an address is set for, all at once.
func (d *doctor) outside(ctx context.Context) {
	d.silent()
	o, err := connect(d.s, d.policy, slog.New(slog.DiscardHandler), nil, nil)
	if err != nil {
		d.wrong("outside systems", trimmed(err), "mend the address")
		return
	}
	answers := make([]error, len(o.pings))
	var g errgroup.Group
	for i, p := range o.pings {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			answers[i] = p.Ping(ctx)
			return nil
		})
	}
	g.Wait() //nolint:errcheck // answers hold them
	for i, p := range o.pings {
		if err := answers[i]; errors.Is(err, call.ErrSettings) {
			d.wrong(p.Name(), "it is there and does not let us through: "+trimmed(call.Bare(err)), "see who we are on X-Road (xroad-client), the register's address, our certificate, and the access rights at the provider")
		} else if err != nil {
			d.wrong(p.Name(), "it does not answer: "+trimmed(call.Bare(err)), "see its address, its password and the network between; until it answers, what needs it waits")
		} else {
			d.fine(p.Name(), "answers")
		}
	}
	for _, end := range o.close {
		end() //nolint:errcheck // nothing was sent
	}
}

// without is what cannot be done while a register has no address.
var without = map[string]string{
	"passport": "nobody with a passport can prove who they are, on-line or at a desk",
	"snils":    "nobody can prove who they are, on-line or at a desk, and nobody can apply for a SNILS",
	"inn":      "desks and accounts cannot check it",
	"civil":    "nobody under 14 can prove who they are",
}

// silent tells of systems that no address is set for.
func (d *doctor) silent() {
	s := d.s
	if s.SMTP.Addr == "" {
		d.wrong("letters", "no mail server is set: nobody can register by e-mail", "set smtp-addr and smtp-from (OKNO_SMTP_ADDR, OKNO_SMTP_FROM)")
	}
	switch {
	case s.SMPP.Addr == "" && s.Kannel.URL == "":
		d.wrong("texts", "no carrier of SMS is set: nobody can register by phone", "set smpp-… or kannel-… (OKNO_SMPP_…, OKNO_KANNEL_…)")
	case s.SMPP.Addr == "" || s.Kannel.URL == "":
		d.doubt("texts", "one carrier of SMS is set: while it is down codes wait", "set the other too (smpp-…, kannel-…)")
	}
	if s.Voice.Addr == "" {
		d.fine("calls", "no SIP trunk is set (voice-addr, OKNO_VOICE_ADDR): codes go by SMS only, and nobody is offered a call")
	}
	switch {
	case s.Clamd.Addr == "":
		d.doubt("virus scanner", "none is set: what people upload is not looked through", "run a ClamAV daemon and set clamd-addr (OKNO_CLAMD_ADDR)")
	case d.policy.Uploads.Unscanned == "accept":
		d.fine("virus scanner", s.Clamd.Addr+"; while it is away files are taken and marked")
	default:
		d.fine("virus scanner", s.Clamd.Addr+"; while it is away files are refused")
	}
	for _, r := range []struct{ what, address string }{{"passport", s.Registers.Passport}, {"snils", s.Registers.SNILS}, {"inn", s.Registers.INN}, {"civil", s.Registers.Civil}} {
		if r.address == "" {
			d.doubt("register "+r.what, "no address is set: "+without[r.what], "set register-"+r.what)
		}
	}
}

func (d *doctor) metrics() {
	if Loopback(d.s.MetricsAddr) {
		d.fine("metrics", d.s.MetricsAddr)
		return
	}
	d.doubt("metrics", d.s.MetricsAddr+" is open to other machines, with profiles of the program", "set metrics-addr (OKNO_METRICS_ADDR) to 127.0.0.1:PORT, or see that only the collector reaches it")
}
