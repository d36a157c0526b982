package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
)

// The refusals.
var (
	// ErrSealed is of a value that does not open: it was sealed with another key or for another place, or it was spoiled.
	ErrSealed = errors.New("keyring: the value does not open here")
	// ErrNoKey is of an owner without a key: it was destroyed, or never made.
	ErrNoKey = errors.New("keyring: the owner has no key")
)

// Key seals the columns of one owner.
type Key struct{ sealer sealer }

// String keeps the secret out of logs, as GoString does.
func (k *Key) String() string { return "key" }

// GoString is String.
func (k *Key) GoString() string { return k.String() }

type sealer interface {
	seal(dst, plain, place []byte) []byte
	open(sealed, place []byte) ([]byte, error)
}

// format1 is the byte that leads a sealed value: AES-256-GCM, a random nonce before the text, the place as associated data.
const format1 = 1

// Seal seals plain for the row of the table's column. The same plain text gives other bytes each time.
func (k *Key) Seal(table, column, row string, plain []byte) []byte {
	return k.sealer.seal([]byte{format1}, plain, place(table, column, row))
}

// Open opens what was sealed for that very place with this very key, or says ErrSealed.
func (k *Key) Open(table, column, row string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != format1 {
		return nil, fmt.Errorf("open %s.%s of %s: %w", table, column, row, ErrSealed)
	}
	plain, err := k.sealer.open(sealed[1:], place(table, column, row))
	if err != nil {
		return nil, fmt.Errorf("open %s.%s of %s: %w", table, column, row, ErrSealed)
	}
	return plain, nil
}

// SealJSON seals v as JSON.
func (k *Key) SealJSON(table, column, row string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s of %s: %w", table, column, row, err)
	}
	return k.Seal(table, column, row, plain), nil
}

// OpenJSON opens what SealJSON sealed into v.
func (k *Key) OpenJSON(table, column, row string, sealed []byte, v any) error {
	plain, err := k.Open(table, column, row, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("open %s.%s of %s: %w", table, column, row, err)
	}
	return nil
}

// place is the associated data that binds a value to where it stands. The letter keeps it apart from the place of
// a wrapped key, which the master keyset seals too.
func place(table, column, row string) []byte { return appendFields([]byte{'v'}, table, column, row) }

func wrapPlace(owner string) []byte { return appendFields([]byte{'k'}, owner) }

// personLen is the length of a person's key: AES-256.
const personLen = 32

type personSealer struct{ aead cipher.AEAD }

func newKey(secret []byte) (*Key, error) {
	b, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	a, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		return nil, err
	}
	return &Key{sealer: personSealer{a}}, nil
}

func (s personSealer) seal(dst, plain, place []byte) []byte {
	return s.aead.Seal(dst, nil, plain, place)
}

func (s personSealer) open(sealed, place []byte) ([]byte, error) {
	return s.aead.Open(nil, nil, sealed, place)
}

// masterSealer seals with the keyset as it is at that moment.
type masterSealer struct{ ring *Ring }

func (s masterSealer) seal(dst, plain, place []byte) []byte {
	b, err := s.ring.held.Load().master.Encrypt(plain, place)
	if err != nil {
		panic(err) // only of a text beyond 64 GiB, which no caller can hold
	}
	return append(dst, b...)
}

func (s masterSealer) open(sealed, place []byte) ([]byte, error) {
	return s.ring.held.Load().master.Decrypt(sealed, place)
}
