package scan

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func bench(l Limits) *Reader { return with(l, time.Now) }

func TestAChildThatTakesTooLongIsEnded(t *testing.T) {
	began := time.Now()
	_, err := bench(Limits{Timeout: 100 * time.Millisecond}).run(t.Context(), nil, "sleep", "60")
	if !errors.Is(err, ErrChild) || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestAChildMayNotWriteAFileNorTakeAllMemory(t *testing.T) {
	file := t.TempDir() + "/left"
	if _, err := bench(Limits{}).run(t.Context(), strings.NewReader("a name"), "tee", file); !errors.Is(err, ErrChild) {
		t.Errorf("it wrote a file: %v", err)
	}
	if out, err := bench(Limits{Memory: 64 << 20}).run(t.Context(), strings.NewReader("x"), "sort", "--buffer-size=1G"); err != nil && !errors.Is(err, ErrChild) {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := bench(Limits{Memory: 16 << 20}).run(t.Context(), newGray(100, 100).pgm(), "tesseract", "stdin", "stdout", "-l", "rus"); !errors.Is(err, ErrChild) {
		t.Errorf("Tesseract read in 16 MiB: %v", err)
	}
}

func TestAChildGetsNothingOfOurEnvironment(t *testing.T) {
	t.Setenv("OKNO_MASTER_KEY", "/secret")
	out, err := bench(Limits{}).run(t.Context(), nil, "env")
	if err != nil || bytes.Contains(out, []byte("OKNO")) {
		t.Errorf("%s, %v", out, err)
	}
}

func TestNoMoreChildrenRunThanAllowed(t *testing.T) {
	r := bench(Limits{AtOnce: 1})
	r.places <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.run(ctx, nil, "true"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second child ran: %v", err)
	}
	<-r.places
	if _, err := r.run(t.Context(), nil, "true"); err != nil {
		t.Errorf("the place that was given back: %v", err)
	}
}

func TestNoMorePicturesAreInMemoryThanAllowed(t *testing.T) {
	r := bench(Limits{AtOnce: 1})
	release, err := r.hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for name, read := range map[string]func() error{
		"read":   func() error { _, err := r.Read(ctx, []byte("\x89PNG\r\n\x1a\n"), Photo); return err },
		"judged": func() error { _, err := r.Judge(ctx, []byte("\x89PNG\r\n\x1a\n")); return err },
	} {
		if err := read(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second picture is %s: %v", name, err)
		}
	}
	release()
	if _, err := r.Judge(t.Context(), []byte("\x89PNG\r\n\x1a\n")); !errors.Is(err, ErrBroken) {
		t.Errorf("the place that was given back: %v", err)
	}
}

func TestAChildThatPrintsTooMuchIsNotBelieved(t *testing.T) {
	if _, err := bench(Limits{Answer: 1000}).run(t.Context(), nil, "seq", "1", "1000"); !errors.Is(err, ErrChild) {
		t.Errorf("4 KB where 1000 bytes are allowed: %v", err)
	}
}

func TestTheProgramsOwnWordsAreNotInItsError(t *testing.T) {
	_, err := bench(Limits{}).run(t.Context(), nil, "ls", "/nowhere/Ivanov")
	if !errors.Is(err, ErrChild) || strings.Contains(err.Error(), "Ivanov") {
		t.Error(err)
	}
}

func TestThePrintedWordsCanBeRead(t *testing.T) {
	if v := words(); len(v.Photo) == 0 || v.Surname == "" || v.Department == "" || len([]rune(v.Letters)) != 33 {
		t.Errorf("%+v", v)
	}
}
