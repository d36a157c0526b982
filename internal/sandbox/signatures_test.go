package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"okno/internal/sandbox/authority"
)

func get(t *testing.T, address string) (int, []byte) {
	t.Helper()
	resp, err := http.Get(address) //nolint:gosec,noctx // the sandbox's own
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// openssl runs OpenSSL over these files.
func openssl(t *testing.T, files map[string][]byte, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
	}
	return string(out)
}

func TestAResidentGetsACertificateWithItsKeyAndSignsAFileWithIt(t *testing.T) {
	dir := t.TempDir()
	w, err := Start(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // the test is over
	srv := httptest.NewServer(w.Handler())
	defer srv.Close()
	_, body := get(t, srv.URL+"/demo/signatures")
	var all []certified
	if err := json.Unmarshal(body, &all); err != nil || len(all) < 300 || all[0].SNILS != w.people[0].SNILS || all[0].Password != authority.Password {
		t.Fatalf("%d residents, %v", len(all), err)
	}
	for _, alg := range authority.Algorithms() {
		status, pfx := get(t, srv.URL+all[0].Files[string(alg)+"_pfx"])
		args := []string{"pkcs12", "-in", "x.pfx", "-passin", "pass:" + authority.Password, "-nodes"}
		if alg.GOST() {
			args = append(args, "-engine", "gost")
		}
		if text := openssl(t, map[string][]byte{"x.pfx": pfx}, args...); status != http.StatusOK || !strings.Contains(text, "PRIVATE KEY") || strings.Count(text, "BEGIN CERTIFICATE") != 2 {
			t.Errorf("%s: status %d, %d bytes", alg, status, len(text))
		}
		var form bytes.Buffer
		m := multipart.NewWriter(&form)
		m.WriteField("resident", "0")           //nolint:errcheck // memory
		m.WriteField("algorithm", string(alg))  //nolint:errcheck // memory
		f, err := m.CreateFormFile("file", "x") //nolint:errcheck // memory
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, "a text") //nolint:errcheck // memory
		m.Close()                   //nolint:errcheck // memory
		resp, err := http.Post(srv.URL+"/demo/signatures/sign", m.FormDataContentType(), &form)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := io.ReadAll(resp.Body)
		resp.Body.Close() //nolint:errcheck // it was read
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d: %s", alg, resp.StatusCode, signed)
		}
		trusted, err := os.ReadFile(filepath.Join(w.Authorities(), string(alg)+".pem"))
		if err != nil {
			t.Fatal(err)
		}
		verify := []string{"cms", "-verify", "-inform", "DER", "-in", "s", "-content", "text", "-CAfile", "ca.pem", "-binary", "-cades", "-purpose", "any"}
		if alg.GOST() {
			verify = append(verify, "-engine", "gost")
		}
		openssl(t, map[string][]byte{"s": signed, "text": []byte("a text"), "ca.pem": trusted}, verify...)
	}
	for _, address := range []string{"/demo/signatures/9999-rsa.pfx", "/demo/signatures/0-dsa.pfx", "/demo/signatures/0-rsa.exe", "/demo/signatures/399-rsa.pem"} {
		if status, _ := get(t, srv.URL+address); status != http.StatusNotFound {
			t.Errorf("%s: status %d", address, status)
		}
	}
}

func TestCertificatesOutliveARestartAndRevokingGivesANewOne(t *testing.T) {
	dir := t.TempDir()
	file := func(w *World) []byte {
		srv := httptest.NewServer(w.Handler())
		defer srv.Close()
		_, body := get(t, srv.URL+"/demo/signatures/3-ecdsa.pem")
		return body
	}
	start := func() *World {
		w, err := Start(t.Context(), Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := start()
	first := file(w)
	w.Close() //nolint:errcheck // on purpose
	w = start()
	defer func() { w.Close() }() //nolint:errcheck // the test is over
	if !bytes.Equal(file(w), first) {
		t.Fatal("another certificate after a restart")
	}
	list := func() string {
		_, body := get(t, "http://"+w.signatures.listen.Addr().String()+"/ecdsa.crl")
		return openssl(t, map[string][]byte{"l": body}, "crl", "-inform", "DER", "-in", "l", "-noout", "-text")
	}
	if text := list(); !strings.Contains(text, "No Revoked Certificates") {
		t.Error(text)
	}
	srv := httptest.NewServer(w.Handler())
	defer srv.Close()
	resp, err := http.PostForm(srv.URL+"/demo/signatures/revoke", url.Values{"resident": {"3"}, "algorithm": {"ecdsa"}})
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", resp, err)
	}
	resp.Body.Close() //nolint:errcheck // not read
	if text := list(); strings.Count(text, "Serial Number:") != 1 {
		t.Error(text)
	}
	if bytes.Equal(file(w), first) {
		t.Error("the revoked certificate was given again")
	}
	if err := w.SetFault("authority", Down); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.Get("http://" + w.signatures.listen.Addr().String() + "/ecdsa.crl"); err == nil {
		resp.Body.Close() //nolint:errcheck // not read
		t.Error("an authority that is down answers")
	}
}

func TestTheAuthoritiesCanStandAlone(t *testing.T) {
	told := make(chan [2]string, 1)
	end := make(chan error, 1)
	ctx := t.Context()
	go func() {
		end <- ServeAuthorities(ctx, t.TempDir(), "127.0.0.1:0", func(url, trusted string) { told <- [2]string{url, trusted} })
	}()
	select {
	case at := <-told:
		if status, body := get(t, at[0]+"/demo/signatures/0-ecdsa.pem"); status != http.StatusOK || !bytes.Contains(body, []byte("CERTIFICATE")) {
			t.Errorf("status %d", status)
		}
		if files, err := filepath.Glob(filepath.Join(at[1], "*.pem")); err != nil || len(files) != 1 {
			t.Errorf("%v, %v", files, err)
		}
	case err := <-end:
		t.Fatal(err)
	}
}
