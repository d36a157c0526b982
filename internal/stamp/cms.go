package stamp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"
)

// The signature of a PDF: CMS (RFC 5652) as PAdES B-B wants it (ETSI EN 319 142-1), which is one signer, detached, with the signed
// attributes content-type, message-digest and signing-certificate-v2, and without signing-time; and one attribute of our own.
var (
	oidData        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSigned      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidDigest      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidCertificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	sha256With     = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	ecdsaWith      = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}

	// 2.25.212461229774042792546954366098641153494, which is a UUID: too long for the type of the library.
	oidContents = asn1.RawValue{FullBytes: []byte{
		0x06, 0x14, 0x69, 0x82, 0xbf, 0xd6, 0xc5, 0xd8, 0x96, 0xbe, 0xb2, 0x9d, 0xb9, 0x84, 0x98, 0xac, 0xc5, 0xbe, 0x9b, 0xd9, 0xdb, 0x56,
	}}
)

// contents is our attribute: when the file was signed, and what it consists of.
type contents struct {
	Version int
	At      time.Time `asn1:"generalized"`
	Parts   []part
}

// part is an object of the PDF: its number, the page that it belongs to (0: to all), its length, and the beginning of its SHA-256.
type part struct {
	Object, Page, Length int
	Digest               []byte
}

const partDigest = 16 // bytes: enough to find what was changed; that something was is the whole digest's to say

type (
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
	signedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Content      struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue
		Signers      []signerInfo `asn1:"set"`
	}
	signerInfo struct {
		Version    int
		Signer     issuerAndSerial
		Digest     pkix.AlgorithmIdentifier
		Attributes asn1.RawValue
		Algorithm  pkix.AlgorithmIdentifier
		Signature  []byte
	}
	issuerAndSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	attribute struct {
		Type   asn1.RawValue
		Values asn1.RawValue
	}
	signingCertificate struct{ Certs []essCertID }
	essCertID          struct{ Hash []byte } // SHA-256 is what is meant when nothing is said
)

// cms signs the digest of a file.
func (k *Key) cms(digest []byte, c contents) ([]byte, error) {
	attributes, err := attributesOf(digest, k.chain[0], c)
	if err != nil {
		return nil, err
	}
	signature, err := k.sign(setOf(attributes))
	if err != nil {
		return nil, err
	}
	return assemble(k.chain, attributes, signature)
}

// attributesOf are the signed attributes, in the order of DER, without the tag around them.
func attributesOf(digest []byte, leaf *x509.Certificate, c contents) ([]byte, error) {
	sum := sha256.Sum256(leaf.Raw)
	var list [][]byte
	for _, a := range []struct {
		oid   any
		value any
	}{
		{oidContentType, oidData}, {oidDigest, digest}, {oidCertificate, signingCertificate{[]essCertID{{sum[:]}}}}, {oidContents, c},
	} {
		var x attribute
		oid, err := asn1.Marshal(a.oid)
		if err != nil {
			return nil, err
		}
		value, err := asn1.Marshal(a.value)
		if err != nil {
			return nil, err
		}
		x.Type.FullBytes, x.Values = oid, asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: value}
		der, err := asn1.Marshal(x)
		if err != nil {
			return nil, err
		}
		list = append(list, der)
	}
	slices.SortFunc(list, bytes.Compare)
	return bytes.Join(list, nil), nil
}

// setOf is what is signed: the attributes as a SET, not as the [0] that stands in the message (RFC 5652, 5.4).
func setOf(attributes []byte) []byte {
	der, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: attributes})
	if err != nil {
		return nil // of bytes nothing can fail
	}
	return der
}

func assemble(chain []*x509.Certificate, attributes, signature []byte) ([]byte, error) {
	var certificates []byte
	for _, c := range chain {
		certificates = append(certificates, c.Raw...)
	}
	context := func(bytes []byte) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: bytes}
	}
	m := contentInfo{Type: oidSigned, Content: signedData{
		Version: 1, Digests: []pkix.AlgorithmIdentifier{sha256With}, Certificates: context(certificates),
		Signers: []signerInfo{{Version: 1, Signer: issuerAndSerial{asn1.RawValue{FullBytes: chain[0].RawIssuer}, chain[0].SerialNumber},
			Digest: sha256With, Attributes: context(attributes), Algorithm: ecdsaWith, Signature: signature}},
	}}
	m.Content.Content.Type = oidData
	return asn1.Marshal(m)
}

// message is a signature as it was read: nothing of it is proven yet.
type message struct {
	chain      []*x509.Certificate
	attributes []byte
	signature  []byte
	digest     []byte
	contents   contents
}

// parseCMS reads a message that this package wrote, and no other: written anew from what was read, it must be the same bytes. So there is
// nothing in it that was not looked at.
func parseCMS(der []byte) (message, error) {
	var in contentInfo
	rest, err := asn1.Unmarshal(der, &in)
	if err != nil || len(rest) > 0 || len(in.Content.Signers) != 1 {
		return message{}, ErrForeign
	}
	s := in.Content.Signers[0]
	m := message{attributes: s.Attributes.Bytes, signature: s.Signature}
	for rest := in.Content.Certificates.Bytes; len(rest) > 0; {
		var one asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &one); err != nil || len(m.chain) == mostCertificates {
			return message{}, ErrForeign
		}
		c, err := x509.ParseCertificate(one.FullBytes)
		if err != nil {
			return message{}, ErrForeign
		}
		m.chain = append(m.chain, c)
	}
	if len(m.chain) == 0 {
		return message{}, ErrForeign
	}
	if err := m.read(); err != nil {
		return message{}, err
	}
	again, err := attributesOf(m.digest, m.chain[0], m.contents)
	if err != nil || !bytes.Equal(again, m.attributes) {
		return message{}, ErrForeign
	}
	whole, err := assemble(m.chain, m.attributes, m.signature)
	if err != nil || !bytes.Equal(whole, der) {
		return message{}, ErrForeign
	}
	return m, nil
}

// read finds in the attributes what is not in the certificate.
func (m *message) read() error {
	for rest := m.attributes; len(rest) > 0; {
		var a attribute
		var err error
		if rest, err = asn1.Unmarshal(rest, &a); err != nil {
			return ErrForeign
		}
		switch {
		case bytes.Equal(a.Type.FullBytes, oidContents.FullBytes):
			_, err = asn1.Unmarshal(a.Values.Bytes, &m.contents)
		case isOID(a.Type, oidDigest):
			_, err = asn1.Unmarshal(a.Values.Bytes, &m.digest)
		}
		if err != nil {
			return ErrForeign
		}
	}
	if m.contents.Version != 1 || len(m.digest) != sha256.Size {
		return ErrForeign
	}
	return nil
}

func isOID(v asn1.RawValue, want asn1.ObjectIdentifier) bool {
	var got asn1.ObjectIdentifier
	_, err := asn1.Unmarshal(v.FullBytes, &got)
	return err == nil && got.Equal(want)
}

// by reports whether the key signed the message: its attributes, with the digest of the file among them.
func (m message) by(e Entry) bool {
	k, ok := e.public()
	if !ok {
		return false
	}
	sum := sha256.Sum256(setOf(m.attributes))
	return ecdsa.VerifyASN1(k, sum[:], m.signature)
}
