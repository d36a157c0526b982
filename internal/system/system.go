package system

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/agent"
	"okno/internal/alert"
	"okno/internal/application"
	"okno/internal/appointment"
	"okno/internal/audit"
	"okno/internal/catalogue"
	"okno/internal/connector/hook"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/document"
	"okno/internal/files"
	"okno/internal/gate"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/mandate"
	"okno/internal/notification"
	"okno/internal/original"
	"okno/internal/passkey"
	"okno/internal/place"
	"okno/internal/policy"
	"okno/internal/registration"
	"okno/internal/rights"
	"okno/internal/sandbox"
	"okno/internal/scan"
	"okno/internal/signature"
	"okno/internal/signin"
	"okno/internal/staff"
	"okno/internal/stamp"
	"okno/internal/store"
	"okno/internal/support"
	"okno/internal/trace"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/web"
	"okno/internal/web/identity"
	"okno/internal/web/ui"
	"okno/internal/webhook"
	"okno/internal/workday"
)

// System is the whole portal in one process.
type System struct {
	Settings     Settings
	Policy       *policy.Policy
	URL          *url.URL
	Name         i18n.Text
	Zone         *time.Location
	Log          *slog.Logger
	Tracer       *trace.Tracer // nil when traces go nowhere
	DB           *store.DB
	Ring         *keyring.Ring
	Hasher       *keyring.Hasher
	Jobs         *jobs.Client
	Catalogue    *catalogue.Catalogue
	Places       *place.Book
	Workdays     *workday.Calendar
	Accounts     *account.Service
	Contacts     *contact.Service
	Gate         *gate.Gate
	Credentials  *credential.Service
	Passkeys     *passkey.Service
	Staff        *staff.Service
	Agents       *agent.Service
	Notices      *notification.Service
	Registration *registration.Service
	SignIn       *signin.Service
	Verification *verification.Service
	Originals    *original.Service
	Appointments *appointment.Service
	Mandates     *mandate.Service
	Signatures   *signature.Service
	Files        *files.Store
	Stamp        *stamp.Service
	Papers       *document.Service
	Applications *application.Service
	Webhooks     *webhook.Service
	Attachments  *application.Attachments
	Wallet       *wallet.Service
	Support      *support.Service
	Rights       *rights.Service
	Texts        *identity.Texts
	Web          *web.Server
	World        *sandbox.World // of a demo

	clock   *clock
	outside *outside
	leaked  *credential.Leaked // nil: the operator gave no file
	capped  *prometheus.CounterVec
	tokens  *tokens // nil: no certificates are asked for by TLS
	calls   *prometheus.HistogramVec
	closers []func() error
}

// New builds the portal and brings the database up to date. It serves nothing before Run.
func New(ctx context.Context, s Settings, log *slog.Logger) (_ *System, err error) {
	x := &System{Log: log}
	if x.Settings, err = s.normal(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.Close())
		}
	}()
	for _, step := range []func(context.Context) error{x.basics, x.traces, x.world, x.storage, x.services, x.texts, x.handlers, x.pages} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if x.Settings.Demo {
		return x, x.seed(ctx)
	}
	return x, nil
}

// basics reads what everything else goes by.
func (x *System) basics(context.Context) error {
	s := x.Settings
	var err error
	if x.URL, err = url.Parse(s.URL); err != nil {
		return err
	}
	x.Name = s.portal()
	x.clock = &clock{}
	if s.Demo {
		x.clock = openClock(s.Data)
	}
	if x.Policy, err = s.limits(); err != nil {
		return err
	}
	if x.Zone, err = time.LoadLocation(x.Policy.TimeZone); err != nil {
		return fmt.Errorf("policy: time_zone: %w", err)
	}
	if x.Catalogue, err = readServices(s); err != nil {
		return err
	}
	x.Workdays = &workday.Calendar{}
	if x.Places, err = place.Read(s.Places); err != nil {
		return fmt.Errorf("places: %w", err)
	}
	if s.Places == "" && !s.Demo {
		x.Places.Set(nil) // the built-in ones are made up: nobody is sent there
	}
	var texts fs.FS
	if s.Texts != "" {
		texts = os.DirFS(s.Texts)
	}
	x.Texts, err = identity.LoadTexts(texts, map[string]i18n.Text{"portal": x.Name, "operator": x.Name, "hotline": {RU: x.Policy.Hotline.Phone, EN: x.Policy.Hotline.Phone}})
	return err
}

// world starts a demo's sandbox and points the settings at it: over the network, as at any other world.
func (x *System) world(ctx context.Context) error {
	if !x.Settings.Demo {
		return nil
	}
	w, err := sandbox.Start(context.WithoutCancel(ctx), sandbox.Config{Dir: filepath.Join(x.Settings.Data, "sandbox"), Now: x.clock.now, Log: x.Log})
	if err != nil {
		return err
	}
	x.World, x.closers = w, append(x.closers, w.Close)
	s, registers := &x.Settings, w.RegistersURL()
	s.Registers = everywhere(registers)
	s.SMTP = SMTP{Addr: w.SMTPAddr(), From: "Okno <noreply@okno.example>", TLS: "none", Auth: "none"}
	s.SMPP = SMPP{Addr: w.SMPPAddr(), SystemID: sandbox.SMPPSystemID, Password: sandbox.SMPPPassword, Source: "Okno"}
	s.Signature.Authorities, s.Signature.Inside = w.Authorities(), []string{"127.0.0.0/8"}
	x.Policy.Webhooks.Inside = append(slices.Clone(x.Policy.Webhooks.Inside), netip.MustParsePrefix("127.0.0.0/8"))       // the agency of the sandbox
	x.Policy.Notices.PushInside = append(slices.Clone(x.Policy.Notices.PushInside), netip.MustParsePrefix("127.0.0.0/8")) // its push service
	s.Voice = Voice{Addr: w.VoiceAddr(), Transport: "udp", Caller: "78001000000"}
	s.Kannel = Kannel{URL: w.KannelURL(), Username: sandbox.KannelUser, Password: sandbox.KannelPassword, Source: "Okno"}
	return nil
}

// keys opens the keyring: in a demo its keys lie in the data folder and are made at the first start.
func (x *System) keys() (keyring.Config, error) {
	s := x.Settings
	c := keyring.Config{MasterPath: s.MasterKey, IndexPath: s.IndexKey, Now: x.clock.now}
	if !s.Demo {
		if s.MasterKey == "" || s.IndexKey == "" {
			return c, errors.New("settings: master-key and index-key (OKNO_MASTER_KEY, OKNO_INDEX_KEY) are not set; okno keys DIR makes them")
		}
		return c, nil
	}
	dir := filepath.Join(s.Data, "keys")
	c.MasterPath, c.IndexPath = filepath.Join(dir, "master.json"), filepath.Join(dir, "index.key")
	if _, err := os.Stat(c.MasterPath); errors.Is(err, fs.ErrNotExist) {
		made, err := keyring.Generate(dir)
		made.Now = x.clock.now
		return made, err
	}
	return c, nil
}

// storage opens keys, database and files.
func (x *System) storage(ctx context.Context) error {
	s := x.Settings
	c, err := x.keys()
	if err != nil {
		return err
	}
	if x.Ring, err = keyring.Open(c); err != nil {
		return err
	}
	x.Hasher = keyring.NewHasher(x.Ring, hashing(x.Policy.Password.Hash, x.Log))
	x.closers = append(x.closers, func() error { x.Hasher.Close(); return nil })
	if s.LeakedPasswords != "" {
		if x.leaked, err = credential.OpenLeaked(s.LeakedPasswords); err != nil {
			return fmt.Errorf("settings: leaked-passwords (OKNO_LEAKED_PASSWORDS): %w", err)
		}
		x.closers = append(x.closers, x.leaked.Close)
	}
	if s.Lent != nil {
		x.DB = s.Lent(x.clock.now)
	} else {
		if x.DB, err = store.Open(ctx, s.Database, store.Options{Now: x.clock.now, MaxConns: s.MaxConns}); err != nil {
			return err
		}
		x.closers = append(x.closers, x.DB.Close)
	}
	if err := x.DB.Migrate(ctx); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, x.DB); err != nil {
		return err
	}
	if err := x.Workdays.Update(ctx, x.DB); err != nil {
		return fmt.Errorf("production calendar: %w", err)
	}
	folder, err := files.OpenFolder(filepath.Join(s.Data, "files"))
	if err != nil {
		return err
	}
	x.closers = append(x.closers, folder.Close)
	if s.Demo {
		folder.Now = x.clock.now
	}
	x.Files = &files.Store{DB: x.DB, Ring: x.Ring, Bucket: folder, Now: x.clock.now}
	x.calls = newCalls()
	if x.outside, err = connect(s, x.Policy, x.Log, x.clock.now, observed(x.calls)); err != nil {
		return err
	}
	x.closers = append(x.closers, x.outside.close...)
	x.Files.Scanner, x.Files.AcceptUnscanned = x.outside.scanner, x.Policy.Uploads.Unscanned == "accept"
	return nil
}

// hashing is how the policy wants passwords hashed. A hash of another cost is replaced when its owner signs in.
func hashing(h policy.Hash, log *slog.Logger) keyring.HasherConfig {
	return keyring.HasherConfig{MaxQueue: h.Queue, MaxWait: h.Wait, Worker: keyring.SelfWorker(), Log: log,
		Cost: keyring.Cost{KiB: uint32(h.Memory >> 10), Passes: uint32(h.Time), Lanes: uint8(h.Lanes)}} //nolint:gosec // the policy's bounds are far below
}

// services builds the capabilities, each above what it uses.
func (x *System) services(ctx context.Context) error {
	workers := 0
	if x.Settings.runs("jobs") {
		workers = x.Settings.Workers
	}
	var err error
	if x.Jobs, err = jobs.New(x.DB, jobs.Config{Workers: workers, Log: x.Log, Tracer: x.Tracer}); err != nil {
		return err
	}
	gateways := &notification.Gateways{Texts: x.outside.texts, Letters: x.outside.letters, Voices: x.outside.voices, Log: x.Log}
	x.Accounts = &account.Service{DB: x.DB, Ring: x.Ring}
	x.Contacts = &contact.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Jobs: x.Jobs, Calls: len(x.outside.voices) > 0}
	x.Gate = &gate.Gate{DB: x.DB, Ring: x.Ring, Policy: x.Policy}
	x.Credentials = &credential.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Common: ui.CommonPasswords, Leaked: x.leaked, Log: x.Log}
	x.Staff = &staff.Service{DB: x.DB, Ring: x.Ring}
	x.Agents = &agent.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Agency: func(code string) bool { _, ok := x.Catalogue.Agency(code); return ok }}
	x.Notices = &notification.Service{DB: x.DB, Ring: x.Ring, Accounts: x.Accounts, Contacts: x.Contacts, Jobs: x.Jobs, Gateways: gateways, URL: x.URL, Name: x.Name,
		Night: notification.Night{Since: x.Policy.Notices.NightSince, Until: x.Policy.Notices.NightUntil}, Zone: x.Zone,
		Daytime: notification.Daytime{At: x.Policy.Notices.DigestAt, Most: x.Policy.Notices.DigestMost},
		Push:    pushing(x.Policy.Notices, x.URL, observed(x.calls), x.clock.now)}
	x.Registration = &registration.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Hasher: x.Hasher, Accounts: x.Accounts, Contacts: x.Contacts, Gate: x.Gate, Credentials: x.Credentials,
		Editions: func() registration.Editions {
			return registration.Editions{Terms: x.Texts.Edition("terms"), Privacy: x.Texts.Edition("privacy")}
		}}
	staffKeys, err := passkey.NewStaff(x.DB, x.Ring, x.Policy, x.URL, x.Name.RU)
	if err != nil {
		return err
	}
	if x.Passkeys, err = passkey.New(x.DB, x.Ring, x.Policy, x.URL, x.Name.RU); err != nil {
		return err
	}
	x.SignIn = &signin.Service{StaffKeys: staffKeys, DB: x.DB, Ring: x.Ring, Policy: x.Policy, Hasher: x.Hasher, Accounts: x.Accounts, Contacts: x.Contacts, Gate: x.Gate, Credentials: x.Credentials, Passkeys: x.Passkeys, Staff: x.Staff, Jobs: x.Jobs,
		Notices: x.Notices, Log: x.Log, Clock: time.Now}
	c := x.Policy.Scan
	pictures, err := scan.New(scan.Limits{AtOnce: c.AtOnce, Timeout: c.Timeout, CPU: c.CPU, Memory: int64(c.Memory), Answer: int64(c.Answer), Pixels: c.Pixels})
	if err != nil {
		x.Log.InfoContext(ctx, "pictures of passports are not read: people type what stands there", "err", err)
		pictures = nil
	}
	x.Verification = &verification.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Contacts: x.Contacts, Sessions: x.Credentials, Notices: x.Notices, Jobs: x.Jobs, Registers: x.outside.checks, Zone: x.Zone, Workdays: x.Workdays, Fund: x.outside.fund, Files: x.Files, Pictures: pictures}
	x.Appointments = &appointment.Service{DB: x.DB, Policy: x.Policy.Appointments, Places: x.Places, Zone: x.Zone, Workdays: x.Workdays, Accounts: x.Accounts, Ring: x.Ring, Notices: x.Notices, Jobs: x.Jobs, Log: x.Log}
	x.Accounts.SecretSNILS = x.Verification.SecretSNILS
	x.Originals = original.New(original.Config{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Files: x.Files, Proofs: x.Verification, Jobs: x.Jobs, Pictures: pictures, Opens: x.SignIn.Opens})
	if x.Signatures, err = signatures(x); err != nil {
		return err
	}
	x.SignIn.Signs = x.Signatures.Authorities.Set()
	if err := x.stamps(ctx); err != nil {
		return err
	}
	x.Papers = &document.Service{DB: x.DB, Ring: x.Ring, Files: x.Files, URL: x.URL, Name: x.Name, Fonts: ui.Typefaces, Stamp: x.Stamp, Opens: x.SignIn.Opens}
	x.Applications = &application.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Catalogue: x.Catalogue, Accounts: x.Accounts, Contacts: x.Contacts, Papers: x.Papers, Staff: x.Staff, Notices: x.Notices,
		Jobs: x.Jobs, Files: x.Files, Registers: x.outside.asked, Zone: x.Zone, Workdays: x.Workdays}
	x.issues()
	x.Attachments = application.NewAttachments(x.Applications, pictures)
	x.openWallet()
	x.Webhooks = &webhook.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Jobs: x.Jobs, URL: x.URL, Places: make(chan struct{}, max(1, workers/2)),
		Sender: hook.New(hook.Config{Timeout: x.Policy.Webhooks.Timeout, Inside: x.Policy.Webhooks.Inside, Observe: observed(x.calls), Now: x.clock.now})}
	x.Agents.Closing = x.Webhooks.DropOf
	x.Applications.News = func(ctx context.Context, tx *store.Tx, c application.Case) error {
		return x.Webhooks.Publish(ctx, tx, webhook.News{Unit: c.Unit, Case: c.ID, Service: c.Service, State: string(c.State), Turn: string(c.Turn), Outcome: string(c.Outcome), Version: c.Version})
	}
	x.Support = &support.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Notices: x.Notices, Files: x.Files, Jobs: x.Jobs}
	x.Mandates = &mandate.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Contacts: x.Contacts, Levels: x.Verification, Notices: x.Notices, Jobs: x.Jobs, Registers: x.outside.children, Zone: x.Zone,
		Consent: func() string { return x.Texts.Edition(mandate.ConsentText) }}
	x.Notices.Guardians, x.SignIn.Heirs = x.Mandates.Guardians, x.Mandates
	x.Verification.Parts = x.parts()
	x.Verification.DecidedSince = x.Applications.DecidedSince
	x.Rights = &rights.Service{DB: x.DB, Ring: x.Ring, Policy: x.Policy, Accounts: x.Accounts, Files: x.Files, Notices: x.Notices, Jobs: x.Jobs, Prover: x.SignIn, Log: x.Log,
		Holders: x.holders(), UnderWay: x.Applications.UnderWay, Former: x.former, Takeovers: x.takeovers, Wards: x.Mandates.Wards}
	x.Verification.Erasures, x.Verification.Mandates, x.Mandates.Erasing = x.Rights, x.Mandates, x.Rights.Begun
	return x.complete(ctx)
}

// parts are what goes with a person to the account that took over another of theirs (REG-12), each with the table that names the
// account. A case goes with its history, a question with its talk.
func (x *System) parts() []verification.Part {
	return slices.Concat([]verification.Part{
		verification.Rows("application", x.Applications.MoveCases).From("application", x.Applications.PartsOf),
		verification.Rows("document", x.Papers.Move).From("application", x.Papers.OfCases),
		verification.Rows("draft", x.Applications.MoveDrafts),
		verification.Rows("attachment", x.Applications.MoveAttachments).From("draft", x.Applications.AttachmentsOf).From("application", x.Applications.AttachmentsOf),
	}, x.walletParts(), []verification.Part{
		verification.Part{Name: "file", Move: func(ctx context.Context, b keyring.Between) (verification.Batch, error) {
			m, err := x.Files.Copy(ctx, b)
			return m.Move, err
		}}.From("document", x.Papers.FilesOf).From("attachment", x.Applications.FilesOfAttachments).From("question", x.Support.FilesOf).From("wallet_version", x.Wallet.FilesOf),
		verification.Rows("favourite", x.Accounts.MoveFavourites),
		verification.Rows("original", x.Originals.Move),
		verification.Rows("mandate", x.Mandates.Move),
		verification.Rows("application_by", x.Applications.MoveFiled),
		verification.Rows("draft_by", x.Applications.MoveBegun),
		verification.Rows("appointment", appointment.Holder{}.Move),
		verification.Rows("appointment_wait", appointment.Holder{}.MoveWaits),
		verification.Rows("notice", x.Notices.Move),
		verification.Rows("question", x.Support.Move),
	})
}

// former are the accounts that this one took over: whoever erases the person erases them, but not while something is on its way back
// to an account that was taken over by mistake.
func (x *System) former(ctx context.Context, q store.Querier, accountID string) ([]string, error) {
	if err := x.Verification.Returning(ctx, q, accountID); err != nil {
		return nil, err
	}
	return x.Verification.Former(ctx, q, access.Actor{Kind: access.Person, ID: accountID})
}

// takeovers are those by the account that can be undone still: until then nothing is erased with it.
func (x *System) takeovers(ctx context.Context, q store.Querier, accountID string) ([]rights.Takeover, error) {
	list, err := x.Verification.Reversible(ctx, q, accountID)
	if err != nil {
		return nil, err
	}
	out := make([]rights.Takeover, len(list))
	for i, r := range list {
		out[i] = rights.Takeover(r)
	}
	return out, nil
}

// holders are all that keep something of persons, in the order in which a copy shows it.
func (x *System) holders() []rights.Holder {
	return []rights.Holder{x.Accounts, x.Contacts, x.Papers, x.Files, x.Applications, x.Verification, x.Originals, x.Wallet, x.Mandates, x.Support, x.Notices, x.Credentials, x.Passkeys, x.SignIn, alert.Held{}, appointment.Holder{}, x.Signatures, audit.Trail{}}
}

// texts keeps the texts that people agree to, each edition for those who agreed to it.
func (x *System) texts(ctx context.Context) error {
	changed, err := x.Accounts.KeepTexts(ctx, x.Texts.Sources())
	for _, c := range changed {
		x.Log.WarnContext(ctx, "a text says something else than it said under the same edition: give it a new edition, so that people are asked", "text", c.Document, "edition", c.Edition)
	}
	return err
}

// sender sends codes.
func (x *System) sender() *contact.Sender {
	return &contact.Sender{Service: x.Contacts, Carrier: x.Notices.Gateways, URL: x.URL, Name: x.Name, Log: x.Log, Alarm: func(ctx context.Context, rule string) {
		x.capped.WithLabelValues(rule).Inc()
		x.Log.WarnContext(ctx, "the day's texts with codes are used up; e-mail is offered instead (policy, sms)", "cap", rule)
	}}
}

// handlers says who does which job, and what is done again and again.
func (x *System) handlers(context.Context) error {
	x.capped = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "okno_sms_capped_total", Help: "How often the day's texts with codes were used up, by cap."}, []string{"cap"})
	sender := x.sender()
	x.closers = append(x.closers, func() error { return sender.CountTexts(context.Background()) })
	jobs.Handle(x.Jobs, sender.Do)
	jobs.Handle(x.Jobs, sender.Speak)
	jobs.Handle(x.Jobs, sender.Freed)
	jobs.Handle(x.Jobs, x.SignIn.UntieAsked)
	jobs.Handle(x.Jobs, x.SignIn.UntieDue)
	jobs.Handle(x.Jobs, x.SignIn.AskToConfirm)
	jobs.Handle(x.Jobs, x.Notices.Deliver)
	jobs.Handle(x.Jobs, x.Notices.SendDigest)
	x.Jobs.Every(time.Minute, "notification.digests", x.Notices.LookDigests)
	jobs.Handle(x.Jobs, x.Verification.Ask)
	jobs.Handle(x.Jobs, x.Verification.Again)
	jobs.Handle(x.Jobs, x.Verification.Move)
	jobs.Handle(x.Jobs, x.Verification.Return)
	jobs.Handle(x.Jobs, x.Verification.AskFund)
	jobs.Handle(x.Jobs, x.Originals.ReadOne)
	x.walletJobs()
	jobs.Handle(x.Jobs, x.Appointments.Remind)
	jobs.Handle(x.Jobs, x.Appointments.Offer)
	x.Jobs.Every(time.Minute, "appointment.sweep", x.Appointments.Sweep)
	x.Jobs.Every(time.Minute, "appointment.closed", x.Appointments.SweepClosed)
	x.Jobs.Every(24*time.Hour, "workday.look", x.lookAtWorkdays)
	x.Jobs.Every(24*time.Hour, "catalogue.look", x.lookAtOutgrown)
	jobs.Handle(x.Jobs, x.Mandates.Ask)
	jobs.Handle(x.Jobs, x.Mandates.Again)
	jobs.Handle(x.Jobs, x.Applications.Ask)
	jobs.Handle(x.Jobs, x.Applications.LookUp)
	jobs.Handle(x.Jobs, x.Applications.FollowParts)
	jobs.Handle(x.Jobs, x.Applications.Overdue)
	jobs.Handle(x.Jobs, x.Applications.Warn)
	jobs.Handle(x.Jobs, x.Webhooks.Send)
	jobs.Handle(x.Jobs, x.Applications.RunBatch)
	jobs.Handle(x.Jobs, x.Attachments.Rescan)
	jobs.Handle(x.Jobs, x.Attachments.ReadOne)
	jobs.Handle(x.Jobs, x.Support.Deliver)
	jobs.Handle(x.Jobs, x.Rights.Erase)
	jobs.Handle(x.Jobs, x.Rights.Remind)
	x.Jobs.Every(time.Hour, "rights.sweep", x.Rights.Sweep)
	x.Jobs.Every(10*time.Minute, "registration.sweep", x.Registration.Sweep)
	x.Jobs.Every(10*time.Minute, "verification.sweep", x.Verification.Sweep)
	x.Jobs.Every(time.Hour, "verification.age", x.Verification.Age)
	x.Jobs.Every(time.Hour, "verification.remind", x.Verification.Remind)
	x.Jobs.Every(time.Hour, "original.sweep", x.Originals.Sweep)
	x.Jobs.Every(time.Hour, "mandate.age", x.Mandates.Age)
	x.Jobs.Every(time.Hour, "mandate.sweep", x.Mandates.Sweep)
	x.Jobs.Every(time.Hour, "contact.sweep", x.Contacts.Sweep)
	x.Jobs.Every(time.Hour, "signin.sweep", x.SignIn.Sweep)
	x.Jobs.Every(x.Policy.Alert.Look, "signin.arrivals", x.SignIn.TellArrivals)
	x.Jobs.Every(time.Hour, "alert.sweep", func(ctx context.Context) error { return alert.Sweep(ctx, x.DB) })
	x.Jobs.Every(10*time.Minute, "signin.stale", x.SignIn.SweepStale)
	x.Jobs.Every(time.Hour, "credential.sweep", x.Credentials.Sweep)
	x.Jobs.Every(time.Hour, "passkey.sweep", x.Passkeys.Sweep)
	x.Jobs.Every(24*time.Hour, "credential.devices", x.Credentials.ForgetDevices)
	x.Jobs.Every(24*time.Hour, "application.drafts", x.Applications.SweepDrafts)
	x.Jobs.Every(time.Minute, "application.changes", x.Applications.TellChanges)
	x.Jobs.Every(24*time.Hour, "application.batches", x.Applications.SweepBatches)
	x.Jobs.Every(time.Hour, "application.files", x.Applications.SweepFiles)
	x.Jobs.Every(10*time.Minute, "application.claims", x.Applications.GiveBack)
	x.Jobs.Every(time.Hour, "signature.sweep", x.Signatures.Sweep)
	x.Jobs.Every(time.Hour, "support.sweep", x.Support.Sweep)
	x.Jobs.Every(time.Hour, "agent.sweep", x.Agents.Sweep)
	x.Jobs.Every(x.Policy.Webhooks.LookEvery, "webhook.look", x.Webhooks.Look)
	x.Jobs.Every(time.Hour, "webhook.sweep", x.Webhooks.Sweep)
	x.Jobs.Every(5*time.Minute, "limit.sweep", func(ctx context.Context) error { _, err := limit.Sweep(ctx, x.DB); return err })
	x.Jobs.Every(6*time.Hour, "files.sweep", func(ctx context.Context) error { _, err := x.Files.Sweep(ctx); return err })
	return nil
}

// Close closes what New opened, the last first.
func (x *System) Close() error {
	var err error
	for i := len(x.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, x.closers[i]())
	}
	x.closers = nil
	return err
}

// Sign signs the heads of the audit's chain, so that who rewrites the chain needs the key too.
func (x *System) Sign(hash []byte) []byte {
	return signed(x.Ring.Index(auditKey.Column, auditKey.Value), hash)
}

// Run serves until ctx ends, then lets running requests and jobs end. ready, when not nil, is told the addresses.
func (x *System) Run(ctx context.Context, ready func(portal, metrics net.Addr)) error {
	if n := x.Settings.Workers; x.Settings.runs("jobs") && n < 1 {
		return fmt.Errorf("settings: workers (OKNO_WORKERS) is %d; nothing would ever be sent or asked: set it to 1 or more", n)
	}
	metrics, err := net.Listen("tcp", x.Settings.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listen for metrics: %w", err)
	}
	defer metrics.Close() //nolint:errcheck // the server closes it
	g, ctx := errgroup.WithContext(ctx)
	if x.Settings.runs("web") {
		ln, err := net.Listen("tcp", x.Settings.Addr)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		g.Go(func() error { return x.Web.Run(ctx, ln) })
		if x.tokens != nil {
			shown, err := net.Listen("tcp", x.tokens.addr)
			if err != nil {
				return fmt.Errorf("listen for certificates: %w", err)
			}
			g.Go(func() error { return x.tokens.run(ctx, shown, x.Log) })
		}
		if ready != nil {
			ready(ln.Addr(), metrics.Addr())
		}
	} else if ready != nil {
		ready(nil, metrics.Addr())
	}
	if err := x.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	g.Go(func() error {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		return x.Jobs.Stop(late)
	})
	g.Go(func() error {
		return ended((&audit.Sealer{DB: x.DB, Every: x.Policy.Audit.SealInterval, Sign: x.Sign, Log: x.Log}).Run(ctx))
	})
	g.Go(func() error { x.Ring.Watch(ctx, x.DB); return nil })
	g.Go(func() error { x.Catalogue.Follow(ctx, x.DB, x.Log); return nil })
	g.Go(func() error { x.Workdays.Follow(ctx, x.DB, x.Log); return nil })
	g.Go(func() error { x.Places.Follow(ctx, x.Settings.Places, 10*time.Second, x.Log); return nil })
	g.Go(func() error { x.Ring.Keep(ctx, x.DB, x.Log); return nil })
	g.Go(func() error { return x.serveMetrics(ctx, metrics) })
	return g.Wait()
}

// ended is nil for an end that was asked for.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (x *System) serveMetrics(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", x.Web.Metrics())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		srv.Close() //nolint:errcheck // nobody waits for metrics
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// personName is how the header greets whoever is signed in.
func (x *System) personName(ctx context.Context, who access.Actor) (string, error) {
	if who.Kind == access.Staff {
		return x.Staff.Name(ctx, x.DB, who.ID)
	}
	return x.Accounts.ShortName(ctx, x.DB, who.ID)
}
