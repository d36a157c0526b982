package signature

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // only to compare with what an attribute of old says of a certificate
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"

	_ "crypto/sha256" // crypto.SHA256, SHA384, SHA512
	_ "crypto/sha512"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of digests, and of keys and signatures.
var (
	oidSHA1        = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512      = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
	oidStreebog256 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 2, 2}
	oidStreebog512 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 2, 3}

	oidRSA     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidEC      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidGOST256 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 1, 1}
	oidGOST512 = asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 1, 2}
)

// Family is a sort of keys, as the policy names it.
type Family string

// The families.
const (
	RSA   Family = "rsa"
	ECDSA Family = "ecdsa"
	GOST  Family = "gost" // R 34.10-2012, of 256 and 512 bits
)

// scheme is a key with the digest that it signs.
type scheme struct {
	family Family
	digest asn1.ObjectIdentifier
	std    x509.SignatureAlgorithm // for what Go can do
}

// named are the signatures that say in their name what they are made of: all of certificates, lists and answers, some of messages.
var named = []struct {
	name asn1.ObjectIdentifier
	scheme
}{
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, scheme{RSA, oidSHA256, x509.SHA256WithRSA}},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, scheme{RSA, oidSHA384, x509.SHA384WithRSA}},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, scheme{RSA, oidSHA512, x509.SHA512WithRSA}},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, scheme{ECDSA, oidSHA256, x509.ECDSAWithSHA256}},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, scheme{ECDSA, oidSHA384, x509.ECDSAWithSHA384}},
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, scheme{ECDSA, oidSHA512, x509.ECDSAWithSHA512}},
	{asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 3, 2}, scheme{GOST, oidStreebog256, 0}},
	{asn1.ObjectIdentifier{1, 2, 643, 7, 1, 1, 3, 3}, scheme{GOST, oidStreebog512, 0}},
}

// schemeOf finds what a signature is made of by its name, and, when that names the key only, by the digest beside it.
func schemeOf(name, digest asn1.ObjectIdentifier) (scheme, error) {
	for _, n := range named {
		same := n.name.Equal(name)
		switch {
		case digest != nil && !n.digest.Equal(digest):
			continue
		case digest != nil && name.Equal(oidRSA):
			same = n.family == RSA
		case digest != nil && name.Equal(oidEC):
			same = n.family == ECDSA
		case digest != nil && name.Equal(oidGOST256):
			same = n.family == GOST && digest.Equal(oidStreebog256)
		case digest != nil && name.Equal(oidGOST512):
			same = n.family == GOST && digest.Equal(oidStreebog512)
		}
		if same {
			return n.scheme, nil
		}
	}
	return scheme{}, ErrAlgorithm
}

// family is what key a certificate holds, and whether it is strong enough.
func family(c *x509.Certificate) (Family, error) {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() >= 2048 && key.N.BitLen() <= 8192 {
			return RSA, nil
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize >= 256 {
			return ECDSA, nil
		}
	default:
		if k := keyKind(c); k.Equal(oidGOST256) || k.Equal(oidGOST512) {
			return GOST, nil
		}
	}
	return "", ErrAlgorithm
}

// keyKind is the algorithm of a certificate's key; nil when there is none to be read.
func keyKind(c *x509.Certificate) (kind asn1.ObjectIdentifier) {
	in := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	var info, algorithm cryptobyte.String
	if !in.ReadASN1(&info, tag.SEQUENCE) || !info.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&kind) {
		return nil
	}
	return kind
}

// signed asks whether the key of a certificate signed these bytes. It is nil when it did, ErrBroken when not, ErrAlgorithm when the
// key is of another sort than the signature, and ErrChild when nobody could tell.
func (s *Service) signed(ctx context.Context, c *x509.Certificate, how scheme, text, signature []byte) error {
	of, err := family(c)
	if err != nil {
		return err
	}
	if of != how.family {
		return ErrAlgorithm
	}
	if of != GOST {
		if err := c.CheckSignature(how.std, text, signature); err != nil {
			return ErrBroken
		}
		return nil
	}
	kind := keyKind(c)
	if kind.Equal(oidGOST256) != how.digest.Equal(oidStreebog256) || len(signature) != map[bool]int{true: 64, false: 128}[kind.Equal(oidGOST256)] {
		return ErrBroken
	}
	return s.openssl.signed(ctx, c.RawSubjectPublicKeyInfo, how.digest, text, signature)
}

// sum is the digest of bytes.
func (s *Service) sum(ctx context.Context, digest asn1.ObjectIdentifier, data []byte) ([]byte, error) {
	hashes := []struct {
		oid  asn1.ObjectIdentifier
		hash crypto.Hash
	}{{oidSHA256, crypto.SHA256}, {oidSHA384, crypto.SHA384}, {oidSHA512, crypto.SHA512}}
	for _, h := range hashes {
		if h.oid.Equal(digest) {
			w := h.hash.New()
			w.Write(data)
			return w.Sum(nil), nil
		}
	}
	if digest.Equal(oidStreebog256) || digest.Equal(oidStreebog512) {
		return s.openssl.streebog(ctx, digest, data)
	}
	return nil, ErrAlgorithm
}

// whole asks whether the message was signed as it is, over these bytes, by the key of the certificate.
func (s *Service) whole(ctx context.Context, m *message, c *x509.Certificate, content []byte) error {
	how, err := schemeOf(m.signer.algorithm, m.signer.digest)
	if err != nil {
		return err
	}
	if !slices.Contains(s.Policy.Signatures.Algorithms, string(how.family)) {
		return ErrAlgorithm
	}
	if !m.signer.contentType.Equal(m.contentType) || !m.contentType.Equal(oidData) {
		return ErrBroken
	}
	sum, err := s.sum(ctx, how.digest, content)
	if err != nil {
		return err
	}
	if err := s.signed(ctx, c, how, m.signer.attributes, m.signer.signature); err != nil {
		return err
	}
	if !bytes.Equal(sum, m.signer.digestOf) {
		return ErrContent // the attributes are the signer's, so it is another text that was signed
	}
	if len(m.signer.certificates) == 0 && s.Policy.Signatures.Plain != "accept" {
		return ErrPlain
	}
	for _, h := range m.signer.certificates {
		of, err := s.certificateSum(ctx, h.digest, c.Raw)
		if err != nil {
			return err
		}
		if !bytes.Equal(of, h.sum) {
			return ErrBroken // another certificate was put in the place of the signer's
		}
	}
	return nil
}

func (s *Service) certificateSum(ctx context.Context, digest asn1.ObjectIdentifier, raw []byte) ([]byte, error) {
	if digest.Equal(oidSHA1) {
		sum := sha1.Sum(raw) //nolint:gosec // see the import
		return sum[:], nil
	}
	return s.sum(ctx, digest, raw)
}

// uncertain makes the failure of a child what a person reads.
func uncertain(err error) error {
	if errors.Is(err, ErrChild) {
		return ErrCannotCheck.Because(err)
	}
	return err
}
