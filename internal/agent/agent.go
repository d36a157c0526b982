package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/store"
)

// Agent is an information system of an agency.
type Agent struct {
	ID        string
	Unit      string // code of the agency
	Name      string // as the desk calls it
	Scopes    []access.Scope
	CreatedAt time.Time
	ClosedAt  time.Time // zero while it may work
	Tokens    []Token   // the newest first
}

// Token is what an agent shows. The token itself is nowhere in it.
type Token struct {
	ID         string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	UsedAt     time.Time // zero when it never was
	RevokedAt  time.Time
	ReplacedBy string // id of the token that came in its place
}

// Stands reports whether the token opens anything at the moment.
func (t Token) Stands(now time.Time) bool { return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt) }

// Issued is a token that was made just now, with the token itself.
type Issued struct {
	Token
	AgentID string
	Secret  string
}

// New is what an agent is made of.
type New struct {
	Unit, Name string
	Scopes     []access.Scope
	Lifetime   time.Duration // of its token; the policy's when 0
}

// Service keeps the agents.
type Service struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Policy *policy.Policy
	Agency func(code string) bool // whether there is such an agency

	Closing func(ctx context.Context, tx *store.Tx, who access.Actor, agentID string) error // what else ends with an agent; nil for nothing
}

// prefix begins every token, so that one that lies where it should not is found by programs that look for such.
const prefix = "okno_agt_"

// mostName is how many characters the name of an agent has at most.
const mostName = 100

// The refusals.
var (
	ErrToken    = fault.New(fault.Unauthenticated, "agent.token")   // none of ours
	ErrExpired  = fault.New(fault.Unauthenticated, "agent.expired") // its days are over
	ErrRevoked  = fault.New(fault.Unauthenticated, "agent.revoked")
	ErrMany     = fault.New(fault.TooMany, "agent.many")      // so many requests were made with the token
	ErrMissing  = fault.New(fault.Missing, "agent.missing")   // no such agent or token
	ErrClosed   = fault.New(fault.Conflict, "agent.closed")   // the agent was closed
	ErrShown    = fault.New(fault.Missing, "agent.shown")     // the token was shown already
	ErrReused   = fault.New(fault.InvalidInput, "agent.key")  // the key came with another request
	ErrLifetime = fault.New(fault.InvalidInput, "agent.life") // a lifetime that the policy does not allow
)

// Register makes an agent of an agency with its first token.
func (s *Service) Register(ctx context.Context, who access.Actor, n New) (Agent, Issued, error) {
	if err := who.May(access.ManageAgents); err != nil {
		return Agent{}, Issued{}, err
	}
	n.Name = strings.TrimSpace(n.Name)
	if err := s.check(n); err != nil {
		return Agent{}, Issued{}, err
	}
	a := Agent{ID: id.New(), Unit: n.Unit, Name: n.Name, Scopes: n.Scopes}
	var t Issued
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a.CreatedAt = tx.Now()
		err := tx.Do(ctx, `INSERT INTO agent (id, unit, name, scopes, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6)`,
			a.ID, a.Unit, a.Name, joined(a.Scopes), a.CreatedAt, who.ID)
		if err != nil {
			return fmt.Errorf("register an agent: %w", err)
		}
		if err := audit.Record(ctx, tx, audit.Event{Action: "agent.registered", Actor: who, Object: "agent/" + a.ID, Detail: audit.Detail{"unit": a.Unit}}); err != nil {
			return err
		}
		t, err = s.issue(ctx, tx, who, a, n.Lifetime)
		return err
	})
	a.Tokens = []Token{t.Token}
	return a, t, err
}

// check says what is wrong with a new agent.
func (s *Service) check(n New) error {
	var wrong []fault.Field
	if !s.Agency(n.Unit) {
		wrong = append(wrong, fault.F("unit", "agent.unit_missing"))
	}
	if n.Name == "" || utf8.RuneCountInString(n.Name) > mostName || strings.ContainsFunc(n.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		wrong = append(wrong, fault.F("name", "agent.name_wrong", "most", mostName))
	}
	if len(n.Scopes) == 0 || slices.ContainsFunc(n.Scopes, func(x access.Scope) bool { return !x.Valid() }) {
		wrong = append(wrong, fault.F("scopes", "agent.scopes_missing"))
	}
	if n.Lifetime < 0 || n.Lifetime > s.Policy.Agency.TokenLifetime || n.Lifetime != 0 && n.Lifetime < time.Hour {
		wrong = append(wrong, fault.F("days", "agent.life", "most", days(s.Policy.Agency.TokenLifetime)))
	}
	return fault.Check(wrong...)
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// issue makes a token of the agent.
func (s *Service) issue(ctx context.Context, tx *store.Tx, who access.Actor, a Agent, lifetime time.Duration) (Issued, error) {
	if lifetime == 0 {
		lifetime = s.Policy.Agency.TokenLifetime
	}
	t := Issued{Token: Token{ID: id.At(tx.Now()), CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(lifetime)}, AgentID: a.ID, Secret: prefix + keyring.NewToken()}
	err := tx.Do(ctx, `INSERT INTO agent_token (id, agent_id, hash, fresh, created_at, expires_at, replaced_by) VALUES ($1, $2, $3, $4, $5, $6, '')`,
		t.ID, a.ID, keyring.HashToken(t.Secret), s.Ring.System().Seal("agent_token", "fresh", t.ID, []byte(t.Secret)), t.CreatedAt, t.ExpiresAt)
	if err != nil {
		return Issued{}, fmt.Errorf("issue a token: %w", err)
	}
	return t, audit.Record(ctx, tx, audit.Event{Action: "agent.token_issued", Actor: who, Object: "agent/" + a.ID, Detail: audit.Detail{"unit": a.Unit}})
}

// Rotate makes another token of the agent. Those it has work beside it for the overlap, unless they end before.
func (s *Service) Rotate(ctx context.Context, who access.Actor, agentID string) (Issued, error) {
	if err := who.May(access.ManageAgents); err != nil {
		return Issued{}, err
	}
	var t Issued
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := agentByID(ctx, tx, agentID)
		if err != nil {
			return err
		}
		if !a.ClosedAt.IsZero() {
			return ErrClosed
		}
		if t, err = s.issue(ctx, tx, who, a, 0); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE agent_token SET replaced_by = $1, fresh = NULL, expires_at = CASE WHEN expires_at < $2 THEN expires_at ELSE $2 END
			WHERE agent_id = $3 AND id <> $1 AND replaced_by = '' AND revoked_at IS NULL`, t.ID, tx.Now().Add(s.Policy.Agency.Overlap), a.ID)
		return err
	})
	return t, err
}

// Revoke ends a token at once.
func (s *Service) Revoke(ctx context.Context, who access.Actor, tokenID string) error {
	if err := who.May(access.ManageAgents); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		var agentID, unit string
		err := store.One(tx.QueryRow(ctx, `SELECT t.agent_id, a.unit FROM agent_token t JOIN agent a ON a.id = t.agent_id WHERE t.id = $1`, tokenID).Scan(&agentID, &unit))
		if errors.Is(err, store.ErrNotFound) {
			return ErrMissing
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE agent_token SET revoked_at = $1, fresh = NULL WHERE id = $2 AND revoked_at IS NULL`, tx.Now(), tokenID)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Action: "agent.token_revoked", Actor: who, Object: "agent/" + agentID, Detail: audit.Detail{"unit": unit}})
	})
}

// Close ends an agent with all its tokens.
func (s *Service) Close(ctx context.Context, who access.Actor, agentID string) error {
	if err := who.May(access.ManageAgents); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		a, err := agentByID(ctx, tx, agentID)
		if err != nil || !a.ClosedAt.IsZero() {
			return err
		}
		if err := tx.Do(ctx, `UPDATE agent SET closed_at = $1 WHERE id = $2`, tx.Now(), a.ID); err != nil {
			return err
		}
		if err := tx.Do(ctx, `UPDATE agent_token SET revoked_at = $1, fresh = NULL WHERE agent_id = $2 AND revoked_at IS NULL`, tx.Now(), a.ID); err != nil {
			return err
		}
		if s.Closing != nil {
			if err := s.Closing(ctx, tx, who, a.ID); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Event{Action: "agent.closed", Actor: who, Object: "agent/" + a.ID, Detail: audit.Detail{"unit": a.Unit}})
	})
}

// Show gives a token out that was made just now: once, and only while it is fresh.
func (s *Service) Show(ctx context.Context, who access.Actor, tokenID string) (Issued, error) {
	if err := who.May(access.ManageAgents); err != nil {
		return Issued{}, err
	}
	var t Issued
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var sealed []byte
		t = Issued{}
		err := store.One(tx.QueryRow(ctx, `SELECT id, agent_id, created_at, expires_at, fresh FROM agent_token
			WHERE id = $1 AND fresh IS NOT NULL AND created_at > $2 AND revoked_at IS NULL`, tokenID, tx.Now().Add(-freshFor)).
			Scan(&t.ID, &t.AgentID, store.Time(&t.CreatedAt), store.Time(&t.ExpiresAt), &sealed))
		if errors.Is(err, store.ErrNotFound) {
			return ErrShown
		}
		if err != nil {
			return err
		}
		if err := store.TouchedOr(ErrShown)(tx.Exec(ctx, `UPDATE agent_token SET fresh = NULL WHERE id = $1 AND fresh IS NOT NULL`, tokenID)); err != nil {
			return err
		}
		plain, err := s.Ring.System().Open("agent_token", "fresh", tokenID, sealed)
		t.Secret = string(plain)
		return err
	})
	return t, err
}

// freshFor is how long a new token waits for the page that shows it.
const freshFor = 5 * time.Minute

// Shown ends the wait of a token that was given out another way than by the page.
func (s *Service) Shown(ctx context.Context, tokenID string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		return tx.Do(ctx, `UPDATE agent_token SET fresh = NULL WHERE id = $1`, tokenID)
	})
}

// Get is one agent with its tokens.
func (s *Service) Get(ctx context.Context, who access.Actor, agentID string) (Agent, error) {
	list, err := s.list(ctx, who, `WHERE a.id = $1`, agentID)
	if err == nil && len(list) == 0 {
		err = ErrMissing
	}
	if err != nil {
		return Agent{}, err
	}
	return list[0], nil
}

// Name is how an agency's system is called by the agency, also when it is closed.
func (s *Service) Name(ctx context.Context, q store.Querier, agentID string) (string, error) {
	var name string
	err := store.One(q.QueryRow(ctx, `SELECT name FROM agent WHERE id = $1`, agentID).Scan(&name))
	return name, err
}

// List is every agent with its tokens, those that work first, by agency and name.
func (s *Service) List(ctx context.Context, who access.Actor) ([]Agent, error) {
	return s.list(ctx, who, ``)
}

func (s *Service) list(ctx context.Context, who access.Actor, where string, args ...any) ([]Agent, error) {
	if err := who.May(access.ManageAgents); err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, `SELECT a.id, a.unit, a.name, a.scopes, a.created_at, a.closed_at, t.id, t.created_at, t.expires_at, t.used_at, t.revoked_at, t.replaced_by
		FROM agent a JOIN agent_token t ON t.agent_id = a.id `+where+` ORDER BY CASE WHEN a.closed_at IS NULL THEN 0 ELSE 1 END, a.unit, a.name, a.id, t.created_at DESC, t.id DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []Agent
	for rows.Next() {
		var a Agent
		var t Token
		var scopes string
		if err := rows.Scan(&a.ID, &a.Unit, &a.Name, &scopes, store.Time(&a.CreatedAt), store.NullTime(&a.ClosedAt),
			&t.ID, store.Time(&t.CreatedAt), store.Time(&t.ExpiresAt), store.NullTime(&t.UsedAt), store.NullTime(&t.RevokedAt), &t.ReplacedBy); err != nil {
			return nil, err
		}
		if n := len(out); n > 0 && out[n-1].ID == a.ID {
			out[n-1].Tokens = append(out[n-1].Tokens, t)
			continue
		}
		a.Scopes, a.Tokens = parted(scopes), []Token{t}
		out = append(out, a)
	}
	return out, rows.Err()
}

func agentByID(ctx context.Context, q store.Querier, agentID string) (Agent, error) {
	a := Agent{ID: agentID}
	var scopes string
	err := store.One(q.QueryRow(ctx, `SELECT unit, name, scopes, created_at, closed_at FROM agent WHERE id = $1`, agentID).
		Scan(&a.Unit, &a.Name, &scopes, store.Time(&a.CreatedAt), store.NullTime(&a.ClosedAt)))
	if errors.Is(err, store.ErrNotFound) {
		return Agent{}, ErrMissing
	}
	if err != nil {
		return Agent{}, fmt.Errorf("agent %s: %w", agentID, err)
	}
	a.Scopes = parted(scopes)
	return a, nil
}

func joined(list []access.Scope) string {
	var words []string
	for _, s := range access.Scopes() { // in one order, and each once
		if slices.Contains(list, s) {
			words = append(words, string(s))
		}
	}
	return strings.Join(words, " ")
}

func parted(text string) []access.Scope {
	var out []access.Scope
	for w := range strings.FieldsSeq(text) {
		out = append(out, access.Scope(w))
	}
	return out
}

// Sealed are the columns that the master keyset seals, for its rotation.
func Sealed() []keyring.Sealed {
	return []keyring.Sealed{{Table: "agent_token", Row: "id", Column: "fresh", Where: "fresh IS NOT NULL"}}
}

// Sweep forgets what an Idempotency-Key was answered long ago, and tokens that nobody came to see.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Do(ctx, `DELETE FROM agent_request WHERE created_at < $1`, tx.Now().Add(-s.Policy.Agency.KeepRequests)); err != nil {
			return err
		}
		return tx.Do(ctx, `UPDATE agent_token SET fresh = NULL WHERE fresh IS NOT NULL AND created_at < $1`, tx.Now().Add(-freshFor))
	})
}
