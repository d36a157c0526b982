package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"okno/internal/stamp"
	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestTheKeyOfPapersIsMadeRotatedAndRevokedOnTheCommandLine(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, engine store.Engine) {
		env, keys, _ := install(t, engine, free(t))
		file := filepath.Join(keys, "papers.pem")
		env = append(env, "OKNO_PAPERS_KEY="+file)
		must := func(args ...string) string {
			t.Helper()
			out, err := okno(t, "", env, args...)
			if err != nil {
				t.Fatalf("okno %s: %v: %s", strings.Join(args, " "), err, out)
			}
			return out
		}
		made := must("keys", "papers", "make")
		first := regexp.MustCompile(`key ([0-9a-f]{16}) is in force`).FindStringSubmatch(made)
		if first == nil || !strings.Contains(made, "OKNO_PAPERS_KEY="+file) {
			t.Fatalf("it says %s", made)
		}
		if out, err := okno(t, "", env, "keys", "papers", "make"); err == nil {
			t.Errorf("the key was overwritten: %s", out)
		}
		must("keys", "papers", "stage")
		must("keys", "papers", "rotate", "--settle=1s")
		must("keys", "papers", "revoke", first[1], "--reason=leaked")
		status := must("keys", "papers", "status")
		if !strings.Contains(status, first[1]+"  revoked") || strings.Count(status, "in force since") != 1 {
			t.Errorf("the status: %s", status)
		}
		list := must("keys", "papers", "list")
		if l, err := stamp.ParseList([]byte(list[strings.Index(list, "{\"issuer"):])); err != nil || len(l.Keys) != 2 {
			t.Errorf("the list %s: %v", list, err)
		}
	})
}

func TestAPaperIsVerifiedOnTheCommandLineWithoutAPortal(t *testing.T) {
	now := time.Now()
	k, err := stamp.Generate("Окно", "https://okno.example", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	code, err := k.Code(stamp.Paper{Kind: "income-certificate", Number: "ОК-2026-000123", IssuedAt: now.Add(time.Second), Lang: "ru", Title: "Справка", Token: "token"}, 2000)
	if err != nil {
		t.Fatal(err)
	}
	list, err := stamp.List{Issuer: "https://okno.example", AsOf: now, Keys: []stamp.Entry{k.Entry(now)}}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.json")
	if err := os.WriteFile(keys, list, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in, says string
		good     bool
	}{
		"a good code":                {"https://okno.example/check/token#" + code, "ОК-2026-000123", true},
		"the code of another paper":  {"https://okno.example/check/other#" + code, "different papers", false},
		"a code that is cut":         {code[:100], "not to be believed", false},
		"a PDF that nobody signed":   {"%PDF-1.7\n%%EOF\n", "unsigned", false},
		"a PDF of which half is cut": {"%PDF-1.7\n", "cut", false},
	} {
		out, err := okno(t, c.in, nil, "document", "verify", "--keys", keys, "-")
		if (err == nil) != c.good || !strings.Contains(out, c.says) {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}
