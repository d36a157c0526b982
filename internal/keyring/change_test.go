package keyring_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"

	"okno/internal/keyring"
	"okno/internal/keyring/keyringtest"
)

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedKeyFileIsForTheSameReadersAndTheOneOfBeforeStandsBesideIt(t *testing.T) {
	for name, change := range map[string]func(c keyring.Config) (string, error){
		"master": func(c keyring.Config) (string, error) { return c.MasterPath, keyring.Stage(c.MasterPath) },
		"index":  func(c keyring.Config) (string, error) { return c.IndexPath, keyring.StageRoot(c.IndexPath) },
	} {
		c := generate(t)
		path := map[string]string{"master": c.MasterPath, "index": c.IndexPath}[name]
		if err := os.Chmod(path, 0o440); err != nil {
			t.Fatal(err)
		}
		was := read(t, path)
		write(t, path+".new", "half of what a change that was killed had wr")
		if _, err := change(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range []string{path, path + ".previous"} {
			if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o440 {
				t.Errorf("%s: mode %v, %v; it was 0440", p, info, err)
			}
		}
		if now := read(t, path); now == was || read(t, path+".previous") != was {
			t.Errorf("%s: the file of before is not kept", name)
		}
		if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: half a file stands beside it: %v", name, err)
		}
	}
}

func TestANodeTakesNewKeysUpAsItRunsAndKeepsItsOwnWhenTheyCannotBeRead(t *testing.T) {
	c := generate(t)
	r := open(t, c)
	h := keyringtest.Hasher(t, r)
	sealed := r.System().Seal("t", "c", "r", []byte("x"))
	hash, err := h.Hash(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	old := r.Index("a.b", "v")
	if changed, err := r.Reload(); changed || err != nil {
		t.Fatalf("nothing changed: %v, %v", changed, err)
	}
	good := read(t, c.IndexPath)
	write(t, c.IndexPath, "spoiled")
	if changed, err := r.Reload(); changed || err == nil {
		t.Fatalf("a spoiled file: %v, %v", changed, err)
	}
	if !bytes.Equal(r.Index("a.b", "v"), old) {
		t.Error("a spoiled file spoiled the node")
	}
	write(t, c.IndexPath, good)
	for _, change := range []func() error{
		func() error { return keyring.StageRoot(c.IndexPath) }, func() error { return keyring.RotateRoot(c.IndexPath) },
		func() error { return keyring.Rotate(c.MasterPath) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if changed, err := r.Reload(); !changed || err != nil {
			t.Fatalf("reload: %v, %v", changed, err)
		}
		if ok, _, err := h.Verify(ctx, h.Dummy(), "x"); ok || err != nil {
			t.Errorf("nobody's hash: %v, %v", ok, err)
		}
	}
	if _, err := r.System().Open("t", "c", "r", sealed); err != nil {
		t.Errorf("what was sealed before: %v", err)
	}
	if find := r.Find("a.b", "v"); bytes.Equal(find[0], old) || !bytes.Equal(find[1], old) {
		t.Error("after a change a row is not looked for under both roots")
	}
	if ok, rehash, err := h.Verify(ctx, hash, "x"); !ok || !rehash || err != nil {
		t.Errorf("a password of before: %v, %v, %v", ok, rehash, err)
	}
	for _, keep := range []bool{true, false} {
		if err := keyring.RetireRoot(c.IndexPath, func([4]byte) bool { return keep }); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Reload(); err != nil {
			t.Fatal(err)
		}
		if find := r.Find("a.b", "v"); !bytes.Equal(find[0], find[1]) || r.Ahead("a.b", "v") != nil {
			t.Error("a root that went is still asked by")
		}
		if ok, _, err := h.Verify(ctx, hash, "x"); ok != keep || (err == nil) != keep {
			t.Errorf("its pepper is kept: %v; the password of before: %v, %v", keep, ok, err)
		}
		if ok, _, err := h.Verify(ctx, h.Dummy(), "x"); ok || err != nil {
			t.Errorf("nobody's hash: %v, %v", ok, err)
		}
	}
}

// Nodes change over one after the other: each must know what the other makes.
func TestNodesOneStepApartUnderstandEachOther(t *testing.T) {
	c := generate(t)
	first := open(t, c)
	if err := keyring.StageRoot(c.IndexPath); err != nil {
		t.Fatal(err)
	}
	staged := open(t, c)
	if err := keyring.RotateRoot(c.IndexPath); err != nil {
		t.Fatal(err)
	}
	rotated := open(t, c)
	if err := keyring.RetireRoot(c.IndexPath, func([4]byte) bool { return false }); err != nil {
		t.Fatal(err)
	}
	retired := open(t, c)
	columns := func(r *keyring.Ring) [2][]byte {
		ahead, _ := r.Ahead("a.b", "v").([]byte)
		return [2][]byte{r.Index("a.b", "v"), ahead}
	}
	for name, pair := range map[string][2]*keyring.Ring{"staged and rotated": {staged, rotated}, "before and staged": {first, staged}, "rotated and retired": {rotated, retired}} {
		a, b := columns(pair[0]), columns(pair[1])
		if !bytes.Equal(a[0], b[0]) && (a[1] == nil || !bytes.Equal(a[1], b[1])) {
			t.Errorf("%s: what both write meets in no column", name)
		}
		for i, r := range pair {
			written := columns(pair[1-i])[0]
			if find := r.Find("a.b", "v"); !bytes.Equal(find[0], written) && !bytes.Equal(find[1], written) {
				t.Errorf("%s: one does not find what the other wrote", name)
			}
		}
	}
	token := rotated.Token("p", "1")
	if !staged.IsToken("p", "1", token) || !rotated.IsToken("p", "1", staged.Token("p", "1")) {
		t.Error("one does not know the other's token")
	}
	if first.IsToken("p", "1", token) || rotated.IsToken("p", "2", token) || rotated.IsToken("p", "1", "") {
		t.Error("a token that is nobody's is taken")
	}
	index := staged.Index("a.b", "v")
	if code := first.Code("p", "1", 2); staged.CodeUnder(index, "p", "1", 2) != code || rotated.CodeUnder(index, "p", "1", 2) != code {
		t.Error("a code changed with the root")
	}
	hash, err := keyringtest.Hasher(t, rotated).Hash(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := keyringtest.Hasher(t, staged).Verify(ctx, hash, "x"); !ok || err != nil {
		t.Errorf("a password that was set at a node with the new root in force: %v, %v", ok, err)
	}
}

func TestTheFileOfRootsSaysWhatEachIsForAndNothingElse(t *testing.T) {
	a, b, d := keyring.NewRoot(), keyring.NewRoot(), keyring.NewRoot()
	master := read(t, generate(t).MasterPath)
	for _, c := range []struct{ text, want string }{
		{a, ""}, {a + "\n" + b, ""}, {a + "\nformer " + b, ""}, {a + "\nnext " + b + "\npepper " + d, ""}, {"# of today\n" + a + "\npepper " + b + "\npepper " + d, ""},
		{a + "\n" + b + "\n" + d, "more than two"}, {a + "\nnext " + b + "\n" + d, "more than two"}, {"next " + a, "first line"}, {"pepper " + a + "\n" + b, "first line"},
		{a + "\nlast " + b, "another word"}, {a + "\nnext " + b + " x", "base64"}, {a + "\nnext " + base64.StdEncoding.EncodeToString([]byte("short")), "32 bytes"},
	} {
		_, err := keyring.Open(keyring.Config{MasterJSON: master, IndexKey: c.text})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), a) {
			t.Errorf("a root in an error: %v", err)
		}
	}
}
