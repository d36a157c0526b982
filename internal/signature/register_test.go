package signature_test

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
)

// recipe are the commands of docs/operations.md that take authorities out of the ministry's register, for a folder.
func recipe(t *testing.T, folder string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(page), "\n## Accredited authorities\n")
	_, block, _ := strings.Cut(chapter, "```sh\n")
	block, _, found := strings.Cut(block, "```")
	if !found || !strings.Contains(block, "/etc/okno/authorities") || strings.Count(block, "okno doctor\n") != 1 {
		t.Fatalf("the page has another recipe:\n%s", block)
	}
	return strings.NewReplacer("/etc/okno/authorities", folder, "okno doctor\n", "").Replace(block)
}

func TestTheRecipeTakesOfTheMinistrysRegisterThoseWhoAreAccreditedNow(t *testing.T) {
	x := one(t)
	folder := x.CA.Trusted()
	file := map[sandbox.Algorithm][]byte{}
	var register strings.Builder
	register.WriteString(`<?xml version="1.0" encoding="utf-8"?><АккредитованныеУдостоверяющиеЦентры><Версия>1</Версия>`)
	for alg, status := range map[sandbox.Algorithm]string{sandbox.RSA: "Действует", sandbox.ECDSA: "Прекращена", sandbox.GOST256: "Действует"} {
		file[alg] = sign(t, x.certificate(t, alg, nil), text, sandbox.Form{})
		by, err := x.CA.Of(t.Context(), alg)
		if err != nil {
			t.Fatal(err)
		}
		data := base64.StdEncoding.EncodeToString(by.Certificate.Raw)
		if alg == sandbox.RSA { // some of the register's are broken into lines, as Windows ends them
			data = "&#13;\n" + data[:76] + "&#13;\n" + data[76:] + "&#13;\n"
		}
		fmt.Fprintf(&register, `<УдостоверяющийЦентр><Название>%s</Название><ПрограммноАппаратныеКомплексы><ПрограммноАппаратныйКомплекс><КлючиУполномоченныхЛиц><Ключ><Сертификаты>
			<ДанныеСертификата><Отпечаток>00</Отпечаток><Данные>%s</Данные></ДанныеСертификата></Сертификаты></Ключ></КлючиУполномоченныхЛиц></ПрограммноАппаратныйКомплекс></ПрограммноАппаратныеКомплексы>
			<СтатусАккредитации><Статус>%s</Статус></СтатусАккредитации>
			<ИсторияСтатусовАккредитации><СтатусАккредитации><Статус>Действует</Статус></СтатусАккредитации></ИсторияСтатусовАккредитации></УдостоверяющийЦентр>`, alg, data, status)
	}
	register.WriteString("</АккредитованныеУдостоверяющиеЦентры>")

	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files { // what stays are the roots, which are published beside the register
		all, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		_, root := pem.Decode(all)
		if err := os.WriteFile(f, root, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "TSLExt.1.0.xml"), []byte(register.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", recipe(t, folder)).CombinedOutput(); err != nil { //nolint:gosec // the recipe is ours
		t.Fatalf("%v (xmllint is installed by scripts/need)\n%s", err, out)
	}
	x.Clock.Advance(time.Minute)
	for alg, want := range map[sandbox.Algorithm]error{sandbox.RSA: nil, sandbox.ECDSA: signature.ErrUntrusted, sandbox.GOST256: nil} {
		if _, err := x.Verify(t.Context(), file[alg], signature.Check{Content: text}); !errors.Is(err, want) {
			t.Errorf("an authority of %s: %v, want %v", alg, err, want)
		}
	}
	if x.Log.Len() > 0 {
		t.Errorf("the list is found fault with: %s", x.Log)
	}
	if err := os.WriteFile(filepath.Join(folder, "TSLExt.1.0.xml"), []byte("<html>404</html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exec.CommandContext(t.Context(), "sh", "-ec", recipe(t, folder)).Run(); err == nil { //nolint:gosec // the recipe is ours
		t.Error("a page of an error is taken for the register")
	}
	x.Clock.Advance(time.Minute)
	if _, err := x.Verify(t.Context(), file[sandbox.RSA], signature.Check{Content: text}); err != nil {
		t.Errorf("a register that could not be read took the list away: %v", err)
	}
}
