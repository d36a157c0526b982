package signature

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Authorities are the accredited ones, as the operator lists them: certificates in a file, or in the files of a folder. Those that are
// signed by themselves are the roots; every other needs its issuer in the list, up to a root. What is changed there is taken up by
// itself within a moment; while it cannot be read, the list before it counts, and the log says why.
type Authorities struct {
	path string
	now  func() time.Time
	log  *slog.Logger

	mu      sync.Mutex
	looked  time.Time
	state   string // names, sizes and times of the files
	list    []*x509.Certificate
	left    []string // which certificates of the files do not count, each with its reason
	trouble string   // why the list is older than the files, as it was logged; "" when it is not
}

// glance is how often the folder is looked at.
const glance = 5 * time.Second

// mostAuthorities bounds the list. There were some five hundred accredited authorities at most.
const mostAuthorities = 10_000

// LoadAuthorities reads the operator's list. The error tells what is wrong with it.
func LoadAuthorities(path string, now func() time.Time, log *slog.Logger) (*Authorities, error) {
	a := &Authorities{path: path, now: now, log: log}
	if path == "" {
		return a, nil
	}
	a.looked = now()
	return a, a.load()
}

// load reads the files. It takes all of them or nothing.
func (a *Authorities) load() error {
	list, state, err := load(a.path)
	if err != nil {
		return err
	}
	before := a.left
	a.state = state
	if a.list, a.left = usable(list); len(a.left) > 0 && !slices.Equal(a.left, before) {
		a.log.Warn("certificates of the list of accredited authorities do not count: signatures below them are refused", "count", len(a.left), "which", a.left)
	}
	return nil
}

// Len is how many there are.
func (a *Authorities) Len() int { return len(a.listed(false)) }

// LeftOut are the certificates of the list that do not count, each with its reason.
func (a *Authorities) LeftOut() []string {
	a.listed(false)
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.left)
}

// Set reports whether the operator has named a list.
func (a *Authorities) Set() bool { return a.path != "" }

// listed is the list. Whoever misses somebody in it has the folder looked at again.
func (a *Authorities) listed(missing bool) []*x509.Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if a.path == "" || !missing && now.Sub(a.looked).Abs() < glance {
		return a.list
	}
	a.looked = now
	state, err := stateOf(a.path)
	if err != nil || state != a.state {
		err = a.load()
	}
	a.say(err)
	return a.list
}

// say logs why the files cannot be used, once for each reason, and that they can again.
func (a *Authorities) say(err error) {
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	if trouble == a.trouble {
		return
	}
	if a.trouble = trouble; err != nil {
		a.log.Error("the list of accredited authorities cannot be used: the one before it counts", "err", err)
		return
	}
	a.log.Info("the list of accredited authorities can be used again", "authorities", len(a.list))
}

// filesOf are the files of certificates at a path.
func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if slices.Contains([]string{".pem", ".crt", ".cer"}, strings.ToLower(filepath.Ext(e.Name()))) {
			out = append(out, filepath.Join(path, e.Name()))
		}
	}
	return out, nil
}

func stateOf(path string) (string, error) {
	files, err := filesOf(path)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
	}
	return b.String(), nil
}

func load(path string) ([]*x509.Certificate, string, error) {
	state, err := stateOf(path)
	if err != nil {
		return nil, "", fmt.Errorf("accredited authorities: %w", err)
	}
	files, err := filesOf(path)
	if err != nil {
		return nil, "", fmt.Errorf("accredited authorities: %w", err)
	}
	var list []*x509.Certificate
	var wrong []error
	for _, f := range files {
		text, err := os.ReadFile(f) //nolint:gosec // the operator names the folder
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, "", fmt.Errorf("accredited authorities: %w", err)
		}
		some, err := certificatesIn(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("accredited authorities: %s: %w", f, err))
		}
		for _, c := range some {
			if !slices.ContainsFunc(list, func(x *x509.Certificate) bool { return bytes.Equal(x.Raw, c.Raw) }) {
				list = append(list, c)
			}
		}
	}
	if len(list) > mostAuthorities {
		wrong = append(wrong, fmt.Errorf("accredited authorities: more than %d", mostAuthorities))
	}
	for _, c := range list {
		if err := authority(c); err != nil {
			wrong = append(wrong, fmt.Errorf("accredited authorities: %s: %w", c.Subject, err))
		}
		if !root(c) && len(upwards(list, c)) == 0 {
			wrong = append(wrong, fmt.Errorf("accredited authorities: %s was issued by %s, which is not in the list", c.Subject, c.Issuer))
		}
	}
	return list, state, errors.Join(wrong...)
}

// certificatesIn reads a file: PEM, or one certificate of DER.
func certificatesIn(text []byte) ([]*x509.Certificate, error) {
	if len(text) > 0 && text[0] == 0x30 {
		c, err := x509.ParseCertificate(text)
		if err != nil {
			return nil, errors.New("no certificate can be read there")
		}
		return []*x509.Certificate{c}, nil
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return out, fmt.Errorf("a %s stands among the certificates", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return out, fmt.Errorf("the certificate %d cannot be read", len(out)+1)
		}
		out = append(out, c)
	}
	if bytes.Contains(text, []byte("-----BEGIN")) { // a file that is being written
		return out, fmt.Errorf("the certificate %d cannot be read", len(out)+1)
	}
	if len(out) == 0 {
		return nil, errors.New("no certificate stands there")
	}
	return out, nil
}

// authority says why a certificate is none of an authority.
func authority(c *x509.Certificate) error {
	switch {
	case !c.BasicConstraintsValid || !c.IsCA:
		return errors.New("it is no certificate of an authority (basic constraints)")
	case c.KeyUsage&x509.KeyUsageCertSign == 0:
		return errors.New("it may not sign certificates (key usage)")
	}
	return nil
}

// usable parts the list: what counts, and what is left out, with the reason. Lists of authorities hold keys of yesterday's sorts, and what
// was issued below them; one of these must not keep all the others from counting.
func usable(list []*x509.Certificate) (counts []*x509.Certificate, left []string) {
	known := slices.DeleteFunc(slices.Clone(list), func(c *x509.Certificate) bool { _, err := family(c); return err != nil })
	for _, c := range list {
		_, err := family(c)
		switch {
		case err != nil:
			left = append(left, c.Subject.String()+": its key is of a sort that is not known, or too weak")
		case !root(c) && len(upwards(known, c)) == 0:
			left = append(left, c.Subject.String()+": those above it are left out")
		default:
			counts = append(counts, c)
		}
	}
	return counts, left
}

func root(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }

// mostIssuers bounds how many certificates of one authority are tried: it has one or two.
const mostIssuers = 4

// issuersOf are those in the list that say to have issued the certificate.
func issuersOf(list []*x509.Certificate, c *x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, x := range list {
		if bytes.Equal(x.RawSubject, c.RawIssuer) && (len(c.AuthorityKeyId) == 0 || len(x.SubjectKeyId) == 0 || bytes.Equal(c.AuthorityKeyId, x.SubjectKeyId)) && len(out) < mostIssuers {
			out = append(out, x)
		}
	}
	return out
}

// longestChain is of a person, an authority, and those above it.
const longestChain = 6

// upwards are the chains of names from a certificate to roots.
func upwards(list []*x509.Certificate, c *x509.Certificate) [][]*x509.Certificate {
	var out [][]*x509.Certificate
	var climb func(chain []*x509.Certificate)
	climb = func(chain []*x509.Certificate) {
		last := chain[len(chain)-1]
		if len(out) >= mostIssuers || len(chain) > longestChain {
			return
		}
		if len(chain) > 1 && root(last) {
			out = append(out, slices.Clone(chain))
			return
		}
		for _, up := range issuersOf(list, last) {
			if !slices.ContainsFunc(chain, func(x *x509.Certificate) bool { return bytes.Equal(x.Raw, up.Raw) }) {
				climb(append(slices.Clone(chain), up))
			}
		}
	}
	climb([]*x509.Certificate{c})
	return out
}

// chains are the ways by name from a person's certificate to a root of the list.
func (s *Service) chains(c *x509.Certificate) ([][]*x509.Certificate, error) {
	for _, missing := range []bool{false, true} {
		if out := upwards(s.Authorities.listed(missing), c); len(out) > 0 {
			return out, nil
		}
	}
	return nil, ErrUntrusted
}

// path is the first chain that is a path in the sense of RFC 5280 at the moment: signatures, times, constraints of what authorities
// may issue, of how deep and to whom, and no critical extension that is not understood.
func (s *Service) path(ctx context.Context, chains [][]*x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	for _, chain := range chains {
		switch err := s.isPath(ctx, chain, at); {
		case err == nil:
			return chain, nil
		case !errors.Is(err, ErrBroken) && !errors.Is(err, ErrAlgorithm):
			return nil, err
		}
	}
	return nil, ErrUntrusted
}

func (s *Service) isPath(ctx context.Context, chain []*x509.Certificate, at time.Time) error {
	gost := false
	var raw [][]byte
	for i, c := range chain {
		f, err := family(c)
		if err != nil {
			return err
		}
		if i > 0 {
			if err := authority(c); err != nil {
				return ErrBroken
			}
		}
		gost, raw = gost || f == GOST, append(raw, c.Raw)
	}
	if gost {
		return s.openssl.path(ctx, raw, at)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(chain[len(chain)-1])
	for _, c := range chain[1 : len(chain)-1] {
		between.AddCert(c)
	}
	if _, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return ErrBroken
	}
	return nil
}
