package registration

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/gate"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/store"
)

// Step is where a draft stands. Its text is stored.
type Step string

// The steps.
const (
	StepDetails  Step = "details"
	StepCode     Step = "code"
	StepPassword Step = "password"
	StepTaken    Step = "taken" // the contact was proved, and has an account
)

// Details is what the first page asks, as it was typed or as form normalised it.
type Details struct {
	Surname   string `json:"surname"`
	GivenName string `json:"given_name"`
	Phone     string `json:"phone,omitempty"`
	Email     string `json:"email,omitempty"`
	Next      string `json:"next,omitempty"` // address of the page that they came for, "" when it is none
	Terms     bool   `json:"-"`
	Data      bool   `json:"-"`
}

// Draft is a registration under way.
type Draft struct {
	ID        string
	Step      Step
	Details   Details
	Challenge contact.Challenge
	Other     string // the other contact that was given, masked: «подтвердить почту вместо телефона»; "" when there is none
	OtherKind contact.Kind
	ExpiresAt time.Time
	Untying   contact.Untying // at StepTaken: what became of asking for the contact
	Free      bool            // at StepTaken: no account holds it any more
}

// Editions names the texts in force that people agree to (REG-8).
type Editions struct{ Terms, Privacy string }

// Service registers people.
type Service struct {
	DB          *store.DB
	Ring        *keyring.Ring
	Policy      *policy.Policy
	Hasher      *keyring.Hasher
	Accounts    *account.Service
	Contacts    *contact.Service
	Gate        *gate.Gate
	Credentials *credential.Service
	Editions    func() Editions
}

// The refusals.
var (
	ErrTaken = fault.New(fault.Conflict, "register.taken")        // the contact, now proved, has an account (REG-6)
	ErrNone  = fault.New(fault.Missing, "register.none")          // no registration is under way in this browser
	ErrOrder = fault.New(fault.Conflict, "register.out_of_order") // another step comes first
)

// row is a draft as it is stored.
type row struct {
	Draft
	Challenge      string
	Channel        contact.Kind
	Terms, Privacy string
	AgreedAt       time.Time
	Lang           i18n.Lang
	key            *keyring.Key // of the person to be
}

func (s *Service) load(ctx context.Context, q store.Querier, v credential.Visitor) (row, error) {
	var r row
	var step, channel, lang string
	var sealed, wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT id, step, details, channel, challenge_id, terms, privacy, agreed_at, lang, expires_at, `+keyring.WrappedSQL("registration.id")+`
		FROM registration WHERE browser IN ($1, $2) AND expires_at > $3`, v.Began(), v.Proved(), q.Now()).
		Scan(&r.ID, &step, &sealed, &channel, &r.Challenge, &r.Terms, &r.Privacy, store.Time(&r.AgreedAt), &lang, store.Time(&r.ExpiresAt), &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return row{}, ErrNone
	}
	if err != nil {
		return row{}, fmt.Errorf("load a registration: %w", err)
	}
	if r.key, err = s.Ring.Unwrap(r.ID, wrapped); err != nil {
		return row{}, err
	}
	plain, err := r.key.Open("registration", "details", r.ID, sealed)
	if err != nil {
		return row{}, fmt.Errorf("open registration %s: %w", r.ID, err)
	}
	r.Step, r.Channel, r.Lang = Step(step), contact.Kind(channel), i18n.Lang(lang)
	return r, json.Unmarshal(plain, &r.Details)
}

// target is the contact that is being proved.
func (r row) target() contact.Target {
	if r.Channel == contact.Email {
		return contact.Target{Kind: contact.Email, Value: r.Details.Email}
	}
	return contact.Target{Kind: contact.Phone, Value: r.Details.Phone}
}

// other is the contact that was given too and is not being proved; its Value is "" when there is none.
func (r row) other() contact.Target {
	if r.Channel == contact.Email {
		return contact.Target{Kind: contact.Phone, Value: r.Details.Phone}
	}
	return contact.Target{Kind: contact.Email, Value: r.Details.Email}
}

func (s *Service) draft(r row, c contact.Challenge) Draft {
	d := r.Draft
	d.Challenge, d.OtherKind = c, r.other().Kind
	if r.other().Value != "" {
		d.Other = r.other().Masked()
	}
	return d
}

// Current is the registration under way in this browser; the bool is false when there is none.
func (s *Service) Current(ctx context.Context, v credential.Visitor) (Draft, bool, error) {
	r, err := s.load(ctx, s.DB, v)
	if errors.Is(err, ErrNone) {
		return Draft{}, false, nil
	}
	if err != nil {
		return Draft{}, false, err
	}
	if r.Step == StepTaken {
		if r.Untying, err = s.Contacts.UntyingFor(ctx, s.DB, r.ID, r.target()); err != nil {
			return Draft{}, false, err
		}
		holder, err := s.Contacts.Holder(ctx, s.DB, r.target())
		if err != nil {
			return Draft{}, false, err
		}
		r.Free = holder == ""
	}
	if r.Step != StepCode {
		return s.draft(r, contact.Challenge{Target: r.target(), Masked: r.target().Masked()}), true, nil
	}
	c, err := s.Contacts.Get(ctx, s.DB, r.Challenge, v.Browser)
	if errors.Is(err, contact.ErrGone) { // swept: a new code will begin a new attempt
		r.Step = StepDetails
		return s.draft(r, contact.Challenge{}), true, nil
	}
	return s.draft(r, c), true, err
}

// read checks what was typed on the first page.
func read(d Details) (Details, contact.Kind, error) {
	var sheet form.Sheet
	var p *form.Problem
	out := d
	out.Surname, p = form.Surname(d.Surname)
	sheet.Note("surname", p)
	out.GivenName, p = form.GivenName(d.GivenName)
	sheet.Note("given_name", p)
	channel := contact.Phone
	switch {
	case form.Blank(d.Phone) && form.Blank(d.Email):
		sheet = append(sheet, fault.F("phone", "register.contact_missing"))
	default:
		if out.Phone = ""; !form.Blank(d.Phone) {
			out.Phone, p = form.MobilePhone(d.Phone)
			sheet.Note("phone", p)
		}
		if out.Email = ""; !form.Blank(d.Email) {
			out.Email, p = form.Email(d.Email)
			sheet.Note("email", p)
		}
		if form.Blank(d.Phone) {
			channel = contact.Email
		}
	}
	if !d.Terms {
		sheet = append(sheet, fault.F("terms", "register.terms_missing"))
	}
	if !d.Data {
		sheet = append(sheet, fault.F("data", "register.data_missing"))
	}
	return out, channel, sheet.Err()
}

// Begin takes the first page and sends the code. A registration that was under way in this browser is replaced: its
// attempt with the same contact goes on with the tries it has.
func (s *Service) Begin(ctx context.Context, v credential.Visitor, d Details) (Draft, error) {
	d, channel, err := read(d)
	if err != nil {
		return Draft{}, err
	}
	if p := s.Contacts.Reachable(contact.Target{Kind: contact.Phone, Value: d.Phone}); d.Phone != "" && p != nil {
		return Draft{}, fault.Invalid(p.On("phone"))
	}
	var out Draft
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.Gate.Admit(ctx, tx, "register", v.Pass); err != nil {
			return err
		}
		r, err := s.load(ctx, tx, v)
		fresh := errors.Is(err, ErrNone)
		if err != nil && !fresh {
			return err
		}
		if fresh {
			if err := s.clear(ctx, tx, v); err != nil {
				return err
			}
			r.ID = id.At(tx.Now())
			if r.key, err = s.Ring.NewPerson(ctx, tx, r.ID); err != nil {
				return err
			}
		}
		e := s.Editions()
		r.Step, r.Details, r.Channel, r.Lang = StepCode, d, channel, v.Lang
		r.Terms, r.Privacy, r.AgreedAt = e.Terms, e.Privacy, tx.Now()
		r.ExpiresAt = tx.Now().Add(s.Policy.Registration.DraftLifetime)
		out, err = s.prove(ctx, tx, v.Proving(), r)
		return err
	})
	return out, err
}

// prove begins or continues the attempt with the draft's contact and saves the draft.
func (s *Service) prove(ctx context.Context, tx *store.Tx, v credential.Visitor, r row) (Draft, error) {
	c, err := s.Contacts.Start(ctx, tx, contact.Request{Purpose: contact.Register, Browser: v.Browser, Target: r.target(), Subject: r.ID, Lang: v.Lang})
	if err != nil {
		return Draft{}, err
	}
	r.Challenge = c.ID
	return s.draft(r, c), s.save(ctx, tx, v, r)
}

func (s *Service) save(ctx context.Context, tx *store.Tx, v credential.Visitor, r row) error {
	plain, err := json.Marshal(r.Details)
	if err != nil {
		return err
	}
	err = tx.Do(ctx, `INSERT INTO registration (id, browser, step, details, channel, challenge_id, terms, privacy, agreed_at, lang, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET browser = excluded.browser, step = excluded.step, details = excluded.details, channel = excluded.channel,
			challenge_id = excluded.challenge_id, terms = excluded.terms, privacy = excluded.privacy, agreed_at = excluded.agreed_at,
			lang = excluded.lang, expires_at = excluded.expires_at`,
		r.ID, v.Proved(), string(r.Step), r.key.Seal("registration", "details", r.ID, plain), string(r.Channel), r.Challenge,
		r.Terms, r.Privacy, store.Moment(r.AgreedAt), string(r.Lang), tx.Now(), store.Moment(r.ExpiresAt))
	if err != nil {
		return fmt.Errorf("save registration %s: %w", r.ID, err)
	}
	return nil
}

// clear erases whatever draft the browser has, with its key.
func (s *Service) clear(ctx context.Context, tx *store.Tx, v credential.Visitor) error {
	for _, name := range slices.CompactFunc([][]byte{v.Began(), v.Proved()}, bytes.Equal) {
		var old string
		err := store.One(tx.QueryRow(ctx, `DELETE FROM registration WHERE browser = $1 RETURNING id`, name).Scan(&old))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.Ring.Forget(ctx, tx, old); err != nil {
			return err
		}
	}
	return nil
}

// Resend sends a new code in the same attempt.
func (s *Service) Resend(ctx context.Context, v credential.Visitor) (Draft, error) {
	return s.again(ctx, v, s.Contacts.Resend)
}

// Call is Resend by a call that speaks the new code (REG-4).
func (s *Service) Call(ctx context.Context, v credential.Visitor) (Draft, error) {
	return s.again(ctx, v, s.Contacts.Call)
}

func (s *Service) again(ctx context.Context, v credential.Visitor, send func(ctx context.Context, cid, browser string) (contact.Challenge, error)) (Draft, error) {
	r, err := s.load(ctx, s.DB, v)
	if err != nil {
		return Draft{}, err
	}
	if r.Step != StepCode {
		return Draft{}, ErrOrder
	}
	c, err := send(ctx, r.Challenge, v.Browser)
	return s.draft(r, c), err
}

// SwitchChannel proves the other contact instead (REG-10). It does not meet the gate again: both contacts came with the form that
// did, and each takes so many codes a day.
func (s *Service) SwitchChannel(ctx context.Context, v credential.Visitor) (Draft, error) {
	var out Draft
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.load(ctx, tx, v)
		if err != nil {
			return err
		}
		if r.Step != StepCode || r.other().Value == "" {
			return ErrOrder
		}
		r.Channel = r.other().Kind
		out, err = s.prove(ctx, tx, v, r)
		return err
	})
	return out, err
}

// Want has the registration under way lead to another page than the one that its person came for first.
func (s *Service) Want(ctx context.Context, v credential.Visitor, next string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.load(ctx, tx, v)
		if err != nil || r.Details.Next == next {
			return err
		}
		r.Details.Next = next
		return s.save(ctx, tx, v, r)
	})
}

// Restart goes back to the first page; what was typed is kept.
func (s *Service) Restart(ctx context.Context, v credential.Visitor) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.load(ctx, tx, v)
		if err != nil {
			return err
		}
		r.Step = StepDetails
		return s.save(ctx, tx, v, r)
	})
}

// Confirm takes the code. When the contact, now proved, has an account, it is ErrTaken.
func (s *Service) Confirm(ctx context.Context, v credential.Visitor, code string) (Draft, error) {
	var r row
	var c contact.Challenge
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if r, err = s.load(ctx, tx, v); err != nil {
			return err
		}
		if r.Step != StepCode {
			return ErrOrder
		}
		c, refused, err = s.Contacts.CheckIn(ctx, tx, r.Challenge, v.Browser, code, func(p contact.Proved) error {
			if !s.awaits(r, p) {
				return ErrOrder
			}
			r, err = s.proved(ctx, tx, v.Proving(), r, p)
			return err
		})
		return err
	})
	if err = cmp.Or(err, refused); err != nil {
		return s.draft(r, c), err
	}
	return s.draft(r, c), taken(r)
}

// awaits reports whether the draft waits for exactly what was proved. It keeps its id when the first page is filled in anew, so
// that an older attempt, with another contact, still names it: such a proof is none of what the draft says now.
func (s *Service) awaits(r row, p contact.Proved) bool {
	return r.ID == p.Subject && r.Step == StepCode && r.Challenge == p.Challenge && r.Channel == p.Target.Kind &&
		r.target().Same(p.Target)
}

func taken(r row) error {
	if r.Step == StepTaken {
		return ErrTaken
	}
	return nil
}

// proved moves the draft to the step after the proof, in the browser where the proof was given. From here on the draft has
// the contact as the code was addressed: an address whose case was changed meanwhile might be another's.
func (s *Service) proved(ctx context.Context, tx *store.Tx, v credential.Visitor, r row, p contact.Proved) (row, error) {
	holder, err := s.Contacts.Holder(ctx, tx, p.Target)
	if err != nil {
		return row{}, err
	}
	r.Step = StepPassword
	if holder != "" {
		r.Step = StepTaken
	}
	if r.Channel == contact.Email {
		r.Details.Email = p.Target.Value
	}
	return r, s.save(ctx, tx, v, r)
}

// Untie asks to untie the contact, which was proved in this draft, from the account that holds it (REG-6). The draft waits for it.
func (s *Service) Untie(ctx context.Context, v credential.Visitor) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.load(ctx, tx, v)
		if err != nil {
			return err
		}
		if r.Step != StepTaken {
			return ErrOrder
		}
		_, err = s.Contacts.Untie(ctx, tx, r.key, r.ID, r.target(), r.Lang)
		if errors.Is(err, contact.ErrFree) {
			return nil // the page says that it is free
		}
		if err != nil {
			return err
		}
		r.ExpiresAt = tx.Now().Add(s.Policy.Registration.DraftLifetime)
		return s.save(ctx, tx, v, r)
	})
}

// GoOn goes on with a contact that belonged to an account and has become free.
func (s *Service) GoOn(ctx context.Context, v credential.Visitor) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.load(ctx, tx, v)
		if err != nil {
			return err
		}
		holder, err := s.Contacts.Holder(ctx, tx, r.target())
		if err != nil {
			return err
		}
		if r.Step != StepTaken || holder != "" {
			return ErrOrder
		}
		r.Step = StepPassword
		return s.save(ctx, tx, v, r)
	})
}

// LinkInfo checks the link of a letter without using it.
func (s *Service) LinkInfo(ctx context.Context, token string) (contact.Challenge, error) {
	return s.Contacts.LinkInfo(ctx, s.DB, token)
}

// ConfirmLink proves the contact by the link of the letter. The registration goes on in the browser in which the link was
// opened, and only there: whoever began it may be a stranger who typed somebody else's address.
func (s *Service) ConfirmLink(ctx context.Context, v credential.Visitor, token string) (Draft, error) {
	var r row
	c, err := s.Contacts.UseLink(ctx, token, func(tx *store.Tx, p contact.Proved) error {
		var err error
		r, err = s.byID(ctx, tx, p.Subject)
		if err != nil {
			return err
		}
		if !s.awaits(r, p) {
			return contact.ErrLink
		}
		var here string
		err = store.One(tx.QueryRow(ctx, `SELECT id FROM registration WHERE browser IN ($1, $2)`, v.Began(), v.Proved()).Scan(&here))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if here != "" && here != r.ID {
			if err := s.clear(ctx, tx, v); err != nil {
				return err
			}
		}
		r, err = s.proved(ctx, tx, v.Proving(), r, p)
		return err
	})
	if err != nil {
		return Draft{}, err
	}
	return s.draft(r, c), taken(r)
}

// byID loads a draft for a link, which proves more than a cookie does.
func (s *Service) byID(ctx context.Context, tx *store.Tx, draft string) (row, error) {
	r := row{Draft: Draft{ID: draft}}
	var step, channel, lang string
	var sealed []byte
	err := store.One(tx.QueryRow(ctx, `SELECT step, details, channel, challenge_id, terms, privacy, agreed_at, lang, expires_at FROM registration WHERE id = $1 AND expires_at > $2`, draft, tx.Now()).
		Scan(&step, &sealed, &channel, &r.Challenge, &r.Terms, &r.Privacy, store.Time(&r.AgreedAt), &lang, store.Time(&r.ExpiresAt)))
	if errors.Is(err, store.ErrNotFound) {
		return row{}, contact.ErrLink
	}
	if err != nil {
		return row{}, err
	}
	if r.key, err = s.Ring.Person(ctx, tx, draft); err != nil {
		return row{}, err
	}
	plain, err := r.key.Open("registration", "details", draft, sealed)
	if err != nil {
		return row{}, err
	}
	r.Step, r.Channel, r.Lang = Step(step), contact.Kind(channel), i18n.Lang(lang)
	return r, json.Unmarshal(plain, &r.Details)
}

// Finish sets the password, makes the account and signs in; it returns the token of the session.
func (s *Service) Finish(ctx context.Context, v credential.Visitor, password, again string) (string, error) {
	r, err := s.load(ctx, s.DB, v)
	if err != nil {
		return "", err
	}
	if r.Step != StepPassword {
		return "", ErrOrder
	}
	if err := s.Credentials.ReadNew(ctx, password, again, r.Details.Surname, r.Details.GivenName, r.Details.Phone, r.Details.Email); err != nil {
		return "", err
	}
	encoded, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	var token string
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		token, err = s.create(ctx, tx, v, r, encoded)
		return err
	})
	if errors.Is(err, contact.ErrTaken) {
		return "", ErrTaken
	}
	return token, err
}

// create writes everything that makes an account. The draft is consumed by its deletion: of two that finish it at once, one finds
// it gone. It must be the draft that was read before the hash: in this browser, with the contact that was proved then.
func (s *Service) create(ctx context.Context, tx *store.Tx, v credential.Visitor, r row, encoded string) (string, error) {
	n, err := tx.Exec(ctx, `DELETE FROM registration WHERE id = $1 AND step = $2 AND browser IN ($3, $4) AND challenge_id = $5`,
		r.ID, string(StepPassword), v.Began(), v.Proved(), r.Challenge)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", ErrNone
	}
	at := store.Moment(tx.Now())
	profile := account.Profile{Surname: r.Details.Surname, GivenName: r.Details.GivenName, Unproved: r.other().Value,
		Sources: map[string]account.Source{"surname": {From: account.Entered, At: at}, "given_name": {From: account.Entered, At: at}}}
	err = s.Accounts.Create(ctx, tx, r.key, account.New{ID: r.ID, Profile: profile, Lang: r.Lang, AgreedAt: r.AgreedAt,
		Consents: []account.Consent{{Document: "terms", Edition: r.Terms}, {Document: "privacy", Edition: r.Privacy}}})
	if err != nil {
		return "", err
	}
	if err := s.Contacts.Attach(ctx, tx, r.key, r.ID, r.target()); err != nil {
		return "", err
	}
	if err := s.Credentials.SetPassword(ctx, tx, r.ID, encoded, false); err != nil {
		return "", err
	}
	if err := s.Credentials.Remember(ctx, tx, r.ID, v); err != nil {
		return "", err
	}
	if err := s.Credentials.Trust(ctx, tx, r.ID, v, tx.Now().Add(s.Policy.SecondFactor.Registered)); err != nil { // the code was typed here
		return "", err
	}
	who := access.Actor{Kind: access.Person, ID: r.ID, Level: access.Simplified}
	if err := audit.Record(ctx, tx, audit.Event{Action: "account.registered", Actor: who, Subject: r.ID}); err != nil {
		return "", err
	}
	by := credential.BySMS
	if r.target().Kind == contact.Email {
		by = credential.ByMail
	}
	return s.Credentials.OpenBy(ctx, tx, access.Person, r.ID, access.Simplified, v, credential.ByPassword+" "+by)
}

// Sweep erases drafts that were abandoned (REG-8), with their keys. It takes some at a time, so that no transaction grows long.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		gone, err := expired(ctx, tx)
		if err != nil {
			return err
		}
		for _, draft := range gone {
			if _, err := tx.Exec(ctx, `DELETE FROM registration WHERE id = $1`, draft); err != nil {
				return err
			}
			if err := s.Ring.Forget(ctx, tx, draft); err != nil {
				return err
			}
		}
		return nil
	})
}

func expired(ctx context.Context, tx *store.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM registration WHERE expires_at <= $1 ORDER BY expires_at LIMIT 200`, tx.Now())
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	for rows.Next() {
		var draft string
		if err := rows.Scan(&draft); err != nil {
			return nil, err
		}
		out = append(out, draft)
	}
	return out, rows.Err()
}
