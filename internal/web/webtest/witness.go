package webtest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Complaints are what f tells the test it is given, one to a line, up to its end or its first fatal failure.
// It is for tests of tests: t itself does not fail.
func Complaints(t testing.TB, f func(testing.TB)) string {
	t.Helper()
	w := &witness{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(w)
	}()
	<-done
	return strings.Join(w.told, "\n")
}

// witness keeps what it is told. Only the goroutine of f may tell it.
type witness struct {
	testing.TB
	told []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

func (w *witness) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}

func (w *witness) Fatal(args ...any) { w.Fatalf("%s", fmt.Sprint(args...)) }
func (w *witness) Error(args ...any) { w.Errorf("%s", fmt.Sprint(args...)) }
func (w *witness) Failed() bool      { return len(w.told) > 0 }
