package document

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/files"
	"okno/internal/i18n"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// New is a paper to be made.
type New struct {
	Kind       Kind
	Content    Content
	CaseID     string
	Lang       i18n.Lang // the person's
	Supersedes string    // id of the paper that it replaces; may be empty
}

// Draft is a paper with number, token and bytes that is not issued yet.
type Draft struct {
	doc          Document
	supersedes   string
	year, serial int
	hash, sealed []byte
	signer       string     // key by which it is signed; may be empty
	file         files.File // without an id when the case has its paper already
}

// Prepare makes everything of a paper but its being valid: number, token, PDF. No transaction is open meanwhile. What is
// prepared and not issued is swept after a day; its number stays unused. When the case has its paper already nothing is
// made, and Issue will find that one.
func (s *Service) Prepare(ctx context.Context, owner string, n New) (Draft, error) {
	if owner == "" || n.CaseID == "" || !n.Kind.Valid() {
		return Draft{}, fmt.Errorf("prepare paper %q of case %q: a paper has an owner, a case and a kind", n.Kind, n.CaseID)
	}
	lang, _ := i18n.Parse(string(n.Lang))
	d := Draft{supersedes: n.Supersedes, doc: Document{Owner: owner, CaseID: n.CaseID, Kind: n.Kind}}
	have, err := s.current(ctx, s.DB, d.doc)
	if err == nil && have.ID != n.Supersedes {
		return d, nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Draft{}, fmt.Errorf("prepare paper of case %s: %w", n.CaseID, err)
	}
	p, err := s.press()
	if err != nil {
		return Draft{}, err
	}
	key, err := s.Ring.Person(ctx, s.DB, owner)
	if err != nil {
		return Draft{}, fmt.Errorf("prepare paper of case %s: %w", n.CaseID, err)
	}
	at, zone := s.DB.Now(), i18n.Zone(ctx)
	d.year = at.In(zone).Year()
	if d.serial, err = s.serial(ctx, d.year); err != nil {
		return Draft{}, fmt.Errorf("prepare paper of case %s: %w", n.CaseID, err)
	}
	token := keyring.NewToken()
	b := body{
		Token: token, Number: number(d.year, d.serial), Title: n.Content.Title, Subtitle: n.Content.Subtitle,
		Agency: n.Content.Agency, Holder: n.Content.Holder, Lang: lang, Facts: n.Content.open(),
	}
	b.Name = fileName(b.Title, b.Subtitle, b.Number, lang)
	sh := sheet{content: n.Content, brand: s.Name, lang: lang, number: b.Number, at: at, zone: zone, link: s.link(token), way: checked}
	if err := s.sign(ctx, &sh, n.Kind, b); err != nil {
		return Draft{}, fmt.Errorf("prepare paper of case %s: %w", n.CaseID, err)
	}
	if sh.key != nil {
		d.signer = sh.key.ID
	}
	data, err := p.print(sh)
	if err != nil {
		return Draft{}, fmt.Errorf("prepare paper of case %s: %w", n.CaseID, err)
	}
	if d.file, err = s.Files.Put(ctx, files.New{Owner: owner, Name: b.Name, Media: files.PDF, Data: data}); err != nil {
		return Draft{}, fmt.Errorf("prepare paper of case %s: %w", n.CaseID, err)
	}
	d.hash = keyring.HashToken(token)
	d.doc.ID, d.doc.State, d.doc.Unit, d.doc.IssuedAt, d.doc.file = id.At(at), Valid, n.Content.Unit, at, d.file.ID
	s.fill(&d.doc, b)
	d.sealed, err = b.seal(key, d.doc.ID)
	return d, err
}

// Issue makes the paper valid, in the transaction that ends the case. A case has one paper of a kind: when there is
// one, made by another run of the same job, that one is returned and the draft comes to nothing.
func (s *Service) Issue(ctx context.Context, tx *store.Tx, d Draft) (Document, error) {
	if d.file.ID == "" {
		return s.present(ctx, tx, d)
	}
	if d.supersedes != "" {
		n, err := tx.Exec(ctx, `UPDATE document SET state = $1, superseded_by = $2 WHERE id = $3 AND owner = $4 AND state <> 'superseded'`,
			string(Superseded), d.doc.ID, d.supersedes, d.doc.Owner)
		if err != nil {
			return Document{}, fmt.Errorf("issue paper of case %s: %w", d.doc.CaseID, err)
		}
		if n == 0 {
			return s.present(ctx, tx, d)
		}
	}
	n, err := tx.Exec(ctx, `INSERT INTO document (id, owner, case_id, kind, state, unit, year, serial, token_hash, file_id, body, issued_at, paper_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
		d.doc.ID, d.doc.Owner, d.doc.CaseID, string(d.doc.Kind), string(Valid), d.doc.Unit, d.year, d.serial, d.hash, d.file.ID, d.sealed, d.doc.IssuedAt, d.signer)
	if err != nil {
		return Document{}, fmt.Errorf("issue paper of case %s: %w", d.doc.CaseID, err)
	}
	if n == 0 {
		return s.present(ctx, tx, d)
	}
	if err := s.Files.Keep(ctx, tx, d.file); err != nil {
		return Document{}, fmt.Errorf("issue paper of case %s: %w", d.doc.CaseID, err)
	}
	return d.doc, s.record(ctx, tx, access.SystemActor(), "document.issued", d.doc)
}

// present is the paper that the case has already. There is none when the paper to be replaced was replaced by that of
// another case, or is somebody else's.
func (s *Service) present(ctx context.Context, tx *store.Tx, d Draft) (Document, error) {
	have, err := s.current(ctx, tx, d.doc)
	if errors.Is(err, store.ErrNotFound) {
		return Document{}, ErrState
	}
	if err != nil {
		return Document{}, fmt.Errorf("paper of case %s: %w", d.doc.CaseID, err)
	}
	if have.Owner != d.doc.Owner || have.ID == d.supersedes {
		return Document{}, ErrState
	}
	return have, nil
}

// Revoke declares that the paper is not to be believed. The agency that issued it may, and the system. To tell the
// person is the caller's business.
func (s *Service) Revoke(ctx context.Context, who access.Actor, documentID string, why Reason) error {
	if err := who.May(access.DecideCases); err != nil {
		return err
	}
	if !why.Valid() {
		return ErrReason
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		d, err := s.byID(ctx, tx, documentID)
		if errors.Is(err, store.ErrNotFound) || err == nil && who.Kind != access.System && who.Unit != d.Unit {
			return ErrMissing // an officer of another agency does not hear that there is such a paper
		}
		if err != nil {
			return fmt.Errorf("revoke paper %s: %w", documentID, err)
		}
		if !d.State.may(Revoked) {
			return ErrState
		}
		err = store.Touched(tx.Exec(ctx, `UPDATE document SET state = $1, revoked_at = $2, reason = $3 WHERE id = $4 AND state = $5`,
			string(Revoked), tx.Now(), string(why), d.ID, string(d.State)))
		if err != nil {
			return fmt.Errorf("revoke paper %s: %w", documentID, err)
		}
		return audit.Record(ctx, tx, audit.Event{Action: "document.revoked", Actor: who, Subject: d.Owner, Object: "document/" + d.ID,
			Detail: audit.Detail{"document": string(d.Kind), "reason": string(why)}})
	})
}

// TakeBack revokes the papers that a case gave, in the transaction that takes it back. A case that gave none has none.
func (s *Service) TakeBack(ctx context.Context, tx *store.Tx, who access.Actor, caseID string) error {
	rows, err := tx.Query(ctx, `UPDATE document SET state = $1, revoked_at = $2, reason = $3 WHERE case_id = $4 AND state = $5 RETURNING id, owner, kind`,
		string(Revoked), tx.Now(), string(TakenBack), caseID, string(Valid))
	if err != nil {
		return fmt.Errorf("take back the papers of %s: %w", caseID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var taken []audit.Event
	for rows.Next() {
		var d, owner, kind string
		if err := rows.Scan(&d, &owner, &kind); err != nil {
			return err
		}
		taken = append(taken, audit.Event{Action: "document.revoked", Actor: who, Subject: owner, Object: "document/" + d, Detail: audit.Detail{"document": kind, "reason": string(TakenBack)}})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, e := range taken { // one or two a case
		if err := audit.Record(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// record writes down what happened to a paper, for its owner to read.
func (s *Service) record(ctx context.Context, tx *store.Tx, who access.Actor, action string, d Document) error {
	return audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Subject: d.Owner, Object: "document/" + d.ID, Detail: audit.Detail{"document": string(d.Kind)}})
}

// serial takes the next number of the year, in a transaction of its own: nobody who issues papers waits for anybody
// else's, and a number that comes to nothing leaves a gap.
func (s *Service) serial(ctx context.Context, year int) (int, error) {
	var n int
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		return store.One(tx.QueryRow(ctx, `INSERT INTO document_serial (year, last) VALUES ($1, 1)
			ON CONFLICT (year) DO UPDATE SET last = document_serial.last + 1 RETURNING last`, year).Scan(&n))
	})
	return n, err
}

// number is how people name the paper, the same in both languages.
func number(year, serial int) string {
	return i18n.RU.T("document.number", "year", strconv.Itoa(year), "n", fmt.Sprintf("%06d", serial))
}

// fileName is a name that every system takes.
func fileName(title, subtitle i18n.Text, number string, lang i18n.Lang) string {
	name := title.Lang(lang)
	if sub := subtitle.Lang(lang); sub != "" {
		name += " " + sub
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '-'
		}
		return r
	}, name)
	return name + ", " + number + files.PDF.Extension()
}
