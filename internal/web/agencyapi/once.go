package agencyapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"okno/internal/access"
	"okno/internal/agent"
	"okno/internal/application"
	"okno/internal/fault"
	"okno/internal/store"
	"okno/internal/web"
)

// checked is a body that knows what is wrong with it.
type checked interface{ check() error }

// deedOf is what an agent wants done with a case, the version of it that the agent saw, and how the answer is kept: in the transaction that
// does it.
type deedOf[T checked] struct {
	who     access.Actor
	caseID  string
	version int64
	body    T
	keep    func(ctx context.Context, tx *store.Tx, answer []byte) error
}

// once does something with a case. The version that the agent saw must be the one that is there; a request that comes again under its key
// is answered as it was.
func once[T checked](x *API, w http.ResponseWriter, r *http.Request, do func(ctx context.Context, d deedOf[T]) error) error {
	ctx := r.Context()
	d := deedOf[T]{who: access.From(ctx)}
	var err error
	if d.caseID, err = caseID(r); err != nil {
		return err
	}
	if d.version, err = x.condition(r); err != nil {
		return err
	}
	body, again, err := request[T](x, r)
	if err != nil {
		return err
	}
	d.body = body
	if done, err := x.Agents.Recall(ctx, d.who, again); err != nil || done != nil {
		return replay(w, done, err)
	}
	c, err := x.Applications.Get(ctx, d.who, d.caseID)
	if err != nil {
		return err
	}
	if c.Version != d.version {
		if done, err := x.Agents.Recall(ctx, d.who, again); err != nil || done != nil { // the same request, sent twice at once, was faster
			return replay(w, done, err)
		}
		return errVersion
	}
	var out []byte
	d.keep = func(ctx context.Context, tx *store.Tx, answer []byte) error {
		out = answer
		return x.Agents.Remember(ctx, tx, d.who, again, answer)
	}
	err = do(ctx, d)
	if errors.Is(err, store.ErrExists) || errors.Is(err, application.ErrMoved) {
		// Somebody was faster: perhaps the same request, sent twice at once.
		if done, recalled := x.Agents.Recall(ctx, d.who, again); recalled != nil || done != nil {
			return replay(w, done, recalled)
		}
	}
	if err != nil {
		return err
	}
	web.Note(ctx, "case", d.caseID)
	return give(w, out)
}

// replay answers what was answered before.
func replay(w http.ResponseWriter, done []byte, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Idempotency-Replayed", "true")
	return give(w, done)
}

func give(w http.ResponseWriter, done []byte) error {
	var x struct {
		Version int64 `json:"version"`
	}
	if err := json.Unmarshal(done, &x); err != nil {
		return fmt.Errorf("what a request was answered: %w", err)
	}
	w.Header().Set("ETag", tag(x.Version))
	return answer(w, http.StatusOK, json.RawMessage(done))
}

var etag = regexp.MustCompile(`^"([0-9]{1,18})"$`)

// condition is the version that If-Match names.
func (x *API) condition(r *http.Request) (int64, error) {
	values := r.Header.Values("If-Match")
	if len(values) == 0 {
		return 0, errNoVersion
	}
	m := etag.FindStringSubmatch(values[0])
	if m == nil || len(values) > 1 {
		return 0, errMalformed.With(fault.F("header:If-Match", "agencyapi.header.if_match"))
	}
	return strconv.ParseInt(m[1], 10, 64)
}

// mostKey is how long an Idempotency-Key may be.
const mostKey = 255

// request reads what the agent wants, and what makes the request the one it is.
func request[T checked](x *API, r *http.Request) (T, agent.Request, error) {
	var o T
	var again agent.Request
	if keys := r.Header.Values("Idempotency-Key"); len(keys) > 0 {
		again.Key = keys[0]
		if len(keys) > 1 || again.Key == "" || len(again.Key) > mostKey || strings.ContainsFunc(again.Key, func(r rune) bool { return r < ' ' || r > '~' }) {
			return o, again, errMalformed.With(fault.F("header:Idempotency-Key", "agencyapi.header.key", "most", mostKey))
		}
	}
	o, err := read[T](r, int64(x.Policy.Agency.LongestBody))
	if err != nil {
		return o, again, err
	}
	text, err := json.Marshal(o) // what it says, however it was written
	if err != nil {
		return o, again, err
	}
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(r.Method), []byte(r.URL.Path), []byte(r.Header.Get("If-Match")), text}, []byte{'\n'}))
	again.Fingerprint = sum[:]
	return o, again, o.check()
}
