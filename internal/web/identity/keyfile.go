package identity

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"okno/internal/i18n"
	"okno/internal/policy"
	"okno/internal/signature"
)

// keyFileView is the part of a page on which the text is signed in the page itself, by the key of a .pfx file: a script does that, and
// uncovers the part. What it makes goes where the signature of any program goes.
type keyFileView struct {
	Text                  string   // address of the text
	Lines                 []string // of the text, for whoever wants to know what they sign
	Most, Rounds, Seconds string   // bounds of what the browser takes on (policy)
	Words                 string   // what the script says, by what stands in its way
}

// keyFile is the part for a text.
func keyFile(r *http.Request, c signature.Challenge, text string, p policy.InPage) keyFileView {
	words := map[string]string{}
	for _, k := range []string{"missing", "large", "file", "password", "key", "certificate", "gost", "kind", "cipher", "rounds", "slow", "unable", "working", "moved"} {
		words[k] = i18n.T(r.Context(), "keyfile.say."+k)
	}
	said, _ := json.Marshal(words) //nolint:errcheck,errchkjson // a map of strings
	return keyFileView{
		Text: text, Lines: strings.Split(strings.TrimSpace(strings.ReplaceAll(string(c.Content), "\r\n", "\n")), "\n"), Words: string(said),
		Most: strconv.FormatInt(int64(p.MaxFile), 10), Rounds: strconv.Itoa(p.Rounds), Seconds: strconv.Itoa(int(p.Timeout.Seconds())),
	}
}
