package wallet

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/audit"
	"okno/internal/credential"
	"okno/internal/document"
	"okno/internal/fault"
	"okno/internal/files"
	"okno/internal/form"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// Showing is what the owner of a document wants somebody to see.
type Showing struct {
	Fields []string // ids
	Scan   bool
	Name   bool // the full name of the owner
	Paper  bool // an issued paper, whole
}

// Share is a document that is shown, or was.
type Share struct {
	ID        string
	Document  string // its id, or a Fact
	Code      string // as it is read out, in two groups
	Token     string // of the address
	Showing   Showing
	MadeAt    time.Time
	ExpiresAt time.Time
	OpenedAt  time.Time // zero: nobody has
	StoppedAt time.Time
	Looks     int // of the browser that opened it
	Refused   int // other browsers that tried

	account, version string
	paper            bool // Showing.Paper, which is sealed with the rest
	browser          []byte
}

// Over reports whether nobody can open it any more.
func (x Share) Over(now time.Time) bool { return !x.StoppedAt.IsZero() || !now.Before(x.ExpiresAt) }

// Fact is the paper of the profile that is shown; false when it is another document.
func (x Share) Fact() (Fact, bool) {
	f := Fact(x.Document)
	return f, f.Valid()
}

// object is how the audit calls what is shown.
func (x Share) object() string {
	if x.paper {
		return paperObject(x.Document)
	}
	if f, ok := x.Fact(); ok {
		return factObject(f)
	}
	return object(x.Document)
}

// shared is what of a share is sealed.
type shared struct {
	Code    string   `json:"code"`
	Token   string   `json:"token"`
	Version string   `json:"version"` // id
	Fields  []string `json:"fields"`
	Scan    bool     `json:"scan,omitempty"`
	Name    bool     `json:"name,omitempty"`
	Paper   bool     `json:"paper,omitempty"` // of the portal's: it has no versions
}

// Shown is what whoever opened a share sees.
type Shown struct {
	Document // zero when it is a paper of the portal or of the profile

	Paper   *document.Document
	Held    *Held    // a paper of the profile, with what of it is shown
	Fields  []string // ids, in the order of the kind
	Name    string   // of the owner; "" when it is not shown
	Scanned bool     // there is a scan to look at
	Until   time.Time
}

const shareColumns = `id, account_id, document_id, paper, content, browser, looks, refused, made_at, expires_at, opened_at, stopped_at`

// ShareIt makes a code by which somebody sees what is ticked of a document, for wallet.share.
func (s *Service) ShareIt(ctx context.Context, who access.Actor, documentID string, w Showing) (Share, error) {
	if err := s.Opens(ctx, who); err != nil {
		return Share{}, err
	}
	d, err := s.byID(ctx, s.DB, who.Whose(), documentID)
	if err != nil {
		return Share{}, err
	}
	w = d.only(w)
	if len(w.Fields) == 0 && !w.Scan {
		return Share{}, fault.Invalid(fault.F("show", "wallet.share_nothing"))
	}
	x := Share{Document: d.ID, Showing: w, account: d.Account, version: d.id}
	return s.keepShare(ctx, who, x, func(tx *store.Tx) error { return s.record(ctx, tx, who, "wallet.shared", d) })
}

// keepShare makes the codes of a share and writes it down.
func (s *Service) keepShare(ctx context.Context, who access.Actor, x Share, record func(tx *store.Tx) error) (Share, error) {
	if err := s.take(ctx, s.Policy.Wallet.Shares.Rule("wallet.shared"), "wallet.shared:"+who.ID, ErrOften); err != nil {
		return Share{}, err
	}
	x.ID, x.Code, x.Token = id.New(), form.NewShortCode(), keyring.NewToken()
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		key, err := s.Ring.Person(ctx, tx, x.account)
		if err != nil {
			return err
		}
		w := x.Showing
		sealed, err := key.SealJSON("wallet_share", "content", x.ID, shared{x.Code, x.Token, x.version, w.Fields, w.Scan, w.Name, w.Paper})
		if err != nil {
			return err
		}
		x.MadeAt, x.ExpiresAt = tx.Now(), tx.Now().Add(s.Policy.Wallet.Share)
		if _, err := tx.Exec(ctx, `INSERT INTO wallet_share (id, account_id, document_id, paper, content, token_hash, code_index, looks, refused, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9)`,
			x.ID, x.account, x.Document, w.Paper, sealed, keyring.HashToken(x.Token), s.Ring.Index(codeColumn, x.Code), x.MadeAt, x.ExpiresAt); err != nil {
			return fmt.Errorf("share %s: %w", x.Document, err)
		}
		return record(tx)
	})
	x.Code = form.FormatShortCode(x.Code)
	return x, err
}

// only is what there is of what was ticked, in the order of the document.
func (d Document) only(w Showing) Showing {
	out := Showing{Scan: w.Scan && d.Scan, Name: w.Name}
	for _, f := range d.Kind.Fields {
		if slices.Contains(w.Fields, f.ID) && d.Values[f.ID] != "" {
			out.Fields = append(out.Fields, f.ID)
		}
	}
	return out
}

// codeColumn is the purpose of the index of short codes.
const codeColumn = "wallet.share_code"

func (s *Service) scanShare(row scanner) (x Share, sealed []byte, err error) {
	err = row.Scan(&x.ID, &x.account, &x.Document, &x.paper, &sealed, &x.browser, &x.Looks, &x.Refused, store.Time(&x.MadeAt), store.Time(&x.ExpiresAt), store.NullTime(&x.OpenedAt), store.NullTime(&x.StoppedAt))
	return x, sealed, err
}

func (x *Share) unseal(key *keyring.Key, sealed []byte) error {
	var c shared
	if err := key.OpenJSON("wallet_share", "content", x.ID, sealed, &c); err != nil {
		return fmt.Errorf("open share %s: %w", x.ID, err)
	}
	x.Code, x.Token, x.version = form.FormatShortCode(c.Code), c.Token, c.Version
	x.Showing = Showing{c.Fields, c.Scan, c.Name, c.Paper}
	return nil
}

// Shares is the log of a document: when it was shown, whether that was opened, how many were turned away. The newest stands first.
func (s *Service) Shares(ctx context.Context, who access.Actor, documentID string) ([]Share, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	return s.shares(ctx, s.DB, who.Whose(), ` AND document_id = $2 ORDER BY made_at DESC, id DESC`, documentID)
}

func (s *Service) shares(ctx context.Context, q store.Querier, accountID, where string, args ...any) ([]Share, error) {
	key, err := s.Ring.Person(ctx, q, accountID)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT `+shareColumns+` FROM wallet_share WHERE account_id = $1`+where, append([]any{accountID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("shares of %s: %w", accountID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Share
	for rows.Next() {
		x, sealed, err := s.scanShare(rows)
		if err != nil {
			return nil, err
		}
		if err := x.unseal(key, sealed); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// ShareOf is one of the person's shares, with its codes.
func (s *Service) ShareOf(ctx context.Context, who access.Actor, shareID string) (Share, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Share{}, err
	}
	list, err := s.shares(ctx, s.DB, who.Whose(), ` AND id = $2`, shareID)
	if err == nil && len(list) == 0 {
		err = ErrMissing
	}
	if err != nil {
		return Share{}, err
	}
	return list[0], nil
}

// Stop ends a share before its time.
func (s *Service) Stop(ctx context.Context, who access.Actor, shareID string) (Share, error) {
	x, err := s.ShareOf(ctx, who, shareID)
	if err != nil {
		return Share{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE wallet_share SET stopped_at = $1 WHERE id = $2 AND stopped_at IS NULL AND expires_at > $1`, tx.Now(), x.ID)
		if err != nil || n == 0 {
			return err
		}
		return errors.Join(audit.Record(ctx, tx, audit.Event{Action: "wallet.share_stopped", Actor: who, Subject: x.account, Object: x.object()}), tx.Notify(ctx, Topic(x.account)))
	})
	return x, err
}

// Waits reports whether the address leads to something that this browser may open, or has opened. It consumes nothing: programs that look
// links up in advance open nothing by it.
func (s *Service) Waits(ctx context.Context, v credential.Visitor, token string) (opened bool, err error) {
	x, _, err := s.live(ctx, s.DB, token)
	if err != nil {
		return false, err
	}
	if x.browser != nil && !x.of(v) {
		return false, ErrShare
	}
	return x.browser != nil, nil
}

// live is the share of the address while it can be opened, with what is sealed of it.
func (s *Service) live(ctx context.Context, q store.Querier, token string) (Share, []byte, error) {
	x, sealed, err := s.scanShare(q.QueryRow(ctx, `SELECT `+shareColumns+` FROM wallet_share WHERE token_hash = $1 AND stopped_at IS NULL AND expires_at > $2`, keyring.HashToken(token), q.Now()))
	if err = store.One(err); errors.Is(err, store.ErrNotFound) {
		return Share{}, nil, ErrShare
	}
	return x, sealed, err
}

func (x Share) of(v credential.Visitor) bool {
	return v.Browser != "" && bytes.Equal(x.browser, keyring.HashToken(v.Browser))
}

// Knock finds the share of a short code that was typed, and returns its address. Wrong codes are counted by the network that they come from.
func (s *Service) Knock(ctx context.Context, v credential.Visitor, typed string) (token string, err error) {
	code, p := form.ShortCode(typed)
	if p != nil {
		return "", fault.Invalid(p.On("code"))
	}
	var refused error
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		key := "wallet.guessed:" + hex.EncodeToString(s.Ring.Index("wallet.network", v.Prefix))
		verdict, err := limit.Take(ctx, tx, s.Policy.Wallet.Guesses.Rule("wallet.guessed"), key)
		if err != nil {
			return err
		}
		if !verdict.Allowed {
			refused = ErrGuesses.At(verdict.Until)
			return nil
		}
		index := s.Ring.Find(codeColumn, code)
		x, sealed, err := s.scanShare(tx.QueryRow(ctx, `SELECT `+shareColumns+` FROM wallet_share WHERE code_index IN ($1, $2) AND stopped_at IS NULL AND expires_at > $3`, index[0], index[1], tx.Now()))
		if err = store.One(err); errors.Is(err, store.ErrNotFound) {
			refused = fault.Invalid(fault.F("code", "wallet.code_unknown"))
			return nil
		}
		if err != nil {
			return err
		}
		owner, err := s.Ring.Person(ctx, tx, x.account)
		if err != nil {
			return err
		}
		if err := x.unseal(owner, sealed); err != nil {
			return err
		}
		token = x.Token
		return nil
	})
	return token, errors.Join(err, refused)
}

// OpenShare gives the share of the address to this browser, if no other has it; from then on it alone sees it. That it was opened is
// recorded, and the owner's page changes by itself.
func (s *Service) OpenShare(ctx context.Context, v credential.Visitor, token string) error {
	var refused error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		refused = nil
		x, _, err := s.live(ctx, tx, token)
		if err != nil || x.of(v) {
			return err
		}
		if x.browser != nil || v.Browser == "" {
			refused = ErrShare
			_, err := tx.Exec(ctx, `UPDATE wallet_share SET refused = refused + 1 WHERE id = $1`, x.ID)
			return errors.Join(err, tx.Notify(ctx, Topic(x.account)))
		}
		n, err := tx.Exec(ctx, `UPDATE wallet_share SET browser = $1, opened_at = $2 WHERE id = $3 AND browser IS NULL`, keyring.HashToken(v.Browser), tx.Now(), x.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrShare
		}
		return errors.Join(audit.Record(ctx, tx, audit.Event{Action: "wallet.share_opened", Subject: x.account, Object: x.object()}), tx.Notify(ctx, Topic(x.account)))
	})
	return errors.Join(err, refused)
}

// See is what the browser that opened the share sees. Each look is counted.
func (s *Service) See(ctx context.Context, v credential.Visitor, token string) (Shown, error) {
	var out Shown
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if out, err = s.seen(ctx, tx, v, token); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE wallet_share SET looks = looks + 1 WHERE token_hash = $1`, keyring.HashToken(token))
		return err
	})
	return out, err
}

// SeeScan opens the scan of a share that shows one.
func (s *Service) SeeScan(ctx context.Context, v credential.Visitor, token string) (files.File, *bytes.Reader, error) {
	x, err := s.seen(ctx, s.DB, v, token)
	if err == nil && !x.Scanned {
		err = ErrShare
	}
	if err != nil {
		return files.File{}, nil, err
	}
	if x.Paper != nil {
		return s.Papers.File(ctx, *x.Paper)
	}
	return s.file(ctx, x.file)
}

// seen is what a share shows to the browser that has it: of the document as it stood when it was shared, or of a paper of the profile as it
// stands now, what its owner ticked.
func (s *Service) seen(ctx context.Context, q store.Querier, v credential.Visitor, token string) (Shown, error) {
	x, sealed, err := s.live(ctx, q, token)
	if err == nil && !x.of(v) {
		err = ErrShare
	}
	if err != nil {
		return Shown{}, err
	}
	key, err := s.Ring.Person(ctx, q, x.account)
	if errors.Is(err, keyring.ErrNoKey) {
		return Shown{}, ErrShare
	}
	if err != nil {
		return Shown{}, err
	}
	if err := x.unseal(key, sealed); err != nil {
		return Shown{}, err
	}
	if x.Showing.Paper {
		return s.shownPaper(ctx, q, x)
	}
	if _, ok := x.Fact(); ok {
		return s.shownHeld(ctx, q, x)
	}
	d, sealed, err := scanned(q.QueryRow(ctx, `SELECT `+columns+` FROM wallet_document d JOIN wallet_version v ON v.document_id = d.id WHERE v.id = $1 AND d.account_id = $2 AND v.account_id = $2`, x.version, x.account))
	if err = store.One(err); errors.Is(err, store.ErrNotFound) {
		return Shown{}, ErrShare // removed meanwhile, or it belongs to another account of the person now
	}
	if err != nil {
		return Shown{}, err
	}
	if err := d.unseal(key, sealed); err != nil {
		return Shown{}, err
	}
	out := Shown{Document: d, Fields: x.Showing.Fields, Scanned: x.Showing.Scan && d.Scan, Until: x.ExpiresAt}
	if x.Showing.Name {
		a, err := s.Accounts.Get(ctx, q, x.account)
		if errors.Is(err, account.ErrMissing) {
			return Shown{}, ErrShare
		}
		if err != nil {
			return Shown{}, err
		}
		out.Name = a.Profile.FullName()
	}
	return out, nil
}

// Sweep takes shares out of the log that ended so long ago. A job runs it.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.WriteRows(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM wallet_share WHERE expires_at < $1`, tx.Now().Add(-s.Policy.Wallet.ShareKept))
		return err
	})
}

// Indexed are the columns of blind indexes, for a rotation of the index root. A code lives for minutes: one that is read while its index
// moves is asked for anew.
func Indexed() []keyring.Indexed {
	return []keyring.Indexed{{Table: "wallet_share", Row: "id", Column: "code_index", Sealed: "content", Owner: "account_id", Value: codeOf}}
}
