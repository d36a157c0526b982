package stamp

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// Key signs papers.
type Key struct {
	ID      string
	private *ecdsa.PrivateKey
	chain   []*x509.Certificate // its own certificate first, then those above it
}

// The errors of a key file. They are the operator's to read.
var (
	ErrThere   = errors.New("stamp: the key file exists and is not overwritten")
	ErrStaged  = errors.New("stamp: a next key is staged already: okno keys papers rotate puts it in force")
	ErrNoNext  = errors.New("stamp: no next key is staged: okno keys papers stage makes one")
	ErrChain   = errors.New("stamp: these certificates are not of the key")
	errKeyFile = errors.New("stamp: this is not a key file (a key of ECDSA P-256 in PKCS #8 and its certificates, all in PEM)")
)

// documentSigning is the purpose of a certificate that signs documents (RFC 9336).
var documentSigning = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 36}

// Generate makes a key with a certificate that it gave itself. The name is the portal's, the address its own.
func Generate(name, address string, at time.Time, life time.Duration) (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial := make([]byte, 16)
	rand.Read(serial) //nolint:errcheck // never fails since Go 1.24: it crashes the program instead
	serial[0] &= 0x7f
	serial[0] |= 0x40
	c := x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: name, Organization: []string{address}},
		NotBefore: at.Add(-time.Minute).Truncate(time.Second), NotAfter: at.Add(life).Truncate(time.Second), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, UnknownExtKeyUsage: []asn1.ObjectIdentifier{documentSigning},
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &private.PublicKey, private)
	if err != nil {
		return nil, fmt.Errorf("stamp: certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("stamp: certificate: %w", err)
	}
	return newKey(private, []*x509.Certificate{cert})
}

// Entry is the key as it is published, in force since then.
func (k *Key) Entry(since time.Time) Entry { return Entry{ID: k.ID, Chain: k.chain, Since: since} }

// newKey refuses certificates of another key. Whether the upper ones vouch for the lower is their readers' to judge; that each signed
// the one before it is asked here, so that a wrong order is found by who made it.
func newKey(private *ecdsa.PrivateKey, chain []*x509.Certificate) (*Key, error) {
	if len(chain) == 0 || len(chain) > mostCertificates || private.Curve != elliptic.P256() {
		return nil, errKeyFile
	}
	public, ok := chain[0].PublicKey.(*ecdsa.PublicKey)
	if !ok || !public.Equal(&private.PublicKey) {
		return nil, fmt.Errorf("%w: the first is not its own", ErrChain)
	}
	for i, c := range chain[1:] {
		if err := chain[i].CheckSignatureFrom(c); err != nil {
			return nil, fmt.Errorf("%w: number %d did not sign the one before it", ErrChain, i+2)
		}
	}
	return &Key{ID: keyID(chain[0]), private: private, chain: chain}, nil
}

// mostCertificates bounds a chain: they are in every paper.
const mostCertificates = 5

// keyID names a key by its public half: 64 bits of SHA-256 of it. Names are looked up in the portal's own list only, so that another
// key of the same name would be of use to nobody.
func keyID(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:idLen])
}

const idLen = 8

// sign is ECDSA over the digest of the message, in the form of ASN.1. It draws no chance (RFC 6979), so the same paper has the same bytes.
func (k *Key) sign(message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	return k.private.Sign(nil, sum[:], crypto.SHA256)
}

// request is what an authority is asked for a certificate with.
func (k *Key) request() ([]byte, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: k.chain[0].Subject}, k.private)
	if err != nil {
		return nil, fmt.Errorf("stamp: request: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), nil
}

// readKeys reads the key in force and, when there is one, the next.
func readKeys(path string) ([]*Key, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("stamp: there is no file %s: restore it from its backup, or make a new key: okno keys papers make", path)
	}
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	if m := info.Mode().Perm(); m&0o027 != 0 {
		return nil, fmt.Errorf("stamp: %s has mode %04o, others could read or change it: chmod 600 %s", path, m, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	return parseKeys(text)
}

// parseKeys never repeats what it read.
func parseKeys(text []byte) ([]*Key, error) {
	var keys []*Key
	var private *ecdsa.PrivateKey
	var chain []*x509.Certificate
	end := func() error {
		if private == nil {
			return errKeyFile
		}
		k, err := newKey(private, chain)
		keys, private, chain = append(keys, k), nil, nil
		return err
	}
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		switch b.Type {
		case "PRIVATE KEY":
			if private != nil {
				if err := end(); err != nil {
					return nil, err
				}
			}
			parsed, err := x509.ParsePKCS8PrivateKey(b.Bytes)
			k, ok := parsed.(*ecdsa.PrivateKey)
			if err != nil || !ok {
				return nil, errKeyFile
			}
			private = k
		case "CERTIFICATE":
			c, err := x509.ParseCertificate(b.Bytes)
			if err != nil {
				return nil, errKeyFile
			}
			chain = append(chain, c)
		default:
			return nil, errKeyFile
		}
	}
	if err := end(); err != nil {
		return nil, err
	}
	if len(keys) > 2 || len(bytes.TrimSpace(text)) > 0 {
		return nil, errKeyFile
	}
	return keys, nil
}

func keysText(keys []*Key) ([]byte, error) {
	var b bytes.Buffer
	for _, k := range keys {
		der, err := x509.MarshalPKCS8PrivateKey(k.private)
		if err != nil {
			return nil, fmt.Errorf("stamp: %w", err)
		}
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		b.Write(chainText(k.chain))
	}
	return b.Bytes(), nil
}

func chainText(chain []*x509.Certificate) []byte {
	var b bytes.Buffer
	for _, c := range chain {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return b.Bytes()
}

// parseChain reads certificates in PEM, and nothing else.
func parseChain(text []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil || b.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%w: not certificates in PEM", ErrChain)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 || len(bytes.TrimSpace(text)) > 0 {
		return nil, fmt.Errorf("%w: not certificates in PEM", ErrChain)
	}
	return chain, nil
}

// writeKeys puts the file in its place whole or not at all, readable by its owner alone.
func writeKeys(path string, keys []*Key) error {
	text, err := keysText(keys)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("stamp: %w", err)
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*") // of mode 0600
	if err != nil {
		return fmt.Errorf("stamp: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("stamp: write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("stamp: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("stamp: sync %s: %w", dir, err)
	}
	return nil
}
