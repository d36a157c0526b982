package signature_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
)

// docs/adr/0018 and the policy name these numbers: how many may run at once is chosen by them.
func TestACheckOfGOSTTakesFourChildrenAndTwoForEachStandingThatIsAsked(t *testing.T) {
	x := one(t)
	program, err := exec.LookPath("prlimit")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	count := filepath.Join(dir, "count")
	if err := os.WriteFile(filepath.Join(dir, "prlimit"), fmt.Appendf(nil, "#!/bin/sh\necho \"$*\" >>%s\nexec %s \"$@\"\n", count, program), 0o700); err != nil {
		t.Fatal(err)
	}
	first, second := sign(t, x.certificate(t, sandbox.GOST256, nil), text, sandbox.Form{}), sign(t, x.certificate(t, sandbox.GOST256, nil), text, sandbox.Form{})
	other := sign(t, x.certificate(t, sandbox.RSA, nil), text, sandbox.Form{})
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, c := range []struct {
		name string
		file []byte
		want int
	}{
		{"the first of the program: is there GOST, and the standing of the authority, too", first, 4 + 2 + 2 + 1},
		{"the same person within the refreshing", first, 4},
		{"another person of the same authority", second, 4 + 2},
		{"one of RSA", other, 0},
	} {
		if err := os.WriteFile(count, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Verify(t.Context(), c.file, signature.Check{Content: text}); err != nil {
			t.Fatal(err)
		}
		lines, err := os.ReadFile(count)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(lines), "\n"); n != c.want {
			t.Errorf("%s: %d children, want %d:\n%s", c.name, n, c.want, lines)
		}
	}
}
