package signature_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	sandbox "okno/internal/sandbox/authority"
	"okno/internal/signature"
)

func TestASignatureOfEveryAlgorithmIsTakenHoweverItsFileLooks(t *testing.T) {
	x := one(t)
	for _, alg := range sandbox.Algorithms() {
		i := x.certificate(t, alg, nil)
		for name, file := range map[string][]byte{
			"detached":         sign(t, i, text, sandbox.Form{}),
			"attached":         sign(t, i, text, sandbox.Form{Attached: true}),
			"PEM":              sign(t, i, text, sandbox.Form{PEM: true}),
			"base64":           []byte("\xef\xbb\xbf" + base64.StdEncoding.EncodeToString(sign(t, i, text, sandbox.Form{Attached: true})) + "\r\n"),
			"with open ends":   sign(t, i, text, sandbox.Form{Attached: true, More: []string{"-stream"}}),
			"not CAdES":        sign(t, i, text, sandbox.Form{Plain: true}),
			"by identifier":    sign(t, i, text, sandbox.Form{More: []string{"-keyid"}}),
			"without the hour": sign(t, i, text, sandbox.Form{Timeless: true}),
		} {
			got, err := x.Verify(t.Context(), file, signature.Check{Content: text})
			if err != nil {
				t.Errorf("%s, %s: %v", alg, name, err)
				continue
			}
			if got.Surname != "Новикова" || got.GivenName != "Анна" || got.Patronymic != "Сергеевна" || got.SNILS != "11223344595" || got.INN != "500100732259" {
				t.Errorf("%s, %s: %+v", alg, name, got)
			}
			if !slices.Equal(got.Classes, []string{"KC1", "KC2"}) || !strings.Contains(got.Authority, "Учебный") || got.Revocation != signature.ByOCSP || got.SignedAt.IsZero() != (name == "without the hour") || len(got.Print) != 64 {
				t.Errorf("%s, %s: %+v", alg, name, got)
			}
		}
	}
}
