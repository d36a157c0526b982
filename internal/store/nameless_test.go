package store

import "testing"

func TestNameless(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)`, `INSERT INTO t (a, b) VALUES (?, ?), (?, ?)`},
		{"-- name: X $9\nUPDATE t SET a = ?1 WHERE b = ?2", "\nUPDATE t SET a = ? WHERE b = ?"},
		{`SELECT '$1 it''s', "$2" FROM t WHERE a = $1`, `SELECT '$1 it''s', "$2" FROM t WHERE a = ?`},
		{`SELECT a FROM t WHERE b = $2 AND c = $1`, ``}, // another order
		{`SELECT a FROM t WHERE b = $1 OR c = $1`, ``},  // one twice
		{`SELECT a FROM t WHERE b = $1 OR c = :c`, ``},
		{`SELECT a FROM t WHERE b = $1x`, ``},
		{`SELECT a FROM t WHERE b = 'x`, ``},
		{`SELECT a FROM t WHERE b = ? AND c = ?`, ``},
	} {
		if c.want == "" {
			c.want = c.text
		}
		if got := nameless(c.text); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}
