package signature

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of messages.
var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidCertificateV1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// message is a file of a signature as it was read. Nothing in it is believed yet.
type message struct {
	content      []byte // nil when it is beside the signature
	contentType  asn1.ObjectIdentifier
	certificates []*x509.Certificate
	signer       signer
}

// signer is the one who signed.
type signer struct {
	issuer []byte // the name and the number of their certificate …
	serial *big.Int
	keyID  []byte // … or its key identifier

	digest, algorithm asn1.ObjectIdentifier
	attributes        []byte // as they are signed
	signature         []byte

	contentType  asn1.ObjectIdentifier
	digestOf     []byte
	signedAt     time.Time // that they claim; zero when they do not
	certificates []certificateHash
}

// certificateHash is what a signing-certificate attribute says of the signer's certificate (RFC 5035).
type certificateHash struct {
	digest asn1.ObjectIdentifier
	sum    []byte
}

// parse reads a file. limit is the largest that is looked at; the signed bytes inside count.
func parse(file []byte, limit int64) (*message, error) {
	if int64(len(file)) > limit {
		return nil, ErrTooLarge
	}
	if bytes.Contains(file, []byte("PRIVATE KEY-----")) {
		return nil, ErrKeyFile
	}
	content := bare(file)
	if isKey(content) {
		return nil, ErrKeyFile
	}
	der, err := normal(content)
	if err != nil {
		return nil, ErrNotSignature.Because(err)
	}
	return parseDER(der)
}

// bare takes off what files of signatures come in: PEM, base64 of one line or many.
func bare(file []byte) []byte {
	text := bytes.TrimSpace(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")))
	if block, _ := pem.Decode(text); block != nil {
		return block.Bytes
	}
	if len(file) > 0 && file[0] == 0x30 {
		return file
	}
	compact := bytes.Join(bytes.Fields(text), nil)
	out := make([]byte, base64.StdEncoding.DecodedLen(len(compact)))
	if n, err := base64.StdEncoding.Decode(out, compact); err == nil {
		return out[:n]
	}
	return file
}

func parseDER(der []byte) (*message, error) {
	in := cryptobyte.String(der)
	var info, outer, data cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !in.ReadASN1(&info, tag.SEQUENCE) {
		return nil, ErrNotSignature
	}
	if !info.ReadASN1ObjectIdentifier(&kind) {
		return nil, ErrNotSignature
	}
	if !kind.Equal(oidSignedData) || !info.ReadASN1(&outer, tag.Tag(0).ContextSpecific().Constructed()) || !outer.ReadASN1(&data, tag.SEQUENCE) {
		return nil, ErrNotSignature
	}
	var version int
	var digests, content, signers, skipped cryptobyte.String
	m := &message{}
	if !data.ReadASN1Integer(&version) || !data.ReadASN1(&digests, tag.SET) || !data.ReadASN1(&content, tag.SEQUENCE) || !content.ReadASN1ObjectIdentifier(&m.contentType) {
		return nil, ErrNotSignature
	}
	if !content.Empty() {
		var explicit, octets cryptobyte.String
		if !content.ReadASN1(&explicit, tag.Tag(0).ContextSpecific().Constructed()) || !explicit.ReadASN1(&octets, tag.OCTET_STRING) || !explicit.Empty() || !content.Empty() {
			return nil, ErrNotSignature
		}
		m.content = append([]byte{}, octets...)
	}
	var certificates cryptobyte.String
	var some bool
	if !data.ReadOptionalASN1(&certificates, &some, tag.Tag(0).ContextSpecific().Constructed()) || !data.ReadOptionalASN1(&skipped, nil, tag.Tag(1).ContextSpecific().Constructed()) ||
		!data.ReadASN1(&signers, tag.SET) || !data.Empty() {
		return nil, ErrNotSignature
	}
	for n := 0; !certificates.Empty(); n++ {
		var raw cryptobyte.String
		var t tag.Tag
		if !certificates.ReadAnyASN1Element(&raw, &t) || n >= mostCertificates {
			return nil, ErrNotSignature
		}
		if t != tag.SEQUENCE { // certificates of attributes, which are none of persons
			continue
		}
		if c, err := x509.ParseCertificate(raw); err == nil { // one that cannot be read is of no use, and it may not be the signer's
			m.certificates = append(m.certificates, c)
		}
	}
	if signers.Empty() {
		return nil, ErrNotSignature // only certificates
	}
	var info1 cryptobyte.String
	if !signers.ReadASN1(&info1, tag.SEQUENCE) {
		return nil, ErrNotSignature
	}
	if !signers.Empty() {
		return nil, ErrSeveral
	}
	return m, m.signer.read(info1)
}

// mostCertificates may come along: a chain has three.
const mostCertificates = 16

func (s *signer) read(in cryptobyte.String) error {
	var version int
	var digest, algorithm, attributes, signature, unsigned cryptobyte.String
	if !in.ReadASN1Integer(&version) {
		return ErrNotSignature
	}
	var name, raw cryptobyte.String
	if byKey := tag.Tag(0).ContextSpecific(); in.PeekASN1Tag(byKey) {
		if !in.ReadASN1(&raw, byKey) {
			return ErrNotSignature
		}
		s.keyID = append([]byte{}, raw...)
	} else {
		s.serial = new(big.Int)
		if !in.ReadASN1(&raw, tag.SEQUENCE) || !raw.ReadASN1Element(&name, tag.SEQUENCE) || !raw.ReadASN1Integer(s.serial) {
			return ErrNotSignature
		}
		s.issuer = append([]byte{}, name...)
	}
	var signed bool
	if !in.ReadASN1(&digest, tag.SEQUENCE) || !digest.ReadASN1ObjectIdentifier(&s.digest) ||
		!in.ReadOptionalASN1(&attributes, &signed, tag.Tag(0).ContextSpecific().Constructed()) ||
		!in.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&s.algorithm) ||
		!in.ReadASN1(&signature, tag.OCTET_STRING) ||
		!in.ReadOptionalASN1(&unsigned, nil, tag.Tag(1).ContextSpecific().Constructed()) || !in.Empty() {
		return ErrNotSignature
	}
	if !signed {
		return ErrPlain // and it could be the attributes of another message that were signed as a text
	}
	s.signature = append([]byte{}, signature...)
	s.attributes = wrap(byte(tag.SET), attributes)
	return s.readAttributes(attributes)
}

func (s *signer) readAttributes(in cryptobyte.String) error {
	seen := map[string]bool{}
	for !in.Empty() {
		var attribute, values cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !in.ReadASN1(&attribute, tag.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&kind) || !attribute.ReadASN1(&values, tag.SET) || !attribute.Empty() {
			return ErrNotSignature
		}
		if seen[kind.String()] {
			return ErrNotSignature // which of the two would count?
		}
		seen[kind.String()] = true
		ok := true
		switch {
		case kind.Equal(oidContentType):
			ok = values.ReadASN1ObjectIdentifier(&s.contentType) && values.Empty()
		case kind.Equal(oidMessageDigest):
			var sum cryptobyte.String
			ok = values.ReadASN1(&sum, tag.OCTET_STRING) && values.Empty()
			s.digestOf = append([]byte{}, sum...)
		case kind.Equal(oidSigningTime):
			if values.PeekASN1Tag(tag.UTCTime) {
				ok = values.ReadASN1UTCTime(&s.signedAt)
			} else {
				ok = values.ReadASN1GeneralizedTime(&s.signedAt)
			}
			ok = ok && values.Empty()
		case kind.Equal(oidCertificateV1):
			ok = s.readCertificateHash(values, oidSHA1)
		case kind.Equal(oidCertificateV2):
			ok = s.readCertificateHash(values, oidSHA256)
		}
		if !ok {
			return ErrNotSignature
		}
	}
	if s.contentType == nil || len(s.digestOf) == 0 {
		return ErrPlain
	}
	return nil
}

// readCertificateHash reads the first certificate of a signing-certificate attribute, which is the signer's.
func (s *signer) readCertificateHash(in cryptobyte.String, digest asn1.ObjectIdentifier) bool {
	var attribute, list, first, sum cryptobyte.String
	if !in.ReadASN1(&attribute, tag.SEQUENCE) || !in.Empty() || !attribute.ReadASN1(&list, tag.SEQUENCE) || !list.ReadASN1(&first, tag.SEQUENCE) {
		return false
	}
	if first.PeekASN1Tag(tag.SEQUENCE) {
		var algorithm cryptobyte.String
		if digest.Equal(oidSHA1) || !first.ReadASN1(&algorithm, tag.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&digest) {
			return false
		}
	}
	if !first.ReadASN1(&sum, tag.OCTET_STRING) {
		return false
	}
	s.certificates = append(s.certificates, certificateHash{digest, append([]byte{}, sum...)})
	return true
}

// certificate finds the signer's among those that came along.
func (m *message) certificate() (*x509.Certificate, error) {
	for _, c := range m.certificates {
		if m.signer.keyID != nil && bytes.Equal(c.SubjectKeyId, m.signer.keyID) ||
			m.signer.serial != nil && c.SerialNumber.Cmp(m.signer.serial) == 0 && bytes.Equal(c.RawIssuer, m.signer.issuer) {
			return c, nil
		}
	}
	return nil, ErrNoCertificate
}
