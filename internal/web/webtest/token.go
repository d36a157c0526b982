package webtest

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// Token is what a person's token gives to their browser, and where the browser shows it.
type Token struct {
	Key, Password string // PKCS#12; no Key: a browser whose owner has no token
	Host          string // the origin that asks for the certificate: https://localhost:8443
	HostKey       []byte // SHA-256 of the host's public key, whose certificate is a test's
}

// StartWithToken is Start with a key store (NSS, as Chromium on Linux has it) that holds the person's key and nothing else. A window in which
// one certificate is chosen cannot be shown without a screen, so that choice is made beforehand, as an administrator makes it by the policy
// AutoSelectCertificateForUrls: the content setting that the policy sets is written into the profile, which needs no /etc.
func StartWithToken(t testing.TB, k Token) *Chromium {
	t.Helper()
	home := t.TempDir()
	store := filepath.Join(home, ".pki", "nssdb")
	write(t, filepath.Join(home, "profile", "Default", "Preferences"), k.preferences(t))
	if err := os.MkdirAll(store, 0o700); err != nil {
		t.Fatal(err)
	}
	nss(t, "certutil", "-N", "-d", "sql:"+store, "--empty-password")
	if k.Key != "" {
		nss(t, "pk12util", "-i", k.Key, "-d", "sql:"+store, "-K", "", "-W", k.Password)
	}
	return start(t, find(), chromedp.Env("HOME="+home), chromedp.UserDataDir(filepath.Join(home, "profile")),
		chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(k.HostKey)))
}

// preferences choose any certificate for the host.
func (k Token) preferences(t testing.TB) []byte {
	t.Helper()
	type m = map[string]any
	out, err := json.Marshal(m{"profile": m{"content_settings": m{"exceptions": m{"auto_select_certificate": m{
		k.Host + ",*": m{"setting": m{"filters": []m{{}}}},
	}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// nss runs one of the tools of libnss3-tools. Where they are not there the test is skipped, or fails if CI is set.
func nss(t testing.TB, tool string, args ...string) {
	t.Helper()
	program, err := exec.LookPath(tool)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("no %s, and CI is set: scripts/need installs it", tool)
		}
		t.Skipf("SKIPPED: no %s; scripts/need installs it", tool)
	}
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", tool, err, out)
	}
}
