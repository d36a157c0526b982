package signature

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"okno/internal/form"
	"okno/internal/i18n"
)

// Object identifiers of Russian certificates (order 795 of the FSB), and those of names.
var (
	oidSurname   = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidGivenName = asn1.ObjectIdentifier{2, 5, 4, 42} // given name and patronymic
	oidName      = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSNILS     = asn1.ObjectIdentifier{1, 2, 643, 100, 3}
	oidINN       = asn1.ObjectIdentifier{1, 2, 643, 3, 131, 1, 1}

	oidSubjectSignTool = asn1.ObjectIdentifier{1, 2, 643, 100, 111}
	oidIssuerSignTool  = asn1.ObjectIdentifier{1, 2, 643, 100, 112}
)

// classes are the policies of a qualified certificate: the classes of the means of signing, the weakest first.
var classes = []struct {
	oid  asn1.ObjectIdentifier
	name string
}{
	{asn1.ObjectIdentifier{1, 2, 643, 100, 113, 1}, "KC1"}, {asn1.ObjectIdentifier{1, 2, 643, 100, 113, 2}, "KC2"}, {asn1.ObjectIdentifier{1, 2, 643, 100, 113, 3}, "KC3"},
	{asn1.ObjectIdentifier{1, 2, 643, 100, 113, 4}, "KB1"}, {asn1.ObjectIdentifier{1, 2, 643, 100, 113, 5}, "KB2"}, {asn1.ObjectIdentifier{1, 2, 643, 100, 113, 6}, "KA1"},
}

// Signer is whose signature it is, as an accredited authority certified it.
type Signer struct {
	Surname, GivenName, Patronymic string
	SNILS                          string // eleven digits
	INN                            string // of the person; some certificates have none

	Authority string // that issued the certificate
	Print     string // SHA-256 of the certificate, hexadecimal
	Issuer    string // SHA-256 of the authority's certificate below which it was found good

	// How it was found good, which nobody keeps.
	Classes    []string  `json:"-"` // KC1, KC2 …: of the means of signing
	SignedAt   time.Time `json:"-"` // that the signer claims; zero when they do not
	Revocation Source    `json:"-"` // how it was seen that the certificate is not revoked
}

// signerOf reads whose certificate it is.
func signerOf(c *x509.Certificate) (Signer, error) {
	var x Signer
	var problem *form.Problem
	var given, inn string
	for _, a := range c.Subject.Names {
		text, ok := a.Value.(string)
		if !ok {
			continue
		}
		text = strings.Join(strings.Fields(text), " ")
		switch {
		case a.Type.Equal(oidSurname):
			x.Surname = text
		case a.Type.Equal(oidGivenName):
			given = text
		case a.Type.Equal(oidSNILS):
			if x.SNILS, problem = form.SNILS(text); problem != nil {
				return x, ErrNoSNILS
			}
		case a.Type.Equal(oidINN):
			inn = strings.TrimPrefix(text, "00") // a field of twelve holds the ten digits of an organisation so
		}
	}
	if len(inn) == 12 {
		x.INN = inn
	}
	x.GivenName, x.Patronymic, _ = strings.Cut(given, " ")
	for _, a := range c.Issuer.Names {
		if text, ok := a.Value.(string); ok && a.Type.Equal(oidName) {
			x.Authority = text
		}
	}
	switch {
	case x.SNILS == "":
		return x, ErrNoSNILS
	case x.Surname == "" || x.GivenName == "":
		return x, ErrNoName
	}
	return x, nil
}

// qualified says whether a certificate has the marks of a qualified one: a class of the means of signing among its policies, and by
// which means the owner signs and the authority signed.
func qualified(c *x509.Certificate) (names []string, ok bool) {
	for _, class := range classes {
		if slices.ContainsFunc(c.PolicyIdentifiers, class.oid.Equal) {
			names = append(names, class.name)
		}
	}
	has := func(oid asn1.ObjectIdentifier) bool {
		for _, e := range c.Extensions {
			if e.Id.Equal(oid) && len(e.Value) > 2 {
				return true
			}
		}
		return false
	}
	return names, len(names) > 0 && has(oidSubjectSignTool) && has(oidIssuerSignTool)
}

// fit says whether a certificate that an accredited authority issued may sign for its owner at the moment.
func fit(ctx context.Context, c *x509.Certificate, at time.Time) ([]string, error) {
	switch {
	case at.Before(c.NotBefore):
		return nil, ErrNotYet.Say("from", i18n.Date(ctx, c.NotBefore))
	case at.After(c.NotAfter):
		return nil, ErrExpired.Say("to", i18n.Date(ctx, c.NotAfter))
	case c.IsCA || c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment:
		return nil, ErrUsage
	}
	names, ok := qualified(c)
	if !ok {
		return nil, ErrNotQualified
	}
	return names, nil
}

// Check is what a signature is held against.
type Check struct {
	Content []byte // the bytes that were to be signed; nil when they are in the file, whatever they are
}

// Verify says whose signature it is, or refuses it with one of the faults of this package.
func (s *Service) Verify(ctx context.Context, file []byte, c Check) (Signer, error) {
	x, err := s.verify(ctx, file, c)
	return x, uncertain(err)
}

func (s *Service) verify(ctx context.Context, file []byte, c Check) (Signer, error) {
	m, err := parse(file, int64(s.Policy.Signatures.MaxSize))
	if err != nil {
		return Signer{}, err
	}
	content := m.content
	switch {
	case content == nil && c.Content == nil:
		return Signer{}, ErrDetached
	case content == nil:
		content = c.Content
	case c.Content != nil && !slices.Equal(content, c.Content):
		return Signer{}, ErrContent
	}
	cert, err := m.certificate()
	if err != nil {
		return Signer{}, err
	}
	if _, err := family(cert); err != nil {
		return Signer{}, err
	}
	if err := s.whole(ctx, m, cert, content); err != nil {
		return Signer{}, err
	}
	x, err := s.owner(ctx, cert)
	if err != nil {
		return Signer{}, err
	}
	x.SignedAt = m.signer.signedAt.UTC()
	return x, nil
}

// owner is whose certificate it is, when it counts now.
func (s *Service) owner(ctx context.Context, cert *x509.Certificate) (Signer, error) {
	now := s.DB.Now()
	chains, err := s.chains(cert)
	if err != nil {
		return Signer{}, err
	}
	names, err := fit(ctx, cert, now)
	if err != nil {
		return Signer{}, err
	}
	chain, err := s.path(ctx, chains, now)
	if err != nil {
		return Signer{}, err
	}
	x, err := signerOf(cert)
	if err != nil {
		return Signer{}, err
	}
	if x.Revocation, err = s.standing(ctx, chain); err != nil {
		return Signer{}, err
	}
	x.Classes = names
	x.Print, x.Issuer = printOf(chain[0]), printOf(chain[1])
	return x, nil
}

func printOf(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}
