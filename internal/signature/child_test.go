package signature

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okno/internal/policy"
)

func bench(change func(*policy.Child)) *openssl {
	b := policy.Default().Signatures.OpenSSL
	if change != nil {
		change(&b)
	}
	return newOpenSSL(b)
}

func TestAChildThatTakesTooLongIsEndedAndThatIsNoJudgement(t *testing.T) {
	o := bench(func(b *policy.Child) { b.Timeout = 100 * time.Millisecond })
	began := time.Now()
	_, err := o.run(t.Context(), nil, nil, "prime", "-generate", "-bits", "20000")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if err := judged(nil, err, "Verified OK"); !errors.Is(err, ErrChild) || errors.Is(err, ErrBroken) {
		t.Errorf("an ended child judged: %v", err)
	}
	if err := uncertain(judged(nil, err, "Verified OK")); !errors.Is(err, ErrCannotCheck) {
		t.Errorf("a person reads %v", err)
	}
}

func TestAChildMayNotWriteAFileNorTakeAllMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "left")
	if _, err := bench(nil).run(t.Context(), nil, nil, "rand", "-out", file, "100"); err == nil {
		t.Error("it wrote a file")
	}
	if info, err := os.Stat(file); err == nil && info.Size() > 0 {
		t.Error("a file was left")
	}
	small := bench(func(b *policy.Child) { b.Memory = 4 << 20 })
	if err := small.gost(t.Context()); !errors.Is(err, ErrChild) || !errors.Is(err, ErrNoGOST) {
		t.Errorf("GOST in 4 MiB: %v", err)
	}
	if err := bench(nil).gost(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAChildGetsNothingOfOurEnvironmentAndSettings(t *testing.T) {
	config := filepath.Join(t.TempDir(), "openssl.cnf")
	if err := os.WriteFile(config, []byte("openssl_conf = here\n[here]\nengines = some\n[some]\nnone = none\n[none]\nengine_id = no-such-engine\ninit = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OPENSSL_CONF", config)
	if err := bench(nil).gost(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNoMoreChildrenRunThanAllowed(t *testing.T) {
	o := bench(func(b *policy.Child) { b.AtOnce = 1 })
	o.places <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := o.gost(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrChild) {
		t.Errorf("a second child ran: %v", err)
	}
	<-o.places
	if err := o.gost(t.Context()); err != nil {
		t.Errorf("the place that was given back: %v", err)
	}
}

func TestTheProgramsOwnWordsAreNotInItsError(t *testing.T) {
	_, err := bench(nil).run(t.Context(), nil, nil, "x509", "-in", "/nowhere/Ivanov")
	if err == nil || strings.Contains(err.Error(), "Ivanov") {
		t.Error(err)
	}
}

func TestWhatNobodyCouldTellIsNotBroken(t *testing.T) {
	o := bench(nil)
	o.works.Store(true)
	t.Setenv("PATH", t.TempDir()) // neither prlimit nor openssl
	if err := o.signed(t.Context(), nil, oidStreebog256, nil, make([]byte, 64)); !errors.Is(err, ErrChild) || errors.Is(err, ErrBroken) {
		t.Error(err)
	}
}
