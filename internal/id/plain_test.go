package id

import "testing"

func TestPlainTextCannotBePersonal(t *testing.T) {
	for _, s := range []string{"case.submitted", "01arz3ndektsv4rrffq69g5fav", "case/01arz3ndektsv4rrffq69g5fav", "income-2025", "v2", "desk:msk-07", "01111111111111111111111111", "nobody-00f1234567890abcdef1234567890abc"} {
		if !Plain(s) {
			t.Errorf("Plain(%q) = false", s)
		}
	}
	for _, s := range []string{"", "Иванов", "ivanov@example.ru", "+79123456789", "79123456789", "112-233-445.95", "4509.123456", "482913", "a b", "Code", "-x", "case/79123456789", "p79123456789"} {
		if Plain(s) {
			t.Errorf("Plain(%q) = true", s)
		}
	}
}
