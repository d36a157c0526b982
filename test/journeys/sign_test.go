package journeys

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"okno/internal/web/webtest"
)

// certified is a resident as /demo/signatures has them.
type certified struct {
	SNILS    string
	Resident int
	Password string
	Files    map[string]string
}

// signatory finds the person whom the story calls so among those who have certificates.
func (p *play) signatory(name string) certified {
	p.t.Helper()
	person, ok := p.named[name].(map[string]any)
	if !ok {
		p.t.Fatalf("%s is no resident of this story", name)
	}
	var all []certified
	p.demo("/demo/signatures", &all)
	for _, c := range all {
		if c.SNILS == person["snils"] {
			return c
		}
	}
	p.t.Fatalf("%s has no certificate", name)
	return certified{}
}

// kept is a file with what came, for a field of files.
func (p *play) kept(name string, resp *http.Response, err error) string {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: status %d, %v: %.200s", name, resp.StatusCode, err, data)
	}
	path := filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// signByProgram downloads the text of the page, has the person's own program sign it, and uploads the signature.
func (p *play) signByProgram(name, algorithm string) {
	p.t.Helper()
	c := p.signatory(name)
	text, err := io.ReadAll(p.who().Fetch(p.lang.T("signature.download.button")).Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "text.txt")
	if err == nil {
		_, err = part.Write(text)
	}
	for key, value := range map[string]string{"resident": strconv.Itoa(c.Resident), "algorithm": algorithm} {
		if err == nil {
			err = form.WriteField(key, value)
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.Post(p.world.URL()+"/demo/sign", form.FormDataContentType(), &body)
	p.who().Attach("signature", p.kept("text.sig", resp, err))
	p.who().Press(p.lang.T("signature.upload.button"))
}

// signInPage signs by the person's .pfx file in the page; without scripts no page can, and a program does it.
func (p *play) signInPage(name string) {
	p.t.Helper()
	b, ok := p.who().(*webtest.Browser)
	if !ok || b.Look.NoScript {
		p.signByProgram(name, "rsa")
		return
	}
	c := p.signatory(name)
	resp, err := http.Get(p.world.URL() + c.Files["rsa_pfx"])
	b.Attach(p.lang.T("keyfile.file"), p.kept("key.pfx", resp, err))
	b.Fill(p.lang.T("keyfile.password"), c.Password)
	b.Press(p.lang.T("keyfile.button"))
}
