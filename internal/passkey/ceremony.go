package passkey

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"okno/internal/access"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/store"
)

// purpose is what a challenge may be answered for. Its text is sealed with it.
type purpose string

const (
	adding   purpose = "add"
	entering purpose = "signin" // by whoever the key turns out to be
	proving  purpose = "prove"  // by the owner of an account, beside something else
)

// Challenge is what a browser is given to answer. Options is JSON, as navigator.credentials takes it; ID goes back with the answer.
type Challenge struct {
	ID      string
	Options json.RawMessage
}

// Add begins to add a key to the person's account. display is what the device will call the account.
func (s *Service) Add(ctx context.Context, who access.Actor, browser, display string) (Challenge, error) {
	if err := s.of.may(who); err != nil {
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
	return s.give(adding, who.ID, browser, options.Response, data)
}

// SignIn begins to sign somebody in: the browser offers the keys it has.
func (s *Service) SignIn(browser string) (Challenge, error) {
	if !s.Possible() {
		return Challenge{}, ErrAddress
	}
	options, data, err := s.web.BeginDiscoverableLogin()
	if err != nil {
		return Challenge{}, fmt.Errorf("begin to sign in by passkey: %w", err)
	}
	return s.give(entering, "", browser, options.Response, data)
}

// Ask begins to prove who somebody is by a key of the account, of those that may: about stands for what it is a proof of, and the answer
// proves nothing else. ErrMissing when there is no such key.
func (s *Service) Ask(ctx context.Context, q store.Querier, accountID, about, browser string, v policy.Verification, may func(Key) bool) (Challenge, error) {
	if !s.Possible() {
		return Challenge{}, ErrAddress
	}
	list, err := s.all(ctx, q, accountID)
	if err != nil {
		return Challenge{}, err
	}
	list = slices.DeleteFunc(list, func(h held) bool { return !may(h.Key) })
	if len(list) == 0 {
		return Challenge{}, ErrMissing // a browser would take no list for any key
	}
	options, data, err := s.web.BeginLogin(owner{id: accountID, keys: credentials(list)}, webauthn.WithUserVerification(protocol.UserVerificationRequirement(v)))
	if err != nil {
		return Challenge{}, fmt.Errorf("ask for a passkey: %w", err)
	}
	return s.give(proving, accountID+"/"+about, browser, options.Response, data)
}

func credentials(list []held) []webauthn.Credential {
	out := make([]webauthn.Credential, 0, len(list))
	for _, h := range list {
		out = append(out, h.record.credential())
	}
	return out
}

// ticket is a challenge that was given away. The browser carries it, sealed, so that nothing is kept of whoever never answers.
type ticket struct {
	ID    string               `json:"id"`
	Until time.Time            `json:"until"`
	Data  webauthn.SessionData `json:"data"`
}

// bound is what a ticket is sealed for: it opens for nothing and nobody else.
func (s *Service) bound(what purpose, accountID, browser string) string {
	return s.of.realm + string(what) + "/" + accountID + "/" + hex.EncodeToString(keyring.HashToken(browser))
}

// give makes a challenge, and the ticket that comes back with its answer.
func (s *Service) give(what purpose, accountID, browser string, options any, data *webauthn.SessionData) (Challenge, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return Challenge{}, err
	}
	now := s.DB.Now()
	plain, err := json.Marshal(ticket{id.At(now), now.Add(s.Policy.Passkey.Lifetime), *data})
	if err != nil {
		return Challenge{}, err
	}
	sealed := s.Ring.System().Seal("passkey_challenge", "ticket", s.bound(what, accountID, browser), plain)
	return Challenge{base64.RawURLEncoding.EncodeToString(sealed), shown}, nil
}

// given opens a ticket that came back in its time. That it was not answered before is seen when it is spent.
func (s *Service) given(what purpose, accountID, cid, browser string) (ticket, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(cid)
	if err != nil {
		return ticket{}, ErrChallenge
	}
	plain, err := s.Ring.System().Open("passkey_challenge", "ticket", s.bound(what, accountID, browser), sealed)
	if err != nil {
		return ticket{}, ErrChallenge
	}
	var t ticket
	if err := json.Unmarshal(plain, &t); err != nil {
		return ticket{}, fmt.Errorf("passkey challenge: %w", err)
	}
	if !s.DB.Now().Before(t.Until) {
		return ticket{}, ErrChallenge
	}
	return t, nil
}

// spend uses a challenge up: of many answers one. What was spent is kept for as long as it could be answered again.
func spend(ctx context.Context, tx *store.Tx, t ticket) error {
	if !tx.Now().Before(t.Until) {
		return ErrChallenge
	}
	return store.TouchedOr(ErrChallenge)(tx.Exec(ctx, `INSERT INTO passkey_challenge (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, t.ID, t.Until))
}

// Added is a key that was made, judged and not yet kept.
type Added struct {
	ticket  ticket
	account string
	record  record
}

// JudgeAdded judges the answer to Add.
func (s *Service) JudgeAdded(ctx context.Context, who access.Actor, browser, cid, name string, answer []byte) (Added, error) {
	if err := s.of.may(who); err != nil {
		return Added{}, err
	}
	name, err := readName(name)
	if err != nil {
		return Added{}, err
	}
	if len(answer) > mostAnswer || !s.Possible() {
		return Added{}, ErrRefused
	}
	t, err := s.given(adding, who.ID, cid, browser)
	if err != nil {
		return Added{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Added{}, refused(err)
	}
	made, err := s.web.CreateCredential(owner{id: who.ID}, t.Data, parsed)
	if err != nil {
		return Added{}, refused(err)
	}
	return Added{ticket: t, account: who.ID, record: newRecord(name, made)}, nil
}

// Keep keeps a key that was added.
func (s *Service) Keep(ctx context.Context, tx *store.Tx, a Added) (Key, error) {
	if err := spend(ctx, tx, a.ticket); err != nil {
		return Key{}, err
	}
	var many int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM `+s.of.table+` WHERE `+s.of.owner+` = $1`, a.account).Scan(&many); err != nil {
		return Key{}, err
	}
	if many >= s.Policy.Passkey.Most {
		return Key{}, ErrMost
	}
	key, err := s.key(ctx, tx, a.account)
	if err != nil {
		return Key{}, err
	}
	k := Key{ID: id.At(tx.Now()), Name: a.record.Name, Synced: webauthn.CredentialFlagsFromMsgpByte(a.record.Flags).BackupState, MadeAt: tx.Now()}
	sealed, err := s.seal(key, k.ID, a.record)
	if err != nil {
		return Key{}, err
	}
	err = store.Touched(tx.Exec(ctx, `INSERT INTO `+s.of.table+` (id, `+s.of.owner+`, handle, record, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (handle) DO NOTHING`,
		k.ID, a.account, handle(a.record.ID), sealed, tx.Now()))
	if errors.Is(err, store.ErrStale) {
		return Key{}, ErrHeld
	}
	return k, err
}

// Judged is a good answer that is not yet used up.
type Judged struct {
	Account string
	Key     Key // as it was before

	Verified bool // the device has verified its owner

	ticket  ticket
	version int64
	record  record
	key     *keyring.Key
}

// JudgeSignIn judges the answer to SignIn: whose key it is, and whether it signed.
func (s *Service) JudgeSignIn(ctx context.Context, browser, cid string, answer []byte) (Judged, error) {
	if len(answer) > mostAnswer || !s.Possible() {
		return Judged{}, ErrRefused
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Judged{}, refused(err)
	}
	t, err := s.given(entering, "", cid, browser)
	if err != nil {
		return Judged{}, err
	}
	h, key, err := s.found(ctx, parsed.RawID)
	if err != nil {
		return Judged{}, err
	}
	o := owner{id: h.account, keys: []webauthn.Credential{h.record.credential()}}
	used, err := s.web.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != h.account {
			return nil, ErrUnknown
		}
		return o, nil
	}, t.Data, parsed)
	if err != nil {
		return Judged{}, refused(err)
	}
	return judged(t, h, key, used, parsed), nil
}

func judged(t ticket, h held, key *keyring.Key, used *webauthn.Credential, parsed *protocol.ParsedCredentialAssertionData) Judged {
	return Judged{Account: h.account, Key: h.Key, Verified: parsed.Response.AuthenticatorData.Flags.UserVerified(), ticket: t, version: h.version, record: newRecord(h.record.Name, used), key: key}
}

// JudgeAsked judges the answer to Ask.
func (s *Service) JudgeAsked(ctx context.Context, accountID, about, browser, cid string, answer []byte) (Judged, error) {
	if len(answer) > mostAnswer || !s.Possible() {
		return Judged{}, ErrRefused
	}
	t, err := s.given(proving, accountID+"/"+about, cid, browser)
	if err != nil {
		return Judged{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Judged{}, refused(err)
	}
	h, key, err := s.found(ctx, parsed.RawID)
	if err != nil {
		return Judged{}, err
	}
	// The key is one of those that were asked for. Another of them may have been removed meanwhile, which is nothing to this one.
	if h.account != accountID || !slices.ContainsFunc(t.Data.AllowedCredentialIDs, func(id []byte) bool { return bytes.Equal(id, parsed.RawID) }) {
		return Judged{}, ErrUnknown
	}
	t.Data.AllowedCredentialIDs = [][]byte{parsed.RawID}
	used, err := s.web.ValidateLogin(owner{id: accountID, keys: credentials([]held{h})}, t.Data, parsed)
	if err != nil {
		return Judged{}, refused(err)
	}
	return judged(t, h, key, used, parsed), nil
}

// found is the key of the identifier, with what opens it.
func (s *Service) found(ctx context.Context, id []byte) (held, *keyring.Key, error) {
	var h held
	var sealed, wrapped []byte
	err := store.One(s.DB.QueryRow(ctx, `SELECT id, `+s.of.owner+`, record, version, made_at, used_at, `+s.of.wrapped+`
		FROM `+s.of.table+` WHERE handle = $1`, handle(id)).
		Scan(&h.ID, &h.account, &sealed, &h.version, store.Time(&h.MadeAt), store.NullTime(&h.UsedAt), &wrapped))
	if errors.Is(err, store.ErrNotFound) {
		return held{}, nil, ErrUnknown
	}
	if err != nil {
		return held{}, nil, fmt.Errorf("find a passkey: %w", err)
	}
	key, err := s.unwrap(h.account, wrapped)
	if err != nil {
		return held{}, nil, err
	}
	return h, key, s.open(key, &h, sealed)
}

// Spend uses a good answer up, in the transaction that does what it was given for. A key whose counter went back is refused, and
// stays so until its owner has removed it: there are two of it, and the counter does not tell which is the owner's. What it says is
// returned apart from errors, because the answer is used up and the key is marked all the same: j.Key.Cloned says whether it was before.
func (s *Service) Spend(ctx context.Context, tx *store.Tx, j Judged) (refused, _ error) {
	if err := spend(ctx, tx, j.ticket); err != nil {
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
	// A key that was removed meanwhile, or that signed twice in one moment, is unknown.
	return refused, store.TouchedOr(ErrUnknown)(tx.Exec(ctx, `UPDATE `+s.of.table+` SET record = $1, used_at = COALESCE($2, used_at), version = version + 1
		WHERE id = $3 AND version = $4`, sealed, used, j.Key.ID, j.version))
}

// Sweep forgets challenges that were answered and would have run out by now.
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
