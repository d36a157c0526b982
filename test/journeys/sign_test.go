package journeys

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"okno/internal/web/webtest"
)

// signInPage signs by the resident's .pfx file in the page; without scripts no page can, and their program does it.
func (p *play) signInPage(a map[string]string) {
	p.t.Helper()
	b, ok := p.who().(*webtest.Browser)
	if !ok || b.Look.NoScript {
		p.sign(map[string]string{"LINK": "{signature.download.button}", "N": a["N"], "FIELD": "{signature.upload.label}"})
		p.who().Press(p.lang.T("signature.upload.button"))
		return
	}
	n, err := strconv.Atoi(a["N"])
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.Get(p.world.URL() + fmt.Sprintf("/demo/signatures/%d-rsa.pfx", n-1))
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	file := filepath.Join(p.t.TempDir(), "key.pfx")
	if err := errors.Join(err, os.WriteFile(file, data, 0o600)); err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("the key: status %d, %v", resp.StatusCode, err)
	}
	b.Attach(p.lang.T("keyfile.file"), file)
	b.Fill(p.lang.T("keyfile.password"), "sandbox")
	from := b.Page().URL.Path
	b.Press(p.lang.T("keyfile.button"))
	b.Await("that the signature is sent", func(page *webtest.Page) bool { return page.URL.Path != from })
}
