package keyring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okno/internal/keyring"
)

func generate(t testing.TB) keyring.Config {
	t.Helper()
	c, err := keyring.Generate(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t testing.TB, c keyring.Config) *keyring.Ring {
	t.Helper()
	r, err := keyring.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSecretsAreForTheirOwnerAlone(t *testing.T) {
	c := generate(t)
	for _, path := range []string{c.MasterPath, c.IndexPath} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o, want 0600", path, info.Mode().Perm())
		}
	}
}

func TestGenerateOverwritesNothing(t *testing.T) {
	for _, lost := range []string{"", keyring.MasterFile, keyring.IndexFile} {
		c := generate(t)
		dir := filepath.Dir(c.MasterPath)
		if lost != "" {
			if err := os.Remove(filepath.Join(dir, lost)); err != nil {
				t.Fatal(err)
			}
		}
		before := map[string]string{}
		names, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, n := range names {
			before[n] = read(t, n)
		}
		if _, err := keyring.Generate(dir); err == nil {
			t.Fatalf("without %q: Generate succeeded", lost)
		}
		after, _ := filepath.Glob(filepath.Join(dir, "*"))
		if len(after) != len(names) {
			t.Errorf("without %q: %v became %v", lost, names, after)
		}
		for _, n := range after {
			if read(t, n) != before[n] {
				t.Errorf("without %q: %s changed", lost, n)
			}
		}
	}
}

func TestTheOperatorIsToldWhatIsWrongWithTheSecrets(t *testing.T) {
	good := generate(t)
	other := func(text string) string {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	loose := other(read(t, good.MasterPath))
	if err := os.Chmod(loose, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		config keyring.Config
		want   []string
	}{
		{"nothing", keyring.Config{}, []string{"master keyset", "not set"}},
		{"no index", keyring.Config{MasterPath: good.MasterPath}, []string{"index root", "not set"}},
		{"both ways", keyring.Config{MasterPath: good.MasterPath, MasterJSON: "{}", IndexPath: good.IndexPath}, []string{"master keyset", "twice"}},
		{"no file", keyring.Config{MasterPath: "/nowhere/m.json", IndexPath: good.IndexPath}, []string{"/nowhere/m.json", "backup"}},
		{"others may read", keyring.Config{MasterPath: loose, IndexPath: good.IndexPath}, []string{loose, "0644", "chmod 600"}},
		{"exchanged", keyring.Config{MasterPath: good.IndexPath, IndexPath: good.MasterPath}, []string{good.IndexPath, "not a master keyset"}},
		{"short root", keyring.Config{MasterPath: good.MasterPath, IndexPath: other("c2hvcnQ=\n")}, []string{"index root", "32 bytes"}},
		{"empty root", keyring.Config{MasterPath: good.MasterPath, IndexPath: other("# nothing\n\n")}, []string{"holds no index root"}},
		{"empty keyset", keyring.Config{MasterJSON: `{"primaryKeyId":1,"key":[]}`, IndexPath: good.IndexPath}, []string{"from the environment", "not a master keyset"}},
	} {
		_, err := keyring.Open(c.config)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", c.name, err, w)
			}
		}
	}
}

func TestAGroupMayReadTheSecretsAsOrchestratorsMountThem(t *testing.T) {
	c := generate(t)
	if err := os.Chmod(c.MasterPath, 0o440); err != nil {
		t.Fatal(err)
	}
	open(t, c)
}

func TestSecretsFromTheEnvironmentAreTheSameSecrets(t *testing.T) {
	c := generate(t)
	a := open(t, c)
	b := open(t, keyring.Config{MasterJSON: read(t, c.MasterPath), IndexKey: strings.TrimSpace(read(t, c.IndexPath))})
	plain, err := b.System().Open("t", "c", "r", a.System().Seal("t", "c", "r", []byte("x")))
	if err != nil || string(plain) != "x" {
		t.Errorf("Open = %q, %v", plain, err)
	}
	if !bytes.Equal(a.Index("contact.phone", "+79991112233"), b.Index("contact.phone", "+79991112233")) {
		t.Error("the indexes differ")
	}
}

func TestASpoiledSecretIsNotRepeatedInErrors(t *testing.T) {
	const key = "c2VjcmV0IHNlY3JldCBzZWNyZXQ"
	good := generate(t)
	for _, c := range []keyring.Config{
		{MasterJSON: `{"primaryKeyId":1,"key":[{"keyData":{"value":"` + key + `"`, IndexPath: good.IndexPath},
		{MasterPath: good.MasterPath, IndexKey: key + "!"},
	} {
		if _, err := keyring.Open(c); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("error %v", err)
		}
	}
}

func TestSecretsDoNotComeOutInLogs(t *testing.T) {
	c := generate(t)
	root := strings.TrimSpace(read(t, c.IndexPath))
	var master struct {
		Key []struct{ KeyData struct{ Value string } }
	}
	if err := json.Unmarshal([]byte(read(t, c.MasterPath)), &master); err != nil || len(master.Key) != 1 || len(master.Key[0].KeyData.Value) < 40 {
		t.Fatalf("%+v, %v", master, err)
	}
	env := keyring.Config{MasterJSON: read(t, c.MasterPath), IndexKey: root}
	r := open(t, c)
	var log bytes.Buffer
	for _, v := range []any{env, r, r.System()} {
		fmt.Fprintf(&log, "%v %+v %#v %s\n", v, v, v, v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
	}
	for _, s := range []string{root, master.Key[0].KeyData.Value} {
		if strings.Contains(log.String(), s) {
			t.Errorf("a secret in the log:\n%s", log.String())
		}
	}
}

func TestRotationSealsAnewAndOpensTheOld(t *testing.T) {
	c := generate(t)
	if err := os.Chmod(c.MasterPath, 0o640); err != nil {
		t.Fatal(err)
	}
	first := open(t, c)
	old := first.System().Seal("staff", "totp", "1", []byte("x"))
	if err := keyring.Rotate(c.MasterPath); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(c.MasterPath); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v: it was 0640", info.Mode(), err)
	}
	second := open(t, c)
	if _, err := second.System().Open("staff", "totp", "1", old); err != nil {
		t.Errorf("what the old key sealed: %v", err)
	}
	if _, err := first.System().Open("staff", "totp", "1", second.System().Seal("staff", "totp", "1", nil)); err == nil {
		t.Error("the new key does not seal: a ring of before the rotation opens what it sealed")
	}
	if !bytes.Equal(first.Index("a.b", "v"), second.Index("a.b", "v")) {
		t.Error("rotation changed an index")
	}
}

// A node that has seen Stage opens what a node that has seen Rotate seals: no restart of all at once.
func TestAStagedKeyOpensBeforeItSeals(t *testing.T) {
	c := generate(t)
	if err := keyring.Stage(c.MasterPath); err != nil {
		t.Fatal(err)
	}
	staged := open(t, c)
	if err := keyring.Rotate(c.MasterPath); err != nil {
		t.Fatal(err)
	}
	rotated := open(t, c)
	for name, x := range map[string]struct{ seal, open *keyring.Ring }{"before for after": {staged, rotated}, "after for before": {rotated, staged}} {
		if _, err := x.open.System().Open("a", "b", "c", x.seal.System().Seal("a", "b", "c", nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
