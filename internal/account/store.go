package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/store"
)

// Service keeps accounts.
type Service struct {
	DB   *store.DB
	Ring *keyring.Ring

	SecretSNILS func(ctx context.Context, q store.Querier, a Account) (map[string]bool, error) // numbers of which its person sees the end alone, by ID and level; nil: of none
}

// New is what an account is made of. ID is that of the draft it grew from: the key is made already.
type New struct {
	ID       string
	Profile  Profile
	Lang     i18n.Lang
	AgreedAt time.Time
	Consents []Consent
}

// Create makes an account at the level Simplified.
func (s *Service) Create(ctx context.Context, tx *store.Tx, key *keyring.Key, n New) error {
	sealed, err := seal(key, n.ID, n.Profile)
	if err != nil {
		return err
	}
	if err := tx.Do(ctx, `INSERT INTO account (id, level, state, lang, profile, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		n.ID, string(access.Simplified), string(Active), string(n.Lang), sealed, tx.Now()); err != nil {
		return fmt.Errorf("insert account %s: %w", n.ID, err)
	}
	return insertConsents(ctx, tx, n)
}

func insertConsents(ctx context.Context, tx *store.Tx, n New) error {
	if len(n.Consents) == 0 {
		return nil
	}
	text, args := `INSERT INTO consent (account_id, document, edition, given_at) VALUES `, []any{n.ID, store.Moment(n.AgreedAt)}
	for i, c := range n.Consents {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("($1, $%d, $%d, $2)", len(args)+1, len(args)+2)
		args = append(args, c.Document, c.Edition)
	}
	if err := tx.Do(ctx, text, args...); err != nil {
		return fmt.Errorf("insert consents of %s: %w", n.ID, err)
	}
	return nil
}

// Get loads an account with its profile opened, in one statement.
func (s *Service) Get(ctx context.Context, q store.Querier, id string) (Account, error) {
	a := Account{ID: id}
	var level, state, lang, off string
	var sealed, wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT level, state, lang, profile, tour_seen, tour_session, advice_off, created_at, confirmed_at, version, `+keyring.WrappedSQL("account.id")+`
		FROM account WHERE id = $1`, id).Scan(&level, &state, &lang, &sealed, &a.TourSeen, &a.TourSession, &off, store.Time(&a.CreatedAt), store.NullTime(&a.ConfirmedAt), &a.Version, &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return Account{}, ErrMissing
	}
	if err != nil {
		return Account{}, fmt.Errorf("load account %s: %w", id, err)
	}
	a.Level, a.State, a.Lang, a.AdviceOff = access.Level(level), State(state), i18n.Lang(lang), strings.Fields(off)
	key, err := s.Ring.Unwrap(id, wrapped)
	if err != nil {
		return Account{}, fmt.Errorf("key of account %s: %w", id, err)
	}
	a.Profile, err = open(key, id, sealed)
	return a, err
}

// LangSQL lends the language of the account that expr names, for statements about what it is told; NULL when there is no such account.
func LangSQL(expr string) string {
	return `(SELECT account.lang FROM account WHERE account.id = ` + expr + `)`
}

// ShortName is how the header greets the person: what stands on nearly every page, so no more of the profile is read than the name.
func (s *Service) ShortName(ctx context.Context, q store.Querier, id string) (string, error) {
	var sealed, wrapped []byte
	err := store.One(q.QueryRow(ctx, `SELECT profile, `+keyring.WrappedSQL("account.id")+` FROM account WHERE id = $1`, id).Scan(&sealed, &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrMissing
	}
	if err != nil {
		return "", fmt.Errorf("name of account %s: %w", id, err)
	}
	key, err := s.Ring.Unwrap(id, wrapped)
	if err != nil {
		return "", fmt.Errorf("key of account %s: %w", id, err)
	}
	var name struct {
		Surname   string `json:"surname"`
		GivenName string `json:"given_name"`
	}
	err = key.OpenJSON("account", "profile", id, sealed, &name)
	return Profile{Surname: name.Surname, GivenName: name.GivenName}.ShortName(), err
}

// FullNames are the names of the accounts, in one statement; of one that was erased there is none.
func (s *Service) FullNames(ctx context.Context, q store.Querier, ids []string) (map[string]string, error) {
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	var args []any
	rows, err := q.Query(ctx, `SELECT id, profile, `+keyring.WrappedSQL("account.id")+` FROM account WHERE `+store.InSQL("id", ids, &args), args...)
	if err != nil {
		return nil, fmt.Errorf("names of accounts: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	for rows.Next() {
		var id string
		var sealed, wrapped []byte
		if err := rows.Scan(&id, &sealed, &wrapped); err != nil {
			return nil, err
		}
		key, err := s.Ring.Unwrap(id, wrapped)
		if errors.Is(err, keyring.ErrNoKey) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("key of account %s: %w", id, err)
		}
		p, err := open(key, id, sealed)
		if err != nil {
			return nil, err
		}
		out[id] = p.FullName()
	}
	return out, rows.Err()
}

// Update loads the account, lets fn change its level, state and profile, and saves it. An account holds the SNILS that its
// profile has; one that another account holds is ErrSnilsTaken.
func (s *Service) Update(ctx context.Context, tx *store.Tx, id string, fn func(*Account) error) (Account, error) {
	a, err := s.Get(ctx, tx, id)
	if err != nil {
		return Account{}, err
	}
	if err := fn(&a); err != nil {
		return Account{}, err
	}
	key, err := s.Ring.Person(ctx, tx, id)
	if err != nil {
		return Account{}, err
	}
	sealed, err := seal(key, id, a.Profile)
	if err != nil {
		return Account{}, err
	}
	var index, ahead any
	if a.Profile.SNILS != "" {
		index, ahead = s.SNILSIndex(a.Profile.SNILS), s.Ring.Ahead("account.snils", a.Profile.SNILS)
	}
	err = store.Touched(tx.Exec(ctx, `UPDATE account SET level = $1, state = $2, profile = $3, snils_index = $4, snils_ahead = $8, confirmed_at = $5, version = version + 1
		WHERE id = $6 AND version = $7`,
		string(a.Level), string(a.State), sealed, index, store.OrNull(a.ConfirmedAt), id, a.Version, ahead))
	if errors.Is(err, store.ErrExists) {
		return Account{}, ErrSnilsTaken
	}
	if err != nil {
		return Account{}, fmt.Errorf("update account %s: %w", id, err)
	}
	a.Version++
	return a, nil
}

// SNILSIndex is the keyed hash by which a SNILS is found.
func (s *Service) SNILSIndex(snils string) []byte { return s.Ring.Index("account.snils", snils) }

// HolderOfSNILS is the account that holds the SNILS, at whatever level, ErrMissing when there is none (REG-11).
func (s *Service) HolderOfSNILS(ctx context.Context, q store.Querier, snils string) (string, error) {
	var id string
	index := s.FindSNILS(snils)
	err := store.One(q.QueryRow(ctx, `SELECT account.id FROM account WHERE `+holds("$1", "$2"), index[0], index[1]).Scan(&id))
	if errors.Is(err, store.ErrNotFound) {
		return "", ErrMissing
	}
	return id, err
}

// FindSNILS is the index of a SNILS under each root that it may be indexed under: for HolderSQL.
func (s *Service) FindSNILS(snils string) [2][]byte { return s.Ring.Find("account.snils", snils) }

// HolderSQL lends the account that holds the SNILS whose index is one of the two that FindSNILS gives to another package's statement.
func HolderSQL(expr, other string) string {
	return `(SELECT account.id FROM account WHERE ` + holds(expr, other) + `)`
}

// holds is the condition of the index that lets one account hold a SNILS.
func holds(expr, other string) string {
	return `account.snils_index IN (` + expr + `, ` + other + `) AND account.state <> 'retired'`
}

// LevelSQL lends the level of the account that expr names to another package's statement.
func LevelSQL(expr string) string {
	return `(SELECT account.level FROM account WHERE account.id = ` + expr + `)`
}

// StateSQL lends the state of the account that expr names.
func StateSQL(expr string) string {
	return `(SELECT account.state FROM account WHERE account.id = ` + expr + `)`
}

// Tour reports whether the cabinet shows its tour (REG-15): in the session in which it is opened first, until the person has
// had enough of it. a is the account as it was read for the page.
func (s *Service) Tour(ctx context.Context, who access.Actor, a Account) (bool, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return false, err
	}
	if a.TourSeen || a.TourSession != "" {
		return !a.TourSeen && a.TourSession == who.SessionID, nil
	}
	return true, s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET tour_session = $1 WHERE id = $2 AND tour_session = ''`, who.SessionID, who.ID)
		return err
	})
}

// SeeTour remembers that the person has seen the tour of the cabinet (REG-15).
func (s *Service) SeeTour(ctx context.Context, who access.Actor) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.EndTour(ctx, tx, who.ID) })
}

// EndTour is SeeTour in a transaction, for whoever the tour is not for.
func (s *Service) EndTour(ctx context.Context, tx *store.Tx, accountID string) error {
	_, err := tx.Exec(ctx, `UPDATE account SET tour_seen = TRUE WHERE id = $1`, accountID)
	return err
}

// DismissAdvice remembers that the person does not want to hear of the advice (REG-19).
func (s *Service) DismissAdvice(ctx context.Context, who access.Actor, name string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET advice_off = advice_off || CAST($1 AS TEXT) WHERE id = $2 AND ' ' || advice_off NOT LIKE CAST($3 AS TEXT)`,
			name+" ", who.ID, "% "+name+" %")
		return err
	})
}

// SetLang remembers the language in which letters and texts go to the person.
func (s *Service) SetLang(ctx context.Context, who access.Actor, l i18n.Lang) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE account SET lang = $1 WHERE id = $2`, string(l), who.ID)
		return err
	})
}

// SetFavourite adds the service to the person's favourites or takes it out (CAB-5).
func (s *Service) SetFavourite(ctx context.Context, who access.Actor, service string, on bool) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if !on {
			_, err := tx.Exec(ctx, `DELETE FROM favourite WHERE account_id = $1 AND service = $2`, who.ID, service)
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO favourite (account_id, service, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, who.ID, service, tx.Now())
		return err
	})
}

// KeepersSQL selects the accounts, as id, that keep the service $1 among their favourites. Conditions on account_id, and their order, may follow.
const KeepersSQL = `SELECT account_id AS id FROM favourite WHERE service = $1`

// Favourites are the codes of the person's favourite services, the newest first.
func (s *Service) Favourites(ctx context.Context, q store.Querier, who access.Actor) ([]string, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT service FROM favourite WHERE account_id = $1 ORDER BY added_at DESC`, who.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	for rows.Next() {
		var code string
		if err := rows.Scan(&code); err != nil {
			return nil, err
		}
		out = append(out, code)
	}
	return out, rows.Err()
}

// Glance is Favourites together with what other packages lend: scalar subqueries of the account that x.id names, each
// scanned into the place that stands at its number. The cabinet's page reads all of it in one statement.
func (s *Service) Glance(ctx context.Context, q store.Querier, who access.Actor, lent []string, into ...any) ([]string, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT `+strings.Join(append(lent, `COALESCE(f.service, '')`), ", ")+
		` FROM (SELECT CAST($1 AS TEXT) AS id) x LEFT JOIN favourite f ON f.account_id = x.id ORDER BY f.added_at DESC`, who.ID)
	if err != nil {
		return nil, fmt.Errorf("glance of %s: %w", who.ID, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	var code string
	into = append(into, &code)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		if code != "" {
			out = append(out, code)
		}
	}
	return out, rows.Err()
}

func seal(key *keyring.Key, id string, p Profile) ([]byte, error) {
	return key.SealJSON("account", "profile", id, p)
}

func open(key *keyring.Key, id string, sealed []byte) (Profile, error) {
	var p Profile
	plain, err := key.Open("account", "profile", id, sealed)
	if err != nil {
		return p, err
	}
	if err := p.UnmarshalJSON(plain); err != nil { // directly: by way of package json it would be read through twice more
		return p, fmt.Errorf("profile of account %s: %w", id, err)
	}
	return p, nil
}
