package agencyapi_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"okno/internal/application"
	"okno/internal/procedure"
	"okno/internal/system"
	"okno/internal/system/systemtest"
)

var commands = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// The commands of docs/agency-api.md are typed one after the other, as a developer would who starts from nothing.
func TestTheCommandsOfTheGuideWork(t *testing.T) {
	guide, err := os.ReadFile("../../../docs/agency-api.md")
	if err != nil {
		t.Fatal(err)
	}
	var script []string
	for _, m := range commands.FindAllStringSubmatch(string(guide), -1) {
		script = append(script, m[1])
	}
	if len(script) < 6 {
		t.Fatalf("only %d commands were found", len(script))
	}
	systemtest.Each(t, func(t *testing.T, x *system.System) {
		front := httptest.NewServer(x.Web)
		t.Cleanup(front.Close)
		_, filed := waiting(t, x)
		_, token := register(t, x, unit)
		dir, body, key := t.TempDir(), `{"specversion":"1.0"}`, []byte("0123456789abcdef0123456789\x00\xff")
		if err := os.WriteFile(filepath.Join(dir, "body.json"), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", strings.Join(script, "\n"))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "OKNO="+front.URL, "TOKEN="+token.Secret, "CASE="+filed.ID, "HOOK="+x.World.AgencyURL(),
			"SECRET=whsec_"+base64.StdEncoding.EncodeToString(key), "WEBHOOK_ID=01m8e4ey1fd5hp6p39wjre9b6m", "WEBHOOK_TIMESTAMP=1795770000")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("the commands end with %v:\n%s", err, out)
		}
		m := hmac.New(sha256.New, key)
		m.Write([]byte("01m8e4ey1fd5hp6p39wjre9b6m.1795770000." + body))
		for _, want := range []string{`"scopes":["cases:read"`, filed.Number, `"outcome":"refused"`, `"secret":"whsec_`, "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))} {
			if !strings.Contains(string(out), want) {
				t.Errorf("the commands do not print %s:\n%s", want, out)
			}
		}
		await(t, x, filed.ID, func(c application.Case) bool {
			return c.Outcome == procedure.Refused && strings.HasPrefix(c.Content.Advice, "Проверьте кадастровый номер")
		})
	})
}
