package credential

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/form"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/store"
)

// Secret is what is needed to judge a password, as one statement finds it.
type Secret struct {
	Account string // "" when the contact belongs to nobody
	Encoded string // "" when there is no password
	Level   access.Level
	State   account.State
	Known   bool      // the owner has signed in from this browser
	UsedAt  time.Time // … and when that was written down last
	Trusted bool      // … and wished it to be remembered: it is not asked for a second factor
	Factors bool      // there is a second factor
	Replace bool      // the password is a temporary one, to be replaced at once (AUTH-6)
	Over    bool      // … and its term has run out
	Buckets []string  // states of the limiter's buckets, in the order asked for; "" for one that is not there
}

// Bucket names a bucket of the limiter: by its whole key, or by a prefix and a suffix, between which the account's id stands, or
// what stands for it when the contact belongs to nobody.
type Bucket struct{ Key, Prefix, Suffix string }

// Lookup finds, in one statement, the account that the login belongs to, its password, whether this browser is one of its
// owner's, and the state of the limiter's buckets. holder is how the account is found by the two indexes: contact.AccountSQL or
// account.HolderSQL. nobody stands for the account in buckets of a login that belongs to nobody, so that these are counted in the same way.
func (s *Service) Lookup(ctx context.Context, holder func(index, other string) string, index [2][]byte, browser, nobody string, buckets ...Bucket) (Secret, error) {
	args := []any{index[0], keyring.HashToken(browser), nobody, index[1]}
	list := ""
	for _, b := range buckets {
		if b.Key != "" {
			args = append(args, b.Key)
			list += ", " + limit.StateSQL(fmt.Sprintf("$%d", len(args)))
			continue
		}
		args = append(args, b.Prefix, b.Suffix)
		list += ", COALESCE(" + limit.StateSQL(fmt.Sprintf("CAST($%d AS TEXT) || COALESCE(x.account_id, $3) || CAST($%d AS TEXT)", len(args)-1, len(args))) + ", '')"
	}
	text := `SELECT COALESCE(x.account_id, ''), COALESCE(p.encoded, ''), COALESCE(` + account.LevelSQL("x.account_id") + `, ''),
		COALESCE(` + account.StateSQL("x.account_id") + `, ''), d.account_id IS NOT NULL, d.last_at, d.trusted_until, ` + AsksSQL("x.account_id") + `, COALESCE(p.must_change, FALSE), p.expires_at` + list + `
		FROM (SELECT ` + holder("$1", "$4") + ` AS account_id) x LEFT JOIN password p ON p.account_id = x.account_id
		LEFT JOIN device d ON d.account_id = x.account_id AND d.browser = $2 AND NOT d.signed`
	var out Secret
	var level, state string
	out.Buckets = make([]string, len(buckets))
	var trusted, until time.Time
	into := []any{&out.Account, &out.Encoded, &level, &state, &out.Known, store.NullTime(&out.UsedAt), store.NullTime(&trusted), &out.Factors, &out.Replace, store.NullTime(&until)}
	for i := range out.Buckets {
		into = append(into, &out.Buckets[i])
	}
	if err := s.DB.QueryRow(ctx, text, args...).Scan(into...); err != nil {
		return Secret{}, fmt.Errorf("look up a password: %w", err)
	}
	out.Trusted = s.DB.Now().Before(trusted)
	out.Over = out.Replace && !until.IsZero() && !s.DB.Now().Before(until)
	out.Level, out.State = access.Level(level), account.State(state)
	return out, nil
}

// NewPassword tells what is wrong with a password that somebody wants to set (REG-7), nil when nothing is. about is what
// others know of the person. A file of leaked passwords that cannot be read at the moment keeps nobody from registering:
// the operator is told, and the other rules hold.
func (s *Service) NewPassword(ctx context.Context, password string, about ...string) *form.Problem {
	if p := (form.PasswordLength{Min: s.Policy.Password.Min, Max: s.Policy.Password.Max}).Check(password, about...); p != nil {
		return p
	}
	if l := s.Listed(ctx, password); l != NoList {
		return &form.Problem{Key: "form.password." + string(l)}
	}
	return nil
}

// List is the offline list on which a password stands, by which whoever guesses begins. Its text is stored for minutes and ends the
// keys of what is said.
type List string

// The lists.
const (
	NoList     List = ""
	CommonList List = "common" // what everybody thinks of
	LeakedList List = "leaked" // what leaked somewhere, as often as the policy says
)

// Listed is the list on which the password stands, one that is in force too: it asks nobody outside, and no database. A file that
// cannot be read is no list: nobody is kept out for it.
func (s *Service) Listed(ctx context.Context, password string) List {
	var common form.Words
	if s.Common != nil {
		common = s.Common()
	}
	if form.PasswordCommon(password, common) != nil {
		return CommonList
	}
	if s.Leaked == nil {
		return NoList
	}
	n, err := s.Leaked.Count(password)
	if err != nil {
		cmp.Or(s.Log, slog.Default()).ErrorContext(ctx, "leaked passwords cannot be looked up", "error", err)
		return NoList
	}
	if n >= s.Policy.Password.Leaked {
		return LeakedList
	}
	return NoList
}

// ReadNew is NewPassword for a form on which the password is typed twice.
func (s *Service) ReadNew(ctx context.Context, password, again string, about ...string) error {
	var sheet form.Sheet
	sheet.Note("password", s.NewPassword(ctx, password, about...))
	if len(sheet) == 0 {
		sheet.Note("password_again", form.PasswordAgain(password, again))
	}
	return sheet.Err()
}

// SetPassword stores the encoded hash of the account's password. A temporary one must be changed at the first sign-in. The one in whose
// place it comes is kept among those of before.
func (s *Service) SetPassword(ctx context.Context, tx *store.Tx, account, encoded string, temporary bool) error {
	n, err := tx.Exec(ctx, `INSERT INTO password_past (account_id, encoded, left_at) SELECT account_id, encoded, $2 FROM password WHERE account_id = $1 AND encoded <> $3
		ON CONFLICT (account_id, encoded) DO NOTHING`, account, tx.Now(), encoded)
	if err != nil {
		return fmt.Errorf("keep the former password of %s: %w", account, err)
	}
	if n > 0 {
		err := tx.Do(ctx, `DELETE FROM password_past WHERE account_id = $1 AND encoded NOT IN (SELECT last.encoded FROM password_past last
			WHERE last.account_id = $1 ORDER BY last.left_at DESC, last.encoded LIMIT $2)`, account, s.Policy.Password.NoneOfLast-1)
		if err != nil {
			return fmt.Errorf("forget former passwords of %s: %w", account, err)
		}
	}
	err = tx.Do(ctx, `INSERT INTO password (account_id, encoded, must_change, set_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id) DO UPDATE SET encoded = excluded.encoded, must_change = excluded.must_change, set_at = excluded.set_at, expires_at = NULL`,
		account, encoded, temporary, tx.Now())
	if err != nil {
		return fmt.Errorf("set password of %s: %w", account, err)
	}
	return nil
}

// Rehash replaces the hash of an unchanged password by a newer one, unless the password was changed meanwhile.
func (s *Service) Rehash(ctx context.Context, account, old, encoded string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE password SET encoded = $1 WHERE account_id = $2 AND encoded = $3`, encoded, account, old)
		return err
	})
}

// Encoded is the account's stored hash, "" when it has no password, or only a temporary one whose term has run out.
func (s *Service) Encoded(ctx context.Context, q store.Querier, account string) (string, error) {
	var encoded string
	err := store.One(q.QueryRow(ctx, `SELECT encoded FROM password WHERE account_id = $1 AND `+currentSQL("password", "$2"), account, q.Now()).Scan(&encoded))
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return encoded, err
}

// Formers are the stored hashes of the passwords that the account must not be given (again): the one in force and those of before.
func (s *Service) Formers(ctx context.Context, q store.Querier, account string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT encoded FROM (SELECT encoded, set_at AS at, 1 AS now FROM password WHERE account_id = $1
		UNION ALL SELECT encoded, left_at, 0 FROM password_past WHERE account_id = $1) x ORDER BY now DESC, at DESC LIMIT $2`, account, s.Policy.Password.NoneOfLast)
	if err != nil {
		return nil, fmt.Errorf("former passwords of %s: %w", account, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []string
	for rows.Next() {
		var encoded string
		if err := rows.Scan(&encoded); err != nil {
			return nil, err
		}
		out = append(out, encoded)
	}
	return out, rows.Err()
}

// MustReplace reports whether the account's password is a temporary one.
func (s *Service) MustReplace(ctx context.Context, q store.Querier, account string) (bool, error) {
	var must bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM password WHERE account_id = $1 AND must_change)`, account).Scan(&must)
	return must, err
}

// PasswordSetSQL lends when the password of the account that expr names was set, NULL when it has none. A hash that was
// made anew (Rehash) is of the same password.
func PasswordSetSQL(expr string) string {
	return `(SELECT password.set_at FROM password WHERE password.account_id = ` + expr + `)`
}

// PasswordSet is when the account's password was set, zero when it has none.
func (s *Service) PasswordSet(ctx context.Context, q store.Querier, account string) (time.Time, error) {
	var at time.Time
	if err := q.QueryRow(ctx, `SELECT `+PasswordSetSQL("$1"), account).Scan(store.NullTime(&at)); err != nil {
		return at, fmt.Errorf("age of the password of %s: %w", account, err)
	}
	return at, nil
}

// Trust wishes that no second factor be asked for in the visitor's browser, which is one of the account's devices, until then.
func (s *Service) Trust(ctx context.Context, tx *store.Tx, account string, v Visitor, until time.Time) error {
	return tx.Do(ctx, `UPDATE device SET trusted_until = $1 WHERE account_id = $2 AND browser = $3`, until, account, keyring.HashToken(v.Browser))
}

// TrustNone makes every browser of the account be asked again.
func (s *Service) TrustNone(ctx context.Context, tx *store.Tx, account string) error {
	return tx.Do(ctx, `UPDATE device SET trusted_until = NULL WHERE account_id = $1`, account)
}
