package mandate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// State of a request. Its text is stored.
type State string

// The states.
const (
	Entering State = "entering" // the parent enters the child's data
	Checking State = "checking" // the registers are asked, or have refused: see Refusal
	Opened   State = "opened"   // it made the child's account, or gave it its SNILS
	Joined   State = "joined"   // the other parent had opened the account: this one was given access to it
	Left     State = "left"     // dropped, or never sent
)

// Refusal is what the last round of checks came to when it did not open the account. Its text is stored.
type Refusal string

// The refusals.
const (
	RefusedAnswers Refusal = "answers" // a register did not match
	RefusedTaken   Refusal = "taken"   // the SNILS is another account's, or the child's was retired: a desk judges
	RefusedLevel   Refusal = "level"   // the parent is Confirmed no more
	RefusedGrown   Refusal = "grown"   // the birthday came before the registers answered
)

// Step is a page of the child's data. Its text is stored, and stands in addresses.
type Step string

// The steps.
const (
	StepChild       Step = "child"
	StepCertificate Step = "certificate"
	StepNumbers     Step = "numbers"
)

// Papers is what the parent enters of the child. Sex is "m" or "f".
type Papers struct {
	Surname, GivenName, Patronymic, BirthDate, Sex, SNILS string
	Series, Number, IssuedAt, IssuedBy                    string // of the certificate of birth

	Edition string `json:",omitempty"` // of the text that the parent agreed to for the child, once they did
	Filled  []Step `json:",omitempty"`
}

// Birth is by what a child's account was opened: the certificate, and the number of the record of which it was made out.
type Birth struct {
	Certificate form.Identity `json:"certificate"`
	Act         string        `json:"act,omitempty"`
}

func (p Papers) certificate() form.Identity {
	x := form.Identity{Kind: form.BirthCertificate, Country: form.Russia, Series: p.Series, Number: p.Number, IssuedBy: p.IssuedBy}
	x.IssuedAt.UnmarshalText([]byte(p.IssuedAt)) //nolint:errcheck // it was read before it was kept
	return x
}

// Check is one register's part of a request.
type Check struct {
	Register string
	Answered bool
	Answer   Answer
	Tries    int // how often it was asked in vain
	AskedAt  time.Time
}

// Request is a parent's request.
type Request struct {
	ID, AccountID string // of the parent
	ChildID       string // the child's account: when it is there
	State         State
	Refusal       Refusal
	Papers        Papers // normalised
	Checks        []Check
	Round         int64
	CreatedAt     time.Time
	EndedAt       time.Time
}

// Adds reports whether the request gives a child's account its SNILS; the others open one.
func (r Request) Adds() bool { return r.ChildID != "" && !r.Ended() }

// Steps are those that the request asks.
func (r Request) Steps() []Step {
	if r.Adds() {
		return []Step{StepNumbers}
	}
	return []Step{StepChild, StepCertificate, StepNumbers}
}

// Next is the first step that is not filled in; the bool is false when all are.
func (r Request) Next() (Step, bool) {
	for _, s := range r.Steps() {
		if !slices.Contains(r.Papers.Filled, s) {
			return s, true
		}
	}
	return "", false
}

// Ended reports whether nothing more can be done with the request.
func (r Request) Ended() bool { return r.State == Opened || r.State == Joined || r.State == Left }

// Waiting reports whether registers are being asked.
func (r Request) Waiting() bool { return r.State == Checking && r.Refusal == "" }

// act is the number of the record of the birth, of which every certificate is made out.
func (r Request) act() string {
	for _, c := range r.Checks {
		if c.Register == Civil {
			return c.Answer.Act
		}
	}
	return ""
}

func (r Request) matched() bool {
	return len(r.Checks) > 0 && !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.Answered || c.Answer.Verdict != Match })
}

// Open begins a request for a new child, or goes on with the one that was begun and never sent.
func (s *Service) Open(ctx context.Context, who access.Actor) (Request, error) {
	return s.begin(ctx, who, "")
}

// AddSNILS begins a request that gives the child's account the SNILS that was left for later.
func (s *Service) AddSNILS(ctx context.Context, who access.Actor, childID string) (Request, error) {
	if childID == "" {
		return Request{}, ErrMissing
	}
	return s.begin(ctx, who, childID)
}

func (s *Service) begin(ctx context.Context, who access.Actor, childID string) (Request, error) {
	if err := parent(who); err != nil {
		return Request{}, err
	}
	var r Request
	start := func(tx *store.Tx) error {
		papers := Papers{}
		if childID == "" {
			a, err := s.Accounts.Get(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			if a.Profile.BirthDate == "" { // the certificate of a signature has none
				return ErrNoBirthday
			}
		} else {
			list, err := s.children(ctx, tx, who.ID, childID)
			if err != nil {
				return err
			}
			if len(list) == 0 || list[0].Account.Profile.SNILS != "" {
				return ErrMissing
			}
			x := list[0].Account.Profile
			papers = Papers{Surname: x.Surname, GivenName: x.GivenName, Patronymic: x.Patronymic, BirthDate: x.BirthDate, Sex: x.Sex}
		}
		rid, err := s.fresh(ctx, tx, who.ID, childID)
		if err == nil {
			r, err = s.load(ctx, tx, who.ID, rid)
			return err
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM mandate WHERE account_id = $1 AND ended_at IS NULL) +
			(SELECT count(*) FROM child_request WHERE account_id = $1 AND ended_at IS NULL)`, who.ID).Scan(&n); err != nil {
			return err
		}
		if n >= s.Policy.Children.MostChildren {
			return ErrMost
		}
		r = Request{ID: id.At(tx.Now()), AccountID: who.ID, ChildID: childID, State: Entering, Papers: papers, CreatedAt: tx.Now()}
		if _, err := tx.Exec(ctx, `INSERT INTO child_request (id, account_id, child_id, state, created_at) VALUES ($1, $2, $3, $4, $5)`,
			r.ID, who.ID, childID, string(Entering), tx.Now()); err != nil {
			return err
		}
		return s.keep(ctx, tx, r)
	}
	err := s.DB.Write(ctx, start)
	if errors.Is(err, store.ErrExists) { // pressed twice at once: that one is found
		err = s.DB.Write(ctx, start)
	}
	if err != nil {
		return Request{}, fmt.Errorf("ask for a child: %w", err)
	}
	return r, nil
}

// fresh is the request that was begun and never sent.
func (s *Service) fresh(ctx context.Context, q store.Querier, accountID, childID string) (string, error) {
	var rid string
	err := store.One(q.QueryRow(ctx, `SELECT id FROM child_request WHERE account_id = $1 AND child_id = $2 AND ended_at IS NULL AND
		(state = 'entering' OR child_id <> '') ORDER BY id DESC LIMIT 1`, accountID, childID).Scan(&rid))
	return rid, err
}

// Requests are those of whoever asks that have not ended, the oldest first.
func (s *Service) Requests(ctx context.Context, who access.Actor) ([]Request, error) {
	if err := parent(who); err != nil {
		return nil, err
	}
	var out []Request
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		out = nil
		all, err := store.Names(tx.Query(ctx, `SELECT id FROM child_request WHERE account_id = $1 AND ended_at IS NULL ORDER BY id`, who.ID))
		if err != nil {
			return err
		}
		for _, rid := range all { // a family
			r, err := s.load(ctx, tx, who.ID, rid)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// Request is one of theirs; one that has ended, too.
func (s *Service) Request(ctx context.Context, who access.Actor, rid string) (Request, error) {
	if err := parent(who); err != nil {
		return Request{}, err
	}
	var r Request
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		r, err = s.load(ctx, tx, who.ID, rid)
		return err
	})
	return r, err
}

// load reads a request of the account; of whichever when accountID is "".
func (s *Service) load(ctx context.Context, q store.Querier, accountID, rid string) (Request, error) {
	r := Request{ID: rid}
	var state, refusal string
	var sealed, wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT account_id, child_id, state, refusal, papers, round, created_at, ended_at, `+keyring.WrappedSQL("child_request.account_id")+`
		FROM child_request WHERE id = $1`, rid).
		Scan(&r.AccountID, &r.ChildID, &state, &refusal, &sealed, &r.Round, store.Time(&r.CreatedAt), store.NullTime(&r.EndedAt), &wrapped))
	if errors.Is(err, store.ErrNotFound) || err == nil && accountID != "" && accountID != r.AccountID {
		return Request{}, ErrMissing
	}
	if err != nil {
		return Request{}, fmt.Errorf("load request %s: %w", rid, err)
	}
	r.State, r.Refusal = State(state), Refusal(refusal)
	key, err := s.Ring.Unwrap(r.AccountID, wrapped)
	if err != nil {
		return Request{}, err
	}
	if sealed != nil {
		if err := key.OpenJSON("child_request", "papers", rid, sealed, &r.Papers); err != nil {
			return Request{}, err
		}
	}
	r.Checks, err = s.checks(ctx, q, key, rid)
	return r, err
}

func (s *Service) checks(ctx context.Context, q store.Querier, key *keyring.Key, rid string) ([]Check, error) {
	rows, err := q.Query(ctx, `SELECT register, state, tries, answer, asked_at FROM child_check WHERE request_id = $1 ORDER BY register`, rid)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Check
	for rows.Next() {
		var c Check
		var state string
		var sealed []byte
		if err := rows.Scan(&c.Register, &state, &c.Tries, &sealed, store.Time(&c.AskedAt)); err != nil {
			return nil, err
		}
		if c.Answered = state == "answered"; c.Answered {
			if err := key.OpenJSON("child_check", "answer", rid+"/"+c.Register, sealed, &c.Answer); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

func (s *Service) keep(ctx context.Context, tx *store.Tx, r Request) error {
	key, err := s.Ring.Person(ctx, tx, r.AccountID)
	if err != nil {
		return err
	}
	sealed, err := key.SealJSON("child_request", "papers", r.ID, r.Papers)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE child_request SET papers = $1, state = $2, refusal = $3, round = $4 WHERE id = $5`, sealed, string(r.State), string(r.Refusal), r.Round, r.ID)
	return err
}

// Fill takes one step and keeps it. What the registers refused is corrected so; while they are asked, it is ErrAsking.
func (s *Service) Fill(ctx context.Context, who access.Actor, rid string, step Step, typed Papers) (Request, error) {
	if err := parent(who); err != nil {
		return Request{}, err
	}
	var r Request
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if r, err = s.load(ctx, tx, who.ID, rid); err != nil {
			return err
		}
		if r.Ended() || !slices.Contains(r.Steps(), step) {
			return ErrMissing
		}
		if r.Waiting() {
			return ErrAsking
		}
		papers, err := r.Papers.fill(step, typed, s.today(tx), s.Policy.Children.UntilAge, r.Adds())
		if err != nil {
			return err
		}
		r.Papers, r.State, r.Refusal = papers, Entering, ""
		return s.keep(ctx, tx, r)
	})
	return r, err
}

// today is the civil day of the portal.
func (s *Service) today(q store.Querier) form.Date { return form.DateOf(q.Now().In(s.Zone)) }

// fill checks one step and puts it into the papers. must says that the SNILS may not be left for later any more.
func (p Papers) fill(step Step, x Papers, today form.Date, until int, must bool) (Papers, error) {
	var sheet form.Sheet
	out := p
	switch step {
	case StepChild:
		sheet.Take("surname", &out.Surname, form.Surname, x.Surname)
		sheet.Take("given_name", &out.GivenName, form.GivenName, x.GivenName)
		sheet.Optional("patronymic", &out.Patronymic, form.Patronymic, x.Patronymic)
		born, problem := form.BirthDate(x.BirthDate, today)
		sheet.Note("birth_date", problem)
		if problem == nil && !born.Add(until, 0, 0).After(today) {
			sheet = append(sheet, fault.F("birth_date", "mandate.grown", "age", until))
		}
		out.BirthDate, out.Sex = born.String(), x.Sex
		if x.Sex != "m" && x.Sex != "f" {
			sheet = append(sheet, fault.F("sex", "verification.sex_missing"))
		}
		if out.BirthDate != p.BirthDate { // the certificate was judged by it
			out.Filled = slices.DeleteFunc(slices.Clone(out.Filled), func(s Step) bool { return s == StepCertificate })
		}
	case StepCertificate:
		var born form.Date
		if err := born.UnmarshalText([]byte(p.BirthDate)); err != nil || born.IsZero() {
			return p, ErrIncomplete
		}
		read, wrong := form.ReadIdentity(form.BirthCertificate, map[string]string{"document_series": x.Series, "document_number": x.Number,
			"document_issued_at": x.IssuedAt, "document_issued_by": x.IssuedBy}, born, today)
		sheet = append(sheet, wrong...)
		out.Series, out.Number, out.IssuedAt, out.IssuedBy = read.Series, read.Number, read.IssuedAt.String(), read.IssuedBy
	case StepNumbers:
		if out.SNILS = ""; must || !form.Blank(x.SNILS) { // REG-3: it may be left for later
			sheet.Take("snils", &out.SNILS, form.SNILS, x.SNILS)
		}
	default:
		return p, ErrMissing
	}
	if err := sheet.Err(); err != nil {
		return p, err
	}
	if !slices.Contains(out.Filled, step) {
		out.Filled = append(slices.Clone(out.Filled), step)
	}
	return out, nil
}

// Send asks the registers: the civil-status register about the certificate and the parent, the social fund about the SNILS when it was
// given. The parent agrees for the child first. So often in a while and no more, for the parent and for each document: ErrChecks.
func (s *Service) Send(ctx context.Context, who access.Actor, rid string, agreed bool) (Request, error) {
	if err := parent(who); err != nil {
		return Request{}, err
	}
	var r Request
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if r, err = s.load(ctx, tx, who.ID, rid); err != nil {
			return err
		}
		if r.Ended() {
			return ErrMissing
		}
		if r.Waiting() {
			return nil // pressed twice
		}
		if _, missing := r.Next(); missing {
			return ErrIncomplete
		}
		if !r.Adds() {
			if !agreed {
				return ErrConsent.With(fault.F("consent", "mandate.consent_needed"))
			}
			r.Papers.Edition = s.Consent()
		}
		if err := s.throttle(ctx, tx, who.ID, r.Papers); err != nil {
			return err
		}
		r.State, r.Refusal = Checking, ""
		r.Round++
		if err := s.keep(ctx, tx, r); err != nil {
			return err
		}
		if err := s.ask(ctx, tx, r); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "mandate.asked", Actor: who, Subject: who.ID, Object: "child-request/" + rid}); err != nil {
			return err
		}
		r, err = s.load(ctx, tx, who.ID, rid)
		return err
	})
	return r, err
}

// Drop ends a request that is not being checked, and forgets what was entered.
func (s *Service) Drop(ctx context.Context, who access.Actor, rid string) error {
	if err := parent(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := s.load(ctx, tx, who.ID, rid)
		if err != nil {
			return err
		}
		if r.Ended() {
			return nil
		}
		if r.Waiting() {
			return ErrAsking
		}
		return s.end(ctx, tx, r, Left, r.ChildID)
	})
}

// end ends a request: what was entered lives in the child's account, or nowhere.
func (s *Service) end(ctx context.Context, tx *store.Tx, r Request, as State, childID string) error {
	if _, err := tx.Exec(ctx, `UPDATE child_request SET state = $1, refusal = '', child_id = $2, ended_at = $3, papers = NULL WHERE id = $4`, string(as), childID, tx.Now(), r.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM child_check WHERE request_id = $1`, r.ID); err != nil {
		return err
	}
	return tx.Notify(ctx, Topic(r.AccountID))
}

// Sweep ends requests that nobody sends, or corrects, and hand-overs that nobody took. A request whose registers are away waits for
// them, however long.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM handover WHERE expires_at <= $1`, tx.Now())
		return err
	}); err != nil {
		return fmt.Errorf("end old hand-overs: %w", err)
	}
	old, err := store.Names(s.DB.Query(ctx, `SELECT id FROM child_request WHERE ended_at IS NULL AND created_at <= $1 AND (state = 'entering' OR refusal <> '') ORDER BY created_at LIMIT 200`,
		s.DB.Now().Add(-s.Policy.Children.DraftOfChild)))
	if err != nil {
		return fmt.Errorf("look for old requests: %w", err)
	}
	for _, rid := range old {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			r, err := s.load(ctx, tx, "", rid)
			if errors.Is(err, ErrMissing) || errors.Is(err, account.ErrMissing) || errors.Is(err, keyring.ErrNoKey) || r.Ended() || r.Waiting() {
				return nil
			}
			if err != nil {
				return err
			}
			return s.end(ctx, tx, r, Left, r.ChildID)
		}); err != nil {
			return fmt.Errorf("end request %s: %w", rid, err)
		}
	}
	return nil
}
