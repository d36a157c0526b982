package credential

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/staff"
	"okno/internal/store"
)

// FactorKind is a sort of second factor. Its text is stored.
type FactorKind string

// The kinds.
const (
	App    FactorKind = "totp"   // an authenticator app (RFC 6238)
	Code   FactorKind = "code"   // the wish to be sent a code
	Backup FactorKind = "backup" // one of the codes on a sheet of paper
)

// Factor is a second factor as its owner sees it.
type Factor struct {
	ID     string
	Kind   FactorKind
	Name   string // the person's own, of an app
	MadeAt time.Time
	UsedAt time.Time // zero when it was never used

	ProvedAt time.Time // since when it counts
}

// Factors are the second factors of an account.
type Factors struct {
	Apps     []Factor
	Code     bool      // codes are sent by wish
	Backup   int       // backup codes that are left
	BackupAt time.Time // when they were made, zero when there are none
}

// Any reports whether there is one that is asked for. Backup codes stand in for others and are none by themselves.
func (f Factors) Any() bool { return len(f.Apps) > 0 || f.Code }

// The refusals.
var (
	ErrNoFactor = fault.New(fault.Missing, "factor.none")  // no such factor of this account
	ErrAppsFull = fault.New(fault.Conflict, "factor.apps") // there are as many apps as the policy allows
)

// AsksSQL lends whether the account that expr names has a second factor that is asked for. At a sign-in the account has been found by
// its contact in the same statement, so that signing in costs as many statements with second factors as without.
func AsksSQL(expr string) string {
	return `EXISTS (SELECT 1 FROM factor WHERE factor.account_id = ` + expr + ` AND factor.kind IN ('totp', 'code') AND factor.proved_at IS NOT NULL)`
}

// AppSQL lends whether the account that expr names has an authenticator app.
func AppSQL(expr string) string {
	return `EXISTS (SELECT 1 FROM factor WHERE factor.account_id = ` + expr + ` AND factor.kind = 'totp' AND factor.proved_at IS NOT NULL)`
}

// BackupSQL lends whether the account that expr names has backup codes that were not used.
func BackupSQL(expr string) string {
	return `EXISTS (SELECT 1 FROM factor WHERE factor.account_id = ` + expr + ` AND factor.kind = 'backup' AND factor.proved_at IS NOT NULL AND factor.used_at IS NULL)`
}

// Factors lists the second factors of the account that count.
func (s *Service) Factors(ctx context.Context, q store.Querier, account string) (Factors, error) {
	rows, err := q.Query(ctx, `SELECT id, kind, name, made_at, used_at, proved_at, `+keyring.WrappedSQL("factor.account_id")+`
		FROM factor WHERE account_id = $1 AND proved_at IS NOT NULL ORDER BY made_at, id`, account)
	if err != nil {
		return Factors{}, fmt.Errorf("factors of %s: %w", account, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out Factors
	for rows.Next() {
		var f Factor
		var kind string
		var name, wrapped []byte
		if err := rows.Scan(&f.ID, &kind, &name, store.Time(&f.MadeAt), store.NullTime(&f.UsedAt), store.Time(&f.ProvedAt), &wrapped); err != nil {
			return Factors{}, err
		}
		f.Kind = FactorKind(kind)
		switch f.Kind {
		case App:
			if f.Name, err = s.openName(account, f.ID, name, wrapped); err != nil {
				return Factors{}, err
			}
			out.Apps = append(out.Apps, f)
		case Code:
			out.Code = true
		case Backup:
			if out.BackupAt = f.MadeAt; f.UsedAt.IsZero() {
				out.Backup++
			}
		}
	}
	return out, rows.Err()
}

// Held is Factors without their names, with whether what another package asks of the account holds: a condition, in the same statement.
func (s *Service) Held(ctx context.Context, q store.Querier, account, also string) (f Factors, holds bool, _ error) {
	var apps, codes int
	err := q.QueryRow(ctx, `SELECT COALESCE(SUM(CASE WHEN kind = 'totp' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN kind = 'code' THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN kind = 'backup' AND used_at IS NULL THEN 1 ELSE 0 END), 0), `+also+` FROM factor WHERE account_id = $1 AND proved_at IS NOT NULL`, account).
		Scan(&apps, &codes, &f.Backup, &holds)
	if err != nil {
		return Factors{}, false, fmt.Errorf("factors of %s: %w", account, err)
	}
	f.Apps, f.Code = make([]Factor, apps), codes > 0
	return f, holds, nil
}

func (s *Service) openName(account, fid string, name, wrapped []byte) (string, error) {
	if len(name) == 0 {
		return "", nil
	}
	key, err := s.Ring.Unwrap(account, wrapped)
	if err != nil {
		return "", err
	}
	plain, err := key.Open("factor", "name", fid, name)
	return string(plain), err
}

// NewApp makes the secret of an authenticator app that counts for nothing until a code of it was typed. One is made at a time: a
// new one takes the place of one that was never proved.
func (s *Service) NewApp(ctx context.Context, tx *store.Tx, account, name string) (fid, secret string, _ error) {
	have, err := s.Factors(ctx, tx, account)
	if err != nil {
		return "", "", err
	}
	if len(have.Apps) >= s.Policy.SecondFactor.Apps {
		return "", "", ErrAppsFull
	}
	key, err := s.Ring.Person(ctx, tx, account)
	if err != nil {
		return "", "", err
	}
	made, err := totp.Generate(totp.GenerateOpts{Issuer: "Okno", AccountName: "Okno", SecretSize: 20}) // RFC 4226 R6: 160 bits
	if err != nil {
		return "", "", err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM factor WHERE account_id = $1 AND kind = 'totp' AND proved_at IS NULL`, account); err != nil {
		return "", "", err
	}
	fid = id.At(tx.Now())
	return fid, made.Secret(), tx.Do(ctx, `INSERT INTO factor (id, account_id, kind, name, secret, made_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		fid, account, string(App), key.Seal("factor", "name", fid, []byte(name)), key.Seal("factor", "secret", fid, []byte(made.Secret())), tx.Now())
}

// AppOnTrial is the app that waits for its first code, with its name and secret; ErrNoFactor when there is none.
func (s *Service) AppOnTrial(ctx context.Context, q store.Querier, account string) (fid, name, secret string, _ error) {
	var sealed, wrapped, sealedName []byte
	err := store.One(q.QueryRow(ctx, `SELECT id, name, secret, `+keyring.WrappedSQL("factor.account_id")+` FROM factor
		WHERE account_id = $1 AND kind = 'totp' AND proved_at IS NULL`, account).Scan(&fid, &sealedName, &sealed, &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return "", "", "", ErrNoFactor
	}
	if err != nil {
		return "", "", "", fmt.Errorf("app of %s: %w", account, err)
	}
	if name, err = s.openName(account, fid, sealedName, wrapped); err != nil {
		return "", "", "", err
	}
	key, err := s.Ring.Unwrap(account, wrapped)
	if err != nil {
		return "", "", "", err
	}
	plain, err := key.Open("factor", "secret", fid, sealed)
	return fid, name, string(plain), err
}

// ProveApp makes the app that is on trial count, by its first code; false when the code is wrong.
func (s *Service) ProveApp(ctx context.Context, tx *store.Tx, account, code string, now time.Time) (bool, error) {
	fid, _, secret, err := s.AppOnTrial(ctx, tx, account)
	if err != nil {
		return false, err
	}
	step := staff.Step(secret, code, now)
	if step == 0 {
		return false, nil
	}
	n, err := tx.Exec(ctx, `UPDATE factor SET proved_at = $1, step = $2 WHERE id = $3 AND proved_at IS NULL`, tx.Now(), step, fid)
	return n == 1, err
}

// UseApp takes a code of one of the account's apps; false when it is none's, or was used: a code works once, and an older one not
// after it, whoever is first.
func (s *Service) UseApp(ctx context.Context, tx *store.Tx, account, code string, now time.Time) (bool, error) {
	secrets, err := s.secrets(ctx, tx, account, App)
	if err != nil {
		return false, err
	}
	for fid, secret := range secrets {
		step := staff.Step(string(secret), code, now)
		if step == 0 {
			continue
		}
		n, err := tx.Exec(ctx, `UPDATE factor SET step = $1, used_at = $2 WHERE id = $3 AND step < $1`, step, tx.Now(), fid)
		if err != nil || n == 1 {
			return n == 1, err
		}
	}
	return false, nil
}

// secrets are the opened secrets of the account's factors of the kind that may be used still.
func (s *Service) secrets(ctx context.Context, q store.Querier, account string, kind FactorKind) (map[string][]byte, error) {
	key, err := s.Ring.Person(ctx, q, account)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT id, secret FROM factor
		WHERE account_id = $1 AND kind = $2 AND proved_at IS NOT NULL AND (kind <> 'backup' OR used_at IS NULL)`, account, string(kind))
	if err != nil {
		return nil, fmt.Errorf("factors of %s: %w", account, err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	out := map[string][]byte{}
	for rows.Next() {
		var fid string
		var sealed []byte
		if err := rows.Scan(&fid, &sealed); err != nil {
			return nil, err
		}
		if out[fid], err = key.Open("factor", "secret", fid, sealed); err != nil {
			return nil, err
		}
	}
	return out, rows.Err()
}

// RenameApp gives an app of the account another name.
func (s *Service) RenameApp(ctx context.Context, tx *store.Tx, account, fid, name string) error {
	key, err := s.Ring.Person(ctx, tx, account)
	if err != nil {
		return err
	}
	return store.TouchedOr(ErrNoFactor)(tx.Exec(ctx, `UPDATE factor SET name = $1 WHERE id = $2 AND account_id = $3 AND kind = 'totp' AND proved_at IS NOT NULL`,
		key.Seal("factor", "name", fid, []byte(name)), fid, account))
}

// RemoveApp takes an app from the account.
func (s *Service) RemoveApp(ctx context.Context, tx *store.Tx, account, fid string) error {
	return store.TouchedOr(ErrNoFactor)(tx.Exec(ctx, `DELETE FROM factor WHERE id = $1 AND account_id = $2 AND kind = 'totp' AND proved_at IS NOT NULL`, fid, account))
}

// SendCodes switches on that codes are sent.
func (s *Service) SendCodes(ctx context.Context, tx *store.Tx, account string) error {
	return tx.Do(ctx, `INSERT INTO factor (id, account_id, kind, made_at, proved_at) VALUES ($1, $2, $3, $4, $4) ON CONFLICT (account_id) WHERE kind = 'code' DO NOTHING`,
		id.At(tx.Now()), account, string(Code), tx.Now())
}

// SendNoCodes switches it off.
func (s *Service) SendNoCodes(ctx context.Context, tx *store.Tx, account string) error {
	return store.TouchedOr(ErrNoFactor)(tx.Exec(ctx, `DELETE FROM factor WHERE account_id = $1 AND kind = 'code'`, account))
}

// BackupDigits is the length of a backup code: 20 digits are 66 bits, and everybody has digits on the keyboard, in any layout
// (NIST SP 800-63B wants 64 of what is saved for the day when nothing else is there).
const BackupDigits = 20

// NewBackupCodes makes the codes of a new sheet; the old ones open nothing from then on. They are shown once: what is kept is a
// hash of each, and that is sealed.
func (s *Service) NewBackupCodes(ctx context.Context, tx *store.Tx, account string) ([]string, error) {
	key, err := s.Ring.Person(ctx, tx, account)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM factor WHERE account_id = $1 AND kind = 'backup'`, account); err != nil {
		return nil, err
	}
	codes := make([]string, s.Policy.SecondFactor.BackupCodes)
	for i := range codes {
		codes[i] = newBackupCode()
		fid := id.At(tx.Now())
		if err := tx.Do(ctx, `INSERT INTO factor (id, account_id, kind, secret, made_at, proved_at) VALUES ($1, $2, $3, $4, $5, $5)`,
			fid, account, string(Backup), key.Seal("factor", "secret", fid, hashBackup(fid, codes[i])), tx.Now()); err != nil {
			return nil, fmt.Errorf("backup codes of %s: %w", account, err)
		}
	}
	return codes, nil
}

func newBackupCode() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(BackupDigits), nil))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%0*d", BackupDigits, n)
}

// hashBackup is of this row alone, so that equal codes of two people are not seen to be equal.
func hashBackup(fid, digits string) []byte {
	h := sha256.Sum256([]byte("okno backup code\x00" + fid + "\x00" + digits))
	return h[:]
}

// BackupCode reads a backup code as it is typed: groups and hyphens are nothing. False when it is none.
func BackupCode(typed string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\u00a0', '\t':
			return -1
		}
		return r
	}, typed)
	if len(digits) != BackupDigits || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return digits, true
}

// UseBackup takes one of the backup codes, once: of two who type it at once one gets in.
func (s *Service) UseBackup(ctx context.Context, tx *store.Tx, account, digits string) (bool, error) {
	hashes, err := s.secrets(ctx, tx, account, Backup)
	if err != nil {
		return false, err
	}
	for fid, hash := range hashes {
		if !keyring.Equal(hash, hashBackup(fid, digits)) {
			continue
		}
		n, err := tx.Exec(ctx, `UPDATE factor SET used_at = $1 WHERE id = $2 AND used_at IS NULL`, tx.Now(), fid)
		return n == 1, err
	}
	return false, nil
}

// RemoveSince forgets apps, backup codes and browsers that came at the moment or later, and ends every session but the one of who asks, with
// the sign-ins that wait for a second factor. The browser of who asks stays known.
func (s *Service) RemoveSince(ctx context.Context, tx *store.Tx, who access.Actor, since time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM factor WHERE account_id = $1 AND kind IN ('totp', 'backup') AND COALESCE(proved_at, made_at) >= $2`, who.ID, since); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM pending_signin WHERE account_id = $1`, who.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM device WHERE account_id = $1 AND first_at >= $2 AND NOT EXISTS (SELECT 1 FROM session WHERE session.id = $3 AND session.browser = device.browser)`,
		who.ID, since, who.SessionID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM session WHERE owner_id = $1 AND id <> $2`, who.ID, who.SessionID)
	return err
}
