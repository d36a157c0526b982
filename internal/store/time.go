package store

import (
	"fmt"
	"time"
)

// Moment normalises t as both engines keep it: UTC, in microseconds.
func Moment(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// timeScanner takes a moment out of a column or an expression of either engine.
type timeScanner struct{ to *time.Time }

// Time scans a moment that is never NULL into t.
func Time(t *time.Time) interface{ Scan(any) error } { return timeScanner{t} }

// NullTime scans a moment that may be NULL into t: the zero time then.
func NullTime(t *time.Time) interface{ Scan(any) error } { return nullTimeScanner{timeScanner{t}} }

// OrNull is t for a nullable column: NULL when t is zero.
func OrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return Moment(t)
}

type nullTimeScanner struct{ timeScanner }

func (s nullTimeScanner) Scan(v any) error {
	if v == nil {
		*s.to = time.Time{}
		return nil
	}
	return s.timeScanner.Scan(v)
}

func (s timeScanner) Scan(v any) error {
	switch v := v.(type) {
	case time.Time:
		*s.to = v.UTC()
		return nil
	case []byte:
		return s.parse(string(v))
	case string:
		return s.parse(v)
	}
	return fmt.Errorf("store: %T is not a moment", v)
}

// The forms in which SQLite hands out text: what the driver writes, and what a literal may hold.
var timeForms = []string{"2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999 -0700 MST", time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02"}

func (s timeScanner) parse(text string) error {
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			*s.to = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("store: %q is not a moment", text)
}
