package authority

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // identifiers of keys are made so
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Algorithm is a sort of keys.
type Algorithm string

// The algorithms.
const (
	RSA     Algorithm = "rsa"
	ECDSA   Algorithm = "ecdsa"
	GOST256 Algorithm = "gost256"
	GOST512 Algorithm = "gost512"
)

// Algorithms lists them.
func Algorithms() []Algorithm { return []Algorithm{ECDSA, RSA, GOST256, GOST512} }

// Valid reports whether there is such an algorithm.
func (a Algorithm) Valid() bool { return slices.Contains(Algorithms(), a) }

// GOST reports whether only OpenSSL can do it.
func (a Algorithm) GOST() bool { return a == GOST256 || a == GOST512 }

// digest is how OpenSSL calls the digest that goes with the keys.
func (a Algorithm) digest() string {
	switch a {
	case GOST256:
		return "md_gost12_256"
	case GOST512:
		return "md_gost12_512"
	case RSA, ECDSA:
	}
	return "sha256"
}

// names are the algorithms of signatures.
var names = map[Algorithm]asn1.ObjectIdentifier{
	RSA: {1, 2, 840, 113549, 1, 1, 11}, ECDSA: {1, 2, 840, 10045, 4, 3, 2}, GOST256: {1, 2, 643, 7, 1, 1, 3, 2}, GOST512: {1, 2, 643, 7, 1, 1, 3, 3},
}

// key is a pair of keys.
type key struct {
	algorithm Algorithm
	private   []byte        // PEM of PKCS #8
	std       crypto.Signer // nil for GOST
	spki      []byte
}

// ErrNoOpenSSL says that this machine has no OpenSSL that can do what is asked.
var ErrNoOpenSSL = errors.New("sandbox: OpenSSL cannot do it (Debian: openssl, libengine-gost-openssl)")

func newKey(ctx context.Context, a Algorithm) (*key, error) {
	var std crypto.Signer
	var err error
	switch a {
	case RSA:
		std, err = rsa.GenerateKey(rand.Reader, 2048)
	case ECDSA:
		std, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case GOST256, GOST512:
		bits := strings.TrimPrefix(string(a), "gost")
		private, err := run(ctx, nil, nil, "genpkey", "-engine", "gost", "-algorithm", "gost2012_"+bits, "-pkeyopt", "paramset:A")
		if err != nil {
			return nil, err
		}
		return readKey(ctx, a, private)
	}
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(std)
	if err != nil {
		return nil, err
	}
	return readKey(ctx, a, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func readKey(ctx context.Context, a Algorithm, private []byte) (*key, error) {
	k := &key{algorithm: a, private: private}
	var err error
	if a.GOST() {
		k.spki, err = run(ctx, nil, map[string][]byte{"key.pem": private}, "pkey", "-engine", "gost", "-in", "key.pem", "-pubout", "-outform", "DER")
		return k, err
	}
	block, _ := pem.Decode(private)
	if block == nil {
		return nil, errors.New("sandbox: no key stands there")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	k.std, _ = parsed.(crypto.Signer)
	k.spki, err = x509.MarshalPKIXPublicKey(k.std.Public())
	return k, err
}

func (k *key) id() []byte {
	sum := sha1.Sum(k.spki) //nolint:gosec // see the import
	return sum[:]
}

// sign signs bytes.
func (k *key) sign(ctx context.Context, text []byte) ([]byte, error) {
	if k.std != nil {
		sum := sha256.Sum256(text)
		return k.std.Sign(rand.Reader, sum[:], crypto.SHA256)
	}
	return run(ctx, text, map[string][]byte{"key.pem": k.private}, "dgst", "-engine", "gost", "-"+k.algorithm.digest(), "-sign", "key.pem")
}

// run runs OpenSSL in a folder of its own with these files.
func run(ctx context.Context, in []byte, files map[string][]byte, args ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "okno-authority-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system's sweep takes it
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, "openssl", args...) //nolint:gosec // the sandbox's own arguments
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(in)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "OPENSSL_CONF=/dev/null", "HOME=" + dir}
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w: %s", ErrNoOpenSSL, args[0], err, strconv.QuoteToASCII(says.String()))
	}
	return out, nil
}
