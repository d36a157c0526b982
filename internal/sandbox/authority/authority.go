package authority

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"
)

// Password opens every file with a key that this package gives out.
const Password = "sandbox"

// Person is who gets a certificate.
type Person struct {
	Surname, GivenName, Patronymic string
	SNILS, INN                     string // digits; punctuation is left out
}

// Identity is a certificate with its key.
type Identity struct {
	Algorithm   Algorithm
	Certificate *x509.Certificate
	Key         []byte // PEM

	by *CA
}

// CA is one authority.
type CA struct {
	Name        string // as it stands in addresses
	Certificate *x509.Certificate

	key       *key
	parent    *CA // nil for a root
	responder *Identity
}

// Config is where an authority keeps what it has, and how it is reached.
type Config struct {
	Dir string
	URL string // of the Handler, which stands in certificates
	Now func() time.Time
}

// Authority is all of them.
type Authority struct {
	c Config

	mu     sync.Mutex
	cas    map[string]*CA
	people map[string]*Identity // by algorithm and SNILS
	gone   map[string]revoked   // by number
	lists  int64                // how many were made
}

type revoked struct {
	At     time.Time `json:"at"`
	Reason int       `json:"reason"`
	By     string    `json:"by"` // name of the authority
}

// kept is what the folder holds.
type kept struct {
	URL    string             `json:"url"`
	CAs    []keptCA           `json:"authorities"`
	People map[string]keptKey `json:"people"`
	Gone   map[string]revoked `json:"revoked"`
}

type keptKey struct {
	Algorithm   Algorithm `json:"algorithm"`
	Certificate string    `json:"certificate"`
	Key         string    `json:"key"`
	By          string    `json:"by"`
}

type keptCA struct {
	Name string `json:"name"`
	keptKey
}

// Open reads what the folder holds of these authorities. Those of another address are forgotten: what they wrote into certificates
// leads nowhere any more.
func Open(ctx context.Context, c Config) (*Authority, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &Authority{c: c, cas: map[string]*CA{}, people: map[string]*Identity{}, gone: map[string]revoked{}}
	if err := os.MkdirAll(a.Trusted(), 0o700); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(a.file())
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return nil, fmt.Errorf("sandbox: %s: %w", a.file(), err)
	}
	if k.URL != c.URL {
		return a, a.forget()
	}
	return a, a.restore(ctx, k)
}

func (a *Authority) file() string { return filepath.Join(a.c.Dir, "authorities.json") }

// Trusted is the folder of the operator's list.
func (a *Authority) Trusted() string { return filepath.Join(a.c.Dir, "trusted") }

func (a *Authority) forget() error {
	old, err := filepath.Glob(filepath.Join(a.Trusted(), "*.pem"))
	for _, f := range old {
		err = errors.Join(err, os.Remove(f))
	}
	return errors.Join(err, os.Remove(a.file()))
}

func (a *Authority) restore(ctx context.Context, k kept) error {
	identity := func(x keptKey) (*Identity, error) {
		block, _ := pem.Decode([]byte(x.Certificate))
		if block == nil {
			return nil, errCompose
		}
		c, err := x509.ParseCertificate(block.Bytes)
		return &Identity{Algorithm: x.Algorithm, Certificate: c, Key: []byte(x.Key), by: a.cas[x.By]}, err
	}
	for _, x := range k.CAs {
		i, err := identity(x.keptKey)
		if err != nil {
			return err
		}
		own, err := readKey(ctx, x.Algorithm, i.Key)
		if err != nil {
			return err
		}
		a.cas[x.Name] = &CA{Name: x.Name, Certificate: i.Certificate, key: own, parent: i.by}
	}
	for name, x := range k.People {
		i, err := identity(x)
		if err != nil {
			return err
		}
		a.people[name] = i
	}
	if k.Gone != nil {
		a.gone = k.Gone
	}
	return nil
}

// save writes the folder. The caller holds the lock.
func (a *Authority) save() error {
	k := kept{URL: a.c.URL, People: map[string]keptKey{}, Gone: a.gone}
	as := func(c *x509.Certificate, alg Algorithm, private []byte, by *CA) keptKey {
		x := keptKey{Algorithm: alg, Certificate: string(pemOf(c)), Key: string(private)}
		if by != nil {
			x.By = by.Name
		}
		return x
	}
	for depth := range 8 { // parents first
		for _, c := range a.cas {
			if c.depth() == depth {
				k.CAs = append(k.CAs, keptCA{c.Name, as(c.Certificate, c.key.algorithm, c.key.private, c.parent)})
			}
		}
	}
	for name, i := range a.people {
		k.People[name] = as(i.Certificate, i.Algorithm, i.Key, i.by)
	}
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(a.file()+".new", text, 0o600), os.Rename(a.file()+".new", a.file()))
}

func (c *CA) depth() int {
	if c.parent == nil {
		return 0
	}
	return 1 + c.parent.depth()
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// Of is the authority that issues certificates of the algorithm, made when it is first asked for and put on the operator's list.
func (a *Authority) Of(ctx context.Context, alg Algorithm) (*CA, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.of(ctx, alg)
}

func (a *Authority) of(ctx context.Context, alg Algorithm) (*CA, error) {
	if !alg.Valid() {
		return nil, fmt.Errorf("sandbox: no algorithm %q", alg)
	}
	if c := a.cas[string(alg)]; c != nil {
		return c, nil
	}
	root, err := a.make(ctx, "root-"+string(alg), alg, nil, nil)
	if err != nil {
		return nil, err
	}
	c, err := a.make(ctx, string(alg), alg, root, nil)
	if err != nil {
		return nil, err
	}
	return c, errors.Join(a.save(), a.trust(c, root))
}

// Make makes an authority below another, or a root, as change wants it, and does not put it on the list: for tests.
func (a *Authority) Make(ctx context.Context, name string, alg Algorithm, parent *CA, change func(*x509.Certificate)) (*CA, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.make(ctx, name, alg, parent, change)
}

// Trust puts authorities on the operator's list, in one file.
func (a *Authority) Trust(some ...*CA) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.trust(some...)
}

func (a *Authority) trust(some ...*CA) error {
	var text []byte
	for _, c := range some {
		text = append(text, pemOf(c.Certificate)...)
	}
	file := filepath.Join(a.Trusted(), some[0].Name+".pem")
	return errors.Join(os.WriteFile(file+".new", text, 0o600), os.Rename(file+".new", file))
}

func (a *Authority) make(ctx context.Context, name string, alg Algorithm, parent *CA, change func(*x509.Certificate)) (*CA, error) {
	k, err := newKey(ctx, alg)
	if err != nil {
		return nil, err
	}
	title := "Учебный удостоверяющий центр " + strings.ToUpper(string(alg))
	if parent == nil {
		title = "Учебный головной удостоверяющий центр " + strings.ToUpper(string(alg))
	}
	t := a.template(k)
	t.Subject = pkix.Name{CommonName: title, Organization: []string{"Песочница"}, Country: []string{"RU"}, SerialNumber: name}
	t.NotAfter = t.NotBefore.AddDate(12, 0, 0)
	t.BasicConstraintsValid, t.IsCA, t.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign|x509.KeyUsageDigitalSignature
	c := &CA{Name: name, key: k, parent: parent}
	if parent != nil {
		t.MaxPathLenZero = true
		parent.addresses(t, a.c.URL)
	}
	if change != nil {
		change(t)
	}
	if c.Certificate, err = issue(ctx, t, parent, k); err != nil {
		return nil, err
	}
	a.cas[name] = c
	return c, nil
}

// template is what every certificate begins with.
func (a *Authority) template(k *key) *x509.Certificate {
	serial := make([]byte, 16)
	rand.Read(serial) //nolint:errcheck // never fails since Go 1.24
	serial[0] = serial[0]&0x7f | 0x40
	return &x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial), NotBefore: a.c.Now().Add(-time.Hour), NotAfter: a.c.Now().AddDate(1, 3, 0), SubjectKeyId: k.id()}
}

func (c *CA) addresses(t *x509.Certificate, base string) {
	t.CRLDistributionPoints = []string{base + "/" + c.Name + ".crl"}
	t.OCSPServer = []string{base + "/" + c.Name + "/ocsp"}
}

// issue composes a certificate and signs it by the authority, or by itself.
func issue(ctx context.Context, t *x509.Certificate, by *CA, owner *key) (*x509.Certificate, error) {
	once, err := moment()
	if err != nil {
		return nil, err
	}
	parent, signer := *t, owner
	if by != nil {
		parent, signer = *by.Certificate, by.key
	}
	parent.PublicKey = nil
	der, err := x509.CreateCertificate(rand.Reader, t, &parent, once.Public(), once)
	if err != nil {
		return nil, err
	}
	if der, err = signer.resign(ctx, der, 2, owner); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// Object identifiers of qualified certificates.
var (
	oidSNILS           = asn1.ObjectIdentifier{1, 2, 643, 100, 3}
	oidINN             = asn1.ObjectIdentifier{1, 2, 643, 3, 131, 1, 1}
	oidSubjectSignTool = asn1.ObjectIdentifier{1, 2, 643, 100, 111}
	oidIssuerSignTool  = asn1.ObjectIdentifier{1, 2, 643, 100, 112}
	oidSurname         = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidGivenName       = asn1.ObjectIdentifier{2, 5, 4, 42}
	oidNoCheck         = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
)

// Issue gives a person a new certificate, as change wants it.
func (a *Authority) Issue(ctx context.Context, by *CA, p Person, change func(*x509.Certificate)) (*Identity, error) {
	k, err := newKey(ctx, by.key.algorithm)
	if err != nil {
		return nil, err
	}
	return a.issue(ctx, by, k, p, change)
}

// Again issues another certificate for the key of one.
func (a *Authority) Again(ctx context.Context, by *CA, i *Identity, p Person, change func(*x509.Certificate)) (*Identity, error) {
	k, err := readKey(ctx, i.Algorithm, i.Key)
	if err != nil {
		return nil, err
	}
	return a.issue(ctx, by, k, p, change)
}

func (a *Authority) issue(ctx context.Context, by *CA, k *key, p Person, change func(*x509.Certificate)) (*Identity, error) {
	t := a.template(k)
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment
	t.Subject = subject(p)
	for _, last := range []uint64{1, 2} {
		class, err := x509.OIDFromInts([]uint64{1, 2, 643, 100, 113, last})
		if err != nil {
			return nil, err
		}
		t.Policies = append(t.Policies, class)
	}
	tools, err := signTools()
	if err != nil {
		return nil, err
	}
	t.ExtraExtensions = tools
	by.addresses(t, a.c.URL)
	if change != nil {
		change(t)
	}
	c, err := issue(ctx, t, by, k)
	if err != nil {
		return nil, err
	}
	return &Identity{Algorithm: k.algorithm, Certificate: c, Key: k.private, by: by}, nil
}

func signTools() ([]pkix.Extension, error) {
	utf := func(s string) asn1.RawValue {
		return asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(s)}
	}
	own, err := asn1.Marshal(utf("Средство подписи песочницы"))
	if err != nil {
		return nil, err
	}
	theirs, err := asn1.Marshal([]asn1.RawValue{utf("Средство подписи песочницы"), utf("Средство УЦ песочницы"), utf("Заключение № 0"), utf("Заключение № 0")})
	return []pkix.Extension{{Id: oidSubjectSignTool, Value: own}, {Id: oidIssuerSignTool, Value: theirs}}, err
}

// subject is how qualified certificates name a person.
func subject(p Person) pkix.Name {
	n := pkix.Name{CommonName: strings.Join(strings.Fields(p.Surname+" "+p.GivenName+" "+p.Patronymic), " "), Country: []string{"RU"}}
	add := func(oid asn1.ObjectIdentifier, value any) {
		n.ExtraNames = append(n.ExtraNames, pkix.AttributeTypeAndValue{Type: oid, Value: value})
	}
	number := func(oid asn1.ObjectIdentifier, s string) {
		if s = digits(s); s != "" {
			add(oid, asn1.RawValue{Tag: asn1.TagNumericString, Bytes: []byte(s)})
		}
	}
	if p.Surname != "" {
		add(oidSurname, p.Surname)
	}
	if p.GivenName != "" {
		add(oidGivenName, strings.TrimSpace(p.GivenName+" "+p.Patronymic))
	}
	number(oidSNILS, p.SNILS)
	number(oidINN, p.INN)
	return n
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// Person gives the person's certificate of the algorithm: the one that they have while it counts, else a new one.
func (a *Authority) Person(ctx context.Context, alg Algorithm, p Person) (*Identity, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := string(alg) + " " + digits(p.SNILS)
	if i := a.people[name]; i != nil && a.c.Now().Before(i.Certificate.NotAfter) {
		if _, gone := a.gone[number(i.Certificate)]; !gone {
			return i, nil
		}
	}
	by, err := a.of(ctx, alg)
	if err != nil {
		return nil, err
	}
	i, err := a.Issue(ctx, by, p, nil)
	if err != nil {
		return nil, err
	}
	a.people[name] = i
	return i, a.save()
}

func number(c *x509.Certificate) string { return hex.EncodeToString(c.SerialNumber.Bytes()) }

// Revoke revokes a certificate. reason is a number of RFC 5280, 5.3.1.
func (a *Authority) Revoke(c *x509.Certificate, by *CA, reason int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gone[number(c)] = revoked{At: a.c.Now().UTC().Truncate(time.Second), Reason: reason, By: by.Name}
	return a.save()
}

// By is who issued the certificate.
func (i *Identity) By() *CA { return i.by }

// Handler serves the lists and the answers.
func (a *Authority) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{list}", func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutSuffix(r.PathValue("list"), ".crl")
		list, err := a.List(r.Context(), name)
		if !ok || err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/pkix-crl")
		w.Write(list) //nolint:errcheck // the caller has hung up
	})
	mux.HandleFunc("POST /{name}/ocsp", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/ocsp-response")
		w.Write(a.answer(r.Context(), r.PathValue("name"), r.Body)) //nolint:errcheck // the caller has hung up
	})
	return mux
}

// freshness is how long a list and an answer count.
const (
	listCounts   = 12 * time.Hour
	answerCounts = time.Hour
)

// List is the present list of certificates that an authority revoked.
func (a *Authority) List(ctx context.Context, name string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.cas[name]
	if c == nil {
		return nil, fmt.Errorf("sandbox: no authority %q", name)
	}
	return a.ListOf(ctx, c, nil)
}

// ListOf composes a list as change wants it.
func (a *Authority) ListOf(ctx context.Context, c *CA, change func(*x509.RevocationList)) ([]byte, error) {
	now := a.c.Now().UTC()
	a.lists++
	t := &x509.RevocationList{Number: big.NewInt(now.Unix()*1000 + a.lists%1000), ThisUpdate: now.Add(-time.Second), NextUpdate: now.Add(listCounts)}
	for serial, r := range a.gone {
		if r.By != c.Name {
			continue
		}
		n, _ := new(big.Int).SetString(serial, 16)
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: n, RevocationTime: r.At, ReasonCode: r.Reason})
	}
	if change != nil {
		change(t)
	}
	once, err := moment()
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, c.Certificate, once)
	if err != nil {
		return nil, err
	}
	return c.key.resign(ctx, der, 1, nil)
}

// answer answers a question of OCSP.
func (a *Authority) answer(ctx context.Context, name string, body io.Reader) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	question, err := io.ReadAll(io.LimitReader(body, 64<<10))
	if err != nil {
		return ocsp.MalformedRequestErrorResponse
	}
	q, err := ocsp.ParseRequest(question)
	c := a.cas[name]
	if err != nil || c == nil {
		return ocsp.MalformedRequestErrorResponse
	}
	now := a.c.Now().UTC()
	t := ocsp.Response{Status: ocsp.Good, SerialNumber: q.SerialNumber, ThisUpdate: now.Add(-time.Second), NextUpdate: now.Add(answerCounts)}
	if r, gone := a.gone[hex.EncodeToString(q.SerialNumber.Bytes())]; gone {
		t.Status, t.RevokedAt, t.RevocationReason = ocsp.Revoked, r.At, r.Reason
	}
	out, err := a.AnswerOf(ctx, c, t)
	if err != nil {
		return ocsp.InternalErrorErrorResponse
	}
	return out
}

// AnswerOf signs an answer by the authority's responder.
func (a *Authority) AnswerOf(ctx context.Context, c *CA, t ocsp.Response) ([]byte, error) {
	if c.responder == nil {
		var err error
		c.responder, err = a.Issue(ctx, c, Person{}, func(t *x509.Certificate) {
			t.Subject = pkix.Name{CommonName: "OCSP " + c.Name, Country: []string{"RU"}}
			t.KeyUsage, t.ExtKeyUsage, t.Policies = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, nil
			t.ExtraExtensions = []pkix.Extension{{Id: oidNoCheck, Value: []byte{5, 0}}}
			t.CRLDistributionPoints, t.OCSPServer = nil, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return AnswerBy(ctx, c, c.responder, t)
}

// AnswerBy signs an answer by whomever.
func AnswerBy(ctx context.Context, c *CA, responder *Identity, t ocsp.Response) ([]byte, error) {
	once, err := moment()
	if err != nil {
		return nil, err
	}
	t.Certificate = responder.Certificate
	der, err := ocsp.CreateResponse(c.Certificate, responder.Certificate, t, once)
	if err != nil {
		return nil, err
	}
	k, err := readKey(ctx, responder.Algorithm, responder.Key)
	if err != nil {
		return nil, err
	}
	return k.resignAnswer(ctx, der)
}
