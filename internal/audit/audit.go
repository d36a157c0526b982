package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/id"
	"okno/internal/store"
)

// Event is something that was done.
type Event struct {
	Action  string       // what: "application.submitted"; begins with the package whose verb it is
	Actor   access.Actor // who
	Subject string       // id of the account whose data or rights it touches; empty when nobody's
	Object  string       // id of the thing: "case/01k…"; empty when it is the account itself
	Detail  Detail
}

// Detail says more by codes and identifiers; the keys are those of Keys.
type Detail map[string]string

// Keys are what a detail may tell of. The list is short on purpose: whoever wants to add a key explains here what it holds.
func Keys() []string {
	return []string{
		"authority",   // SHA-256 of the certificate of who issued a certificate
		"block",       // reference of a block
		"certificate", // SHA-256 of a certificate by which somebody signed; it names nobody to who does not have the certificate
		"channel",     // sms, email, voice …
		"count",       // how many
		"document",    // kind of a paper
		"factor",      // password, totp, passkey …
		"field",       // name of a field that was read or changed
		"for",         // id of the account for which the actor acted; Record fills it in
		"from",        // state, level or role before
		"outcome",     // granted, refused, matched …
		"reason",      // code of a reason
		"register",    // code of a register that was asked
		"role",        // role given or taken
		"service",     // code of a service
		"session",     // id of a session
		"to",          // state, level or role after
		"unit",        // code of an agency or centre
		"version",     // of a text, a form, a definition
		"way",         // by which way: code, link, desk …
	}
}

var keys = Keys()

// check refuses what could be personal.
func (e Event) check() error {
	if !id.Plain(e.Action) {
		return fmt.Errorf("audit: the action is not a plain word")
	}
	for name, v := range map[string]string{"subject": e.Subject, "object": e.Object, "actor": e.Actor.ID, "unit": e.Actor.Unit, "session": e.Actor.SessionID} {
		if v != "" && !id.Plain(v) {
			return fmt.Errorf("audit %s: the %s is not an identifier", e.Action, name)
		}
	}
	for k, v := range e.Detail {
		if !slices.Contains(keys, k) {
			return fmt.Errorf("audit %s: detail %q is not one of audit.Keys", e.Action, k)
		}
		if v != "" && !id.Plain(v) {
			return fmt.Errorf("audit %s: detail %s does not hold a code or an identifier", e.Action, k)
		}
	}
	return nil
}

// text is the detail as it is stored and hashed: a JSON object with sorted keys.
func (d Detail) text() string {
	if len(d) == 0 {
		return "{}"
	}
	b, err := json.Marshal(d)
	if err != nil {
		panic("audit: a map of strings is always JSON: " + err.Error())
	}
	return string(b)
}

// Record adds the event to the transaction: one statement, which waits for nobody. Of who acted for somebody it tells for whom.
func Record(ctx context.Context, tx *store.Tx, e Event) error {
	if e.Actor.For != "" {
		e.Detail = maps.Clone(e.Detail)
		if e.Detail == nil {
			e.Detail = Detail{}
		}
		e.Detail["for"] = e.Actor.For
	}
	if err := e.check(); err != nil {
		return err
	}
	err := tx.Do(ctx, `INSERT INTO audit_event (id, at, action, actor_kind, actor_id, actor_role, actor_unit, session_id, subject, object, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		id.At(tx.Now()), tx.Now(), e.Action, string(e.Actor.Kind), e.Actor.ID, string(e.Actor.Role), e.Actor.Unit, e.Actor.SessionID, e.Subject, e.Object, e.Detail.text())
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

// Entry is an event as the person reads it whose data it is about: which role of which office it was, never which employee.
type Entry struct {
	ID     string
	At     time.Time
	Action string
	Own    bool // the person did it
	Kind   access.Kind
	Role   access.Role
	Unit   string
	Object string
	Detail Detail
}

// About lists what happened to a person's data, the newest first, at most n entries older than the entry before (all when empty).
// former are accounts of the same person that the subject took over: what happened to their data belongs to the list.
func About(ctx context.Context, q store.Querier, subject string, n int, before string, former ...string) ([]Entry, error) {
	return about(ctx, q, ``, append([]string{subject}, former...), n, before)
}

// Looks is About with what others did: employees, agencies' own systems, and persons to whom a contact of the subject was shown. The person's own deeds must
// not push one of these off the page.
func Looks(ctx context.Context, q store.Querier, subject string, n int, before string, former ...string) ([]Entry, error) {
	return about(ctx, q, ` AND (actor_kind IN ('staff', 'agent') OR actor_kind = 'person' AND actor_id <> subject AND action = 'verification.holder_shown')`, append([]string{subject}, former...), n, before)
}

// Count is how many events of one action there were about the account since the moment.
func Count(ctx context.Context, q store.Querier, subject, action string, since time.Time) (int, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM audit_event WHERE subject = $1 AND subject <> '' AND action = $2 AND id >= $3`, subject, action, id.At(since)).Scan(&n)
	return n, err
}

func about(ctx context.Context, q store.Querier, only string, subjects []string, n int, before string) ([]Entry, error) {
	subject := subjects[0]
	if subject == "" {
		return nil, nil
	}
	if before == "" {
		before = "~" // sorts after every identifier
	}
	args := []any{before, n}
	rows, err := q.Query(ctx, `SELECT id, at, action, actor_kind = 'person' AND actor_id = subject, actor_kind, actor_role, actor_unit, object, detail
		FROM audit_event WHERE `+store.InSQL("subject", subjects, &args)+` AND subject <> '' AND id < $1`+only+` ORDER BY id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("audit about %s: %w", subject, err)
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		var e Entry
		var detail string
		if err := rows.Scan(&e.ID, store.Time(&e.At), &e.Action, &e.Own, &e.Kind, &e.Role, &e.Unit, &e.Object, &detail); err != nil {
			return nil, fmt.Errorf("audit about %s: %w", subject, err)
		}
		if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
			return nil, fmt.Errorf("audit about %s: entry %s: %w", subject, e.ID, err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}
