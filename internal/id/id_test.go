package id

import (
	"testing"
	"time"
)

func TestIdentifiersSortByTheTimeOfTheirMaking(t *testing.T) {
	at := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	last := ""
	for i := range 5000 {
		next := At(at.Add(time.Duration(i) * time.Microsecond))
		if next <= last {
			t.Fatalf("%s made after %s sorts before it", next, last)
		}
		last = next
	}
}

func TestAnIdentifierIsValidAndOtherTextIsNot(t *testing.T) {
	if s := New(); !Valid(s) || len(s) != Len {
		t.Errorf("New() = %q is not valid", s)
	}
	for _, s := range []string{"", "abc", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "91arz3ndektsv4rrffq69g5fav", "01arz3ndektsv4rrffq69g5fal", "01arz3ndektsv4rrffq69g5fa'"} {
		if Valid(s) {
			t.Errorf("Valid(%q) = true", s)
		}
	}
}

// The layout is that of the ULID specification, whose example this is.
func TestLayoutIsThatOfULID(t *testing.T) {
	got := encode([16]byte{0x01, 0x56, 0x3e, 0x3a, 0xb5, 0xd3, 0xd6, 0x76, 0x4c, 0x61, 0xef, 0xb9, 0x93, 0x02, 0xbd, 0x5b})
	if want := "01arz3ndektsv4rrffq69g5fav"; got != want {
		t.Errorf("encode = %s, want %s", got, want)
	}
}
