package signature

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"okno/internal/policy"
)

// ErrChild says that OpenSSL could not be run, or did not do its work within its bounds. It is no judgement of a signature.
var ErrChild = errors.New("signature: openssl did not do its work")

// ErrNoGOST comes with ErrChild where there is no OpenSSL with the engine gost.
var ErrNoGOST = errors.New("OpenSSL cannot do GOST here (Debian: openssl, libengine-gost-openssl, util-linux)")

// openssl runs OpenSSL for what Go cannot do.
type openssl struct {
	bounds policy.Child
	places chan struct{}

	works atomic.Bool // it was seen to
}

func newOpenSSL(b policy.Child) *openssl {
	return &openssl{bounds: b, places: make(chan struct{}, max(1, b.AtOnce))}
}

// longestPrint bounds what a child may print: a digest, a word.
const longestPrint = 16 << 10

// gost says whether there is GOST: OpenSSL is asked for the Streebog of nothing, which everybody knows. Once it was right, it is not asked
// again.
func (o *openssl) gost(ctx context.Context) error {
	if o.works.Load() {
		return nil
	}
	out, err := o.run(ctx, nil, nil, "dgst", "-engine", "gost", "-md_gost12_256", "-binary")
	if err != nil {
		return fmt.Errorf("%w: %w: %w", ErrChild, ErrNoGOST, err)
	}
	if hex.EncodeToString(out) != "3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb" {
		return fmt.Errorf("%w: %w: its Streebog is wrong", ErrChild, ErrNoGOST)
	}
	o.works.Store(true)
	return nil
}

// mdName is how OpenSSL calls a digest of GOST.
func mdName(digest asn1.ObjectIdentifier) string {
	if digest.Equal(oidStreebog256) {
		return "-md_gost12_256"
	}
	return "-md_gost12_512"
}

// streebog is the digest of GOST R 34.11-2012.
func (o *openssl) streebog(ctx context.Context, digest asn1.ObjectIdentifier, data []byte) ([]byte, error) {
	if err := o.gost(ctx); err != nil {
		return nil, err
	}
	out, err := o.run(ctx, data, nil, "dgst", "-engine", "gost", mdName(digest), "-binary")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChild, err)
	}
	if want := map[bool]int{true: 32, false: 64}[digest.Equal(oidStreebog256)]; len(out) != want {
		return nil, fmt.Errorf("%w: a digest of %d bytes", ErrChild, len(out))
	}
	return out, nil
}

// signed asks whether a key of GOST R 34.10-2012 signed the text: nil, ErrBroken or ErrChild.
func (o *openssl) signed(ctx context.Context, spki []byte, digest asn1.ObjectIdentifier, text, signature []byte) error {
	if err := o.gost(ctx); err != nil {
		return err
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})
	out, err := o.run(ctx, text, [][]byte{key, signature}, "dgst", "-engine", "gost", mdName(digest), "-verify", "{0}", "-signature", "{1}")
	return judged(out, err, "Verified OK")
}

// path asks whether the certificates are a path: the first is the one in question, the last is trusted, each is signed by the next, and
// what they say of themselves allows it at the moment.
func (o *openssl) path(ctx context.Context, chain [][]byte, at time.Time) error {
	if err := o.gost(ctx); err != nil {
		return err
	}
	file := func(ders ...[]byte) []byte {
		var out []byte
		for _, der := range ders {
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
		}
		return out
	}
	n := len(chain) - 1
	args := []string{"verify", "-engine", "gost", "-no-CApath", "-no-CAstore", "-attime", strconv.FormatInt(at.Unix(), 10), "-CAfile", "{0}"}
	files := [][]byte{file(chain[n]), file(chain[0])}
	if n > 1 {
		files = append(files, file(chain[1:n]...))
		args = append(args, "-untrusted", "{2}")
	}
	out, err := o.run(ctx, nil, files, append(args, "{1}")...)
	return judged(out, err, ": OK")
}

// judged is what a child said: the word for yes, a proper end with another word, or nothing that can be relied upon.
func judged(out []byte, err error, yes string) error {
	var exit *exec.ExitError
	switch {
	case err == nil && bytes.HasSuffix(bytes.TrimSpace(out), []byte(yes)):
		return nil
	case err == nil, errors.As(err, &exit) && (exit.ExitCode() == 1 || exit.ExitCode() == 2):
		return ErrBroken
	}
	return fmt.Errorf("%w: %w", ErrChild, err)
}

// run runs OpenSSL with in at its input; {0}, {1} … in the arguments are files of these bytes, in memory where the system has such.
// No shell is between; the child gets nothing of our environment and not the system's settings of OpenSSL; its limits are set before
// it starts (prlimit execs it), and it may not write a byte into any file. Its own words are not returned, for they may quote a name.
func (o *openssl) run(ctx context.Context, in []byte, files [][]byte, args ...string) ([]byte, error) {
	select {
	case o.places <- struct{}{}:
		defer func() { <-o.places }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, o.bounds.Timeout)
	defer cancel()
	var extra []*os.File
	for i, data := range files {
		f, path, done, err := lend(data, 3+len(extra))
		if err != nil {
			return nil, err
		}
		defer done()
		if f != nil {
			extra = append(extra, f)
		}
		for j, a := range args {
			args[j] = strings.ReplaceAll(a, "{"+strconv.Itoa(i)+"}", path)
		}
	}
	seconds := int(max(1, o.bounds.Timeout/time.Second))
	limits := []string{"--as=" + strconv.FormatInt(int64(o.bounds.Memory), 10), "--cpu=" + strconv.Itoa(seconds), "--fsize=0", "--core=0", "--nofile=64", "--", "openssl"}
	cmd := exec.CommandContext(ctx, "prlimit", append(limits, args...)...) //nolint:gosec // the program is a constant, its arguments ours
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "OPENSSL_CONF=/dev/null"}
	cmd.Stdin = bytes.NewReader(in)
	cmd.ExtraFiles = extra
	var out bounded
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return out.Bytes(), err
	}
	return out.Bytes(), nil
}

// bounded keeps what is written to it, up to longestPrint.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > longestPrint {
		return 0, io.ErrShortWrite
	}
	return b.Buffer.Write(p)
}

// CanGOST says whether OpenSSL can do GOST on this machine, for whoever examines it.
func CanGOST(ctx context.Context, b policy.Child) error { return newOpenSSL(b).gost(ctx) }
