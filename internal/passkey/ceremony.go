package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"okno/internal/access"
	"okno/internal/account"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/store"
)

// purpose is what a challenge may be answered for. Its text is stored.
type purpose string

const (
	adding   purpose = "add"
	entering purpose = "signin" // by whoever the key turns out to be
)

// Challenge is what a browser is given to answer. Options is JSON, as navigator.credentials takes it.
type Challenge struct {
	ID      string
	Options json.RawMessage
}

// Add begins to add a key to the person's account. display is what the device will call the account.
func (s *Service) Add(ctx context.Context, who access.Actor, browser, display string) (Challenge, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Challenge{}, err
	}
	if !s.Possible() {
		return Challenge{}, ErrAddress
	}
	list, err := s.all(ctx, s.DB, who.ID)
	if err != nil {
		return Challenge{}, err
	}
	if len(list) >= s.Policy.Passkey.Most {
		return Challenge{}, ErrMost
	}
	o := owner{id: who.ID, name: display, keys: credentials(list)}
	options, data, err := s.web.BeginRegistration(o, webauthn.WithExclusions(webauthn.Credentials(o.keys).CredentialDescriptors()))
	if err != nil {
		return Challenge{}, fmt.Errorf("begin to add a passkey: %w", err)
	}
	return s.give(ctx, adding, who.ID, browser, options.Response, data)
}

// SignIn begins to sign somebody in: the browser offers the keys it has.
func (s *Service) SignIn(ctx context.Context, browser string) (Challenge, error) {
	if !s.Possible() {
		return Challenge{}, ErrAddress
	}
	options, data, err := s.web.BeginDiscoverableLogin()
	if err != nil {
		return Challenge{}, fmt.Errorf("begin to sign in by passkey: %w", err)
	}
	return s.give(ctx, entering, "", browser, options.Response, data)
}

func credentials(list []held) []webauthn.Credential {
	out := make([]webauthn.Credential, 0, len(list))
	for _, h := range list {
		out = append(out, h.record.credential())
	}
	return out
}

// give keeps a challenge for its answer.
func (s *Service) give(ctx context.Context, what purpose, accountID, browser string, options any, data *webauthn.SessionData) (Challenge, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return Challenge{}, err
	}
	kept, err := json.Marshal(data)
	if err != nil {
		return Challenge{}, err
	}
	c := Challenge{Options: shown}
	return c, s.DB.Write(ctx, func(tx *store.Tx) error {
		c.ID = id.At(tx.Now())
		return tx.Do(ctx, `INSERT INTO passkey_challenge (id, browser, account_id, purpose, data, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			c.ID, browserHash(browser), accountID, string(what), kept, tx.Now().Add(s.Policy.Passkey.Lifetime))
	})
}

// given reads a challenge that waits for its answer.
func (s *Service) given(ctx context.Context, q store.Querier, what purpose, accountID, cid, browser string) (webauthn.SessionData, error) {
	var kept []byte
	err := store.One(q.QueryRow(ctx, `SELECT data FROM passkey_challenge WHERE id = $1 AND browser = $2 AND account_id = $3 AND purpose = $4 AND expires_at > $5`,
		cid, browserHash(browser), accountID, string(what), s.DB.Now()).Scan(&kept))
	if errors.Is(err, store.ErrNotFound) {
		return webauthn.SessionData{}, ErrChallenge
	}
	if err != nil {
		return webauthn.SessionData{}, fmt.Errorf("passkey challenge: %w", err)
	}
	var data webauthn.SessionData
	return data, json.Unmarshal(kept, &data)
}

// spend uses a challenge up: of many answers one.
func spend(ctx context.Context, tx *store.Tx, cid string) error {
	err := store.Touched(tx.Exec(ctx, `DELETE FROM passkey_challenge WHERE id = $1 AND expires_at > $2`, cid, tx.Now()))
	if errors.Is(err, store.ErrStale) {
		return ErrChallenge
	}
	return err
}

// Added is a key that was made, judged and not yet kept.
type Added struct {
	cid     string
	account string
	record  record
}

// JudgeAdded judges the answer to Add.
func (s *Service) JudgeAdded(ctx context.Context, who access.Actor, browser, cid, name string, answer []byte) (Added, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return Added{}, err
	}
	name, err := ReadName(name)
	if err != nil {
		return Added{}, err
	}
	if len(answer) > mostAnswer || !s.Possible() {
		return Added{}, ErrRefused
	}
	data, err := s.given(ctx, s.DB, adding, who.ID, cid, browser)
	if err != nil {
		return Added{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Added{}, refused(err)
	}
	made, err := s.web.CreateCredential(owner{id: who.ID}, data, parsed)
	if err != nil {
		return Added{}, refused(err)
	}
	return Added{cid: cid, account: who.ID, record: newRecord(name, made)}, nil
}

// Keep keeps a key that was added.
func (s *Service) Keep(ctx context.Context, tx *store.Tx, a Added) (Key, error) {
	if err := spend(ctx, tx, a.cid); err != nil {
		return Key{}, err
	}
	var many int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM passkey WHERE account_id = $1`, a.account).Scan(&many); err != nil {
		return Key{}, err
	}
	if many >= s.Policy.Passkey.Most {
		return Key{}, ErrMost
	}
	key, err := s.Ring.Person(ctx, tx, a.account)
	if err != nil {
		return Key{}, err
	}
	k := Key{ID: id.At(tx.Now()), Name: a.record.Name, Synced: webauthn.CredentialFlagsFromMsgpByte(a.record.Flags).BackupState, MadeAt: tx.Now()}
	sealed, err := s.seal(key, k.ID, a.record)
	if err != nil {
		return Key{}, err
	}
	err = store.Touched(tx.Exec(ctx, `INSERT INTO passkey (id, account_id, handle, record, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (handle) DO NOTHING`,
		k.ID, a.account, handle(a.record.ID), sealed, tx.Now()))
	if errors.Is(err, store.ErrStale) {
		return Key{}, ErrHeld
	}
	return k, err
}

// Judged is a good answer that is not yet used up.
type Judged struct {
	Account string
	Level   access.Level  // of the account, when the answer was judged
	State   account.State // likewise
	Key     Key           // as it was before

	cid     string
	version int64
	record  record
	key     *keyring.Key
}

// found is a key's row with what signing in needs of its owner.
var found = `SELECT id, account_id, record, version, made_at, used_at, ` + keyring.WrappedSQL("passkey.account_id") + `, ` +
	account.LevelSQL("passkey.account_id") + `, ` + account.StateSQL("passkey.account_id") + ` FROM passkey WHERE handle = $1`

// JudgeSignIn judges the answer to SignIn: whose key it is, and whether it signed.
func (s *Service) JudgeSignIn(ctx context.Context, browser, cid string, answer []byte) (Judged, error) {
	if len(answer) > mostAnswer || !s.Possible() {
		return Judged{}, ErrRefused
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Judged{}, refused(err)
	}
	j := Judged{cid: cid}
	var h held
	var data webauthn.SessionData
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if data, err = s.given(ctx, tx, entering, "", cid, browser); err != nil {
			return err
		}
		var sealed, wrapped []byte
		var level, state string
		err := store.One(tx.QueryRow(ctx, found, handle(parsed.RawID)).
			Scan(&h.ID, &h.account, &sealed, &h.version, store.Time(&h.MadeAt), store.NullTime(&h.UsedAt), &wrapped, &level, &state))
		if errors.Is(err, store.ErrNotFound) {
			return ErrUnknown
		}
		if err != nil {
			return fmt.Errorf("find a passkey: %w", err)
		}
		j.Level, j.State = access.Level(level), account.State(state)
		if j.key, err = s.Ring.Unwrap(h.account, wrapped); err != nil {
			return err
		}
		return s.open(j.key, &h, sealed)
	})
	if err != nil {
		return Judged{}, err
	}
	o := owner{id: h.account, keys: []webauthn.Credential{h.record.credential()}}
	used, err := s.web.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != h.account {
			return nil, ErrUnknown
		}
		return o, nil
	}, data, parsed)
	if err != nil {
		return Judged{}, refused(err)
	}
	j.Account, j.Key, j.version = h.account, h.Key, h.version
	j.record = newRecord(h.record.Name, used)
	return j, nil
}

// Spend uses a good answer up, in the transaction that does what it was given for. A key whose counter went back is refused, and
// stays so until its owner has removed it: there are two of it, and the counter does not tell which is the owner's. What it says is
// returned apart from errors, because the answer is used up and the key is marked all the same: j.Key.Cloned says whether it was before.
func (s *Service) Spend(ctx context.Context, tx *store.Tx, j Judged) (refused, _ error) {
	if err := spend(ctx, tx, j.cid); err != nil {
		return nil, err
	}
	sealed, err := s.seal(j.key, j.Key.ID, j.record)
	if err != nil {
		return nil, err
	}
	var used any = tx.Now()
	if j.record.Cloned {
		refused, used = ErrCloned, nil
	}
	err = store.Touched(tx.Exec(ctx, `UPDATE passkey SET record = $1, used_at = COALESCE($2, used_at), version = version + 1 WHERE id = $3 AND version = $4`, sealed, used, j.Key.ID, j.version))
	if errors.Is(err, store.ErrStale) { // it was removed, or signed twice in one moment
		err = ErrUnknown
	}
	return refused, err
}

// Sweep forgets challenges that were never answered.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		return tx.Do(ctx, `DELETE FROM passkey_challenge WHERE expires_at <= $1`, tx.Now())
	})
}

// refused makes a refusal of what the library found. Its words are for the log; they hold nothing of the person.
func refused(err error) error {
	var p *protocol.Error
	if errors.As(err, &p) {
		return fmt.Errorf("%w: %s: %s", ErrRefused, p.Type, p.Details)
	}
	return fmt.Errorf("%w: %T", ErrRefused, err)
}
