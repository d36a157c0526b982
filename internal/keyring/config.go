package keyring

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Config says where the two secrets are. A secret comes either from a file or, where files are awkward, as its
// content from the environment; giving both is an error.
type Config struct {
	MasterPath string // the master keyset: JSON of Tink
	IndexPath  string // the index root: base64 of 32 bytes; further lines are roots that come or go
	MasterJSON string // the content of the one …
	IndexKey   string // … and of the other

	TTL     time.Duration    // how long a person's key stays in memory; 5 minutes when 0
	MaxKeys int              // how many persons' keys stay in memory; 4096 when 0
	Now     func() time.Time // the clock by which they die; time.Now when nil
}

// String tells where the secrets come from and keeps them out of logs, as GoString and LogValue do.
func (c Config) String() string {
	return fmt.Sprintf("keyring: master keyset %s, index root %s", origin(c.MasterPath, c.MasterJSON), origin(c.IndexPath, c.IndexKey))
}

// GoString is String.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func origin(path, content string) string {
	switch {
	case content != "":
		return "from the environment"
	case path == "":
		return "not set"
	}
	return path
}

// The names of the files that Generate makes.
const (
	MasterFile = "master.json"
	IndexFile  = "index.key"
)

// rootLen is the length of the index root.
const rootLen = 32

// Generate makes both secrets in the folder dir, readable by the owner alone, and says where they are. It touches
// nothing when either is there: what was sealed with a lost key is lost.
func Generate(dir string) (Config, error) {
	c := Config{MasterPath: filepath.Join(dir, MasterFile), IndexPath: filepath.Join(dir, IndexFile)}
	for _, path := range []string{c.MasterPath, c.IndexPath} {
		if _, err := os.Lstat(path); err == nil {
			return Config{}, fmt.Errorf("keyring: %s exists and is not overwritten: what was sealed with it could never be opened again", path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return Config{}, fmt.Errorf("keyring: %w", err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Config{}, fmt.Errorf("keyring: %w", err)
	}
	master, err := newMaster()
	if err != nil {
		return Config{}, err
	}
	if err := create(c.MasterPath, master); err != nil {
		return Config{}, err
	}
	if err := create(c.IndexPath, []byte(NewRoot()+"\n")); err != nil {
		return Config{}, err
	}
	return c, syncDir(dir)
}

// NewRoot is a fresh index root in the form that files and the environment hold.
func NewRoot() string {
	var b [rootLen]byte
	rand.Read(b[:]) //nolint:errcheck // never fails since Go 1.24: it crashes the program instead
	return base64.StdEncoding.EncodeToString(b[:])
}

func newMaster() ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("keyring: new master keyset: %w", err)
	}
	return masterText(h)
}

func masterText(h *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("keyring: write master keyset: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// parseMaster never repeats what it read: the words of a parser may hold a piece of a key.
func parseMaster(text []byte) (*keyset.Handle, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, errors.New("this is not a master keyset (JSON of Tink with AES-256-GCM keys)")
	}
	return h, nil
}

// role is what an index root in the file is for.
type role string

// The roles, as the words before a root. The first root without a word is in force, a second one goes.
const (
	inForce    role = ""
	former     role = "former"
	coming     role = "next"   // rows are indexed under it beforehand
	pepperOnly role = "pepper" // nothing but passwords is under it any more
)

// line is a root in the file.
type line struct {
	role   role
	secret []byte
}

// parseRoots reads one root a line, with the word for its role before it when it has one; empty lines and lines that begin
// with # do not count. Beside the root in force one may come or go, never two: rows are looked for under two.
func parseRoots(text []byte) ([]line, error) {
	var roots []line
	others := 0
	for l := range strings.Lines(string(text)) {
		f := strings.Fields(l)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		what := inForce
		if len(f) == 2 {
			what = role(f[0])
		} else if len(roots) > 0 {
			what = former
		}
		b, err := base64.StdEncoding.DecodeString(f[len(f)-1])
		if err != nil || len(b) != rootLen || len(f) > 2 {
			return nil, errors.New("this is not an index root (a line of base64 that holds 32 bytes)")
		}
		switch what {
		case inForce:
		case former, coming:
			others++
		case pepperOnly:
		default:
			return nil, errors.New("a line begins with another word than former, next or pepper")
		}
		roots = append(roots, line{what, b})
	}
	if len(roots) == 0 {
		return nil, errors.New("it holds no index root")
	}
	if roots[0].role != inForce {
		return nil, errors.New("its first line is the root in force and has no word before it")
	}
	if others > 1 {
		return nil, errors.New("it holds more than two roots in use: put the word pepper before those that only old passwords need")
	}
	return roots, nil
}

func rootsText(roots []line) []byte {
	var b bytes.Buffer
	for _, l := range roots {
		if l.role != inForce {
			b.WriteString(string(l.role) + " ")
		}
		b.WriteString(base64.StdEncoding.EncodeToString(l.secret) + "\n")
	}
	return b.Bytes()
}

// secret takes a secret from its file or from its content.
func secret(what, path, content string) ([]byte, error) {
	switch {
	case path != "" && content != "":
		return nil, fmt.Errorf("keyring: the %s is given twice, as a file and as content: leave one", what)
	case content != "":
		return []byte(content), nil
	case path != "":
		return readSecret(path)
	}
	return nil, fmt.Errorf("keyring: the %s is not set: give a file or its content", what)
}

// readSecret refuses a file that others on the machine may read. A group may read it: that is how orchestrators
// mount secrets.
func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("keyring: there is no file %s: restore it from its backup; only a new installation generates one", path)
		}
		return nil, fmt.Errorf("keyring: %w", err)
	}
	if m := info.Mode().Perm(); m&0o027 != 0 {
		return nil, fmt.Errorf("keyring: %s has mode %04o, others could read or change it: chmod 600 %s", path, m, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	return text, nil
}

// create writes a new file of mode 0600 durably.
func create(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keyring: write %s: %w", path, err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("keyring: sync %s: %w", dir, err)
	}
	return nil
}
