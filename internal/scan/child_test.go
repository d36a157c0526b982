package scan

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
	dir := t.TempDir() // a folder is no file: a child may make one
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for program, does := range map[string]string{
		"pdftoppm":  "mkdir " + dir + "/came-$$\nmkdir " + dir + "/runs || mkdir " + dir + "/two\nsleep 0.1\nrmdir " + dir + "/runs\n",
		"tesseract": "exit 1\n",
	} {
		if err := os.WriteFile(dir+"/"+program, []byte("#!/bin/sh\n"+does), 0o700); err != nil { //nolint:gosec // a program of the test
			t.Fatal(err)
		}
	}
	r := bench(Limits{AtOnce: 1})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := r.Judge(t.Context(), []byte("%PDF-1.4\n%%EOF")); !errors.Is(err, ErrBroken) {
				t.Errorf("judged: %v", err)
			}
		})
	}
	wg.Wait()
	came, err := filepath.Glob(dir + "/came-*")
	if err != nil || len(came) != 4 {
		t.Errorf("%d children ran, %v", len(came), err)
	}
	if _, err := os.Stat(dir + "/two"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a second child ran: %v", err)
	}
}

func TestNoMorePicturesAreInMemoryThanAllowed(t *testing.T) {
	r := bench(Limits{AtOnce: 1})
	place, err := r.Enter()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Enter(); !errors.Is(err, ErrBusy) {
		t.Errorf("a second picture enters: %v", err)
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
	place.Leave()
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
