package stamp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Reason is why a key was revoked. Its text is stored and published.
type Reason string

// The reasons.
const (
	Leaked    Reason = "leaked"    // somebody else has it, or may have it
	Withdrawn Reason = "withdrawn" // the portal does not stand by what it signed, or an authority took its certificate back
)

// Valid reports whether r is a reason.
func (r Reason) Valid() bool { return r == Leaked || r == Withdrawn }

// Entry is what is published of a key.
type Entry struct {
	ID        string
	Chain     []*x509.Certificate
	Since     time.Time // zero: it is the next one and signs nothing yet
	Until     time.Time // zero: it is in force
	RevokedAt time.Time // zero unless it was
	Reason    Reason
}

// public is the key that signatures are verified with.
func (e Entry) public() (*ecdsa.PublicKey, bool) {
	if len(e.Chain) == 0 {
		return nil, false
	}
	k, ok := e.Chain[0].PublicKey.(*ecdsa.PublicKey)
	return k, ok
}

// Signer is how the key's certificate calls the portal.
func (e Entry) Signer() string {
	if len(e.Chain) == 0 {
		return ""
	}
	return e.Chain[0].Subject.CommonName
}

// counts says whether a signature of that moment counts.
func (e Entry) counts(at time.Time) error {
	switch {
	case !e.RevokedAt.IsZero():
		return ErrRevoked
	case e.Since.IsZero(), at.Before(e.Since), !e.Until.IsZero() && at.After(e.Until):
		return ErrTime
	}
	return nil
}

// List is the keys of a portal on a day.
type List struct {
	Issuer string // address of the portal
	AsOf   time.Time
	Keys   []Entry
}

// key finds the key of that name.
func (l List) key(name string) (Entry, bool) {
	i := slices.IndexFunc(l.Keys, func(e Entry) bool { return e.ID == name })
	if i < 0 {
		return Entry{}, false
	}
	return l.Keys[i], true
}

// PEM is the certificates of all keys that are not revoked, for programs that verify signatures of PDF.
func (l List) PEM() []byte {
	var b bytes.Buffer
	for _, e := range l.Keys {
		if e.RevokedAt.IsZero() {
			b.Write(chainText(e.Chain))
		}
	}
	return b.Bytes()
}

// The list as it is published: a set of keys as RFC 7517 has it, with members of our own.
type (
	set struct {
		Issuer string    `json:"issuer"`
		AsOf   time.Time `json:"as_of"`
		Keys   []jwk     `json:"keys"`
	}
	jwk struct {
		Type      string    `json:"kty"`
		Curve     string    `json:"crv"`
		X         string    `json:"x"`
		Y         string    `json:"y"`
		ID        string    `json:"kid"`
		Use       string    `json:"use"`
		Algorithm string    `json:"alg"`
		Chain     []string  `json:"x5c"`
		Since     time.Time `json:"since,omitzero"`
		Until     time.Time `json:"until,omitzero"`
		RevokedAt time.Time `json:"revoked_at,omitzero"`
		Reason    Reason    `json:"reason,omitempty"`
	}
)

// MarshalJSON writes the list as it is published.
func (l List) MarshalJSON() ([]byte, error) {
	out := set{Issuer: l.Issuer, AsOf: l.AsOf, Keys: []jwk{}}
	for _, e := range l.Keys {
		k, ok := e.public()
		if !ok {
			return nil, fmt.Errorf("stamp: key %s has no certificate of ECDSA", e.ID)
		}
		point, err := k.Bytes()
		if err != nil {
			return nil, fmt.Errorf("stamp: key %s: %w", e.ID, err)
		}
		j := jwk{Type: "EC", Curve: "P-256", X: base64.RawURLEncoding.EncodeToString(point[1:33]), Y: base64.RawURLEncoding.EncodeToString(point[33:]),
			ID: e.ID, Use: "sig", Algorithm: "ES256", Since: e.Since, Until: e.Until, RevokedAt: e.RevokedAt, Reason: e.Reason}
		for _, c := range e.Chain {
			j.Chain = append(j.Chain, base64.StdEncoding.EncodeToString(c.Raw))
		}
		out.Keys = append(out.Keys, j)
	}
	return json.Marshal(out)
}

// MostList is the largest list that is read: hundreds of keys.
const MostList = 1 << 20

var errList = errors.New("stamp: this is not a list of keys as a portal publishes it at /.well-known/document-keys.json")

// ParseList reads a list as it is published. Each key is that of its certificate: what stands beside it must agree.
func ParseList(text []byte) (List, error) {
	var in set
	if len(text) > MostList || json.Unmarshal(text, &in) != nil || in.AsOf.IsZero() || in.Issuer == "" {
		return List{}, errList
	}
	l := List{Issuer: in.Issuer, AsOf: in.AsOf}
	for _, j := range in.Keys {
		e := Entry{ID: j.ID, Since: j.Since, Until: j.Until, RevokedAt: j.RevokedAt, Reason: j.Reason}
		for _, text := range j.Chain {
			der, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return List{}, errList
			}
			c, err := x509.ParseCertificate(der)
			if err != nil {
				return List{}, errList
			}
			e.Chain = append(e.Chain, c)
		}
		if k, ok := e.public(); !ok || k.Params().BitSize != 256 || keyID(e.Chain[0]) != j.ID {
			return List{}, errList
		}
		l.Keys = append(l.Keys, e)
	}
	return l, nil
}
