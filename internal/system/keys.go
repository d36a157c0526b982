package system

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"slices"

	"okno/internal/account"
	"okno/internal/agent"
	"okno/internal/audit"
	"okno/internal/contact"
	"okno/internal/credential"
	"okno/internal/files"
	"okno/internal/keyring"
	"okno/internal/mandate"
	"okno/internal/notification"
	"okno/internal/passkey"
	"okno/internal/signature"
	"okno/internal/staff"
	"okno/internal/store"
	"okno/internal/verification"
	"okno/internal/wallet"
	"okno/internal/webhook"
)

// auditKey is the index that signs the heads of the audit's chain.
var auditKey = keyring.Signing{Column: "audit.head", Value: "seal"} //nolint:gochecknoglobals // a constant

func signed(key, hash []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(hash)
	return m.Sum(nil)
}

// Rotation knows every column that follows the two secrets. One that is missing is found by
// TestBothSecretsRotateWhileThePortalServesAndAKillLosesNothing, which looks for the names of old keys in every table.
func (x *System) Rotation() *keyring.Rotation { return rotation(x.DB, x.Ring) }

func rotation(db *store.DB, ring *keyring.Ring) *keyring.Rotation {
	return &keyring.Rotation{
		DB: db, Ring: ring,
		Sealed:  slices.Concat(contact.Sealed(), staff.Sealed(), passkey.Sealed(), signature.Sealed(), agent.Sealed(), webhook.Sealed(), notification.SealedKeys(), []keyring.Sealed{keyring.RootKeys()}),
		Indexed: slices.Concat(contact.Indexed(), account.Indexed(), verification.Indexed(), mandate.Indexed(), wallet.Indexed()),
		Hashed:  slices.Concat(credential.Hashed(), staff.Hashed()),
		Fixed:   files.Fixed(),
		Signs:   []keyring.Signing{auditKey},
	}
}

// VerifyAudit recomputes the audit's chain, signed with the root in force or with one that was.
func (x *System) VerifyAudit(ctx context.Context) (audit.Report, error) {
	keys, err := x.Ring.Signed(ctx, x.DB, auditKey.Column, auditKey.Value)
	if err != nil {
		return audit.Report{}, err
	}
	var signs []func([]byte) []byte
	for _, k := range keys {
		signs = append(signs, func(hash []byte) []byte { return signed(k, hash) })
	}
	return audit.VerifyAny(ctx, x.DB, signs)
}
