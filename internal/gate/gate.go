// Package gate stands before what costs money or people's patience when a whole network asks for much of it: a code by SMS.
//
// A limit by network prefix must not block, because a mobile operator stands behind one. So beyond the limit a form is taken
// when it brings one of two things:
//
//	limit not reached ──▶ taken, nobody meets anything
//	beyond it ──▶ the page again, with a puzzle and a ticket
//	               ├─ the puzzle solved by the page's script, a second of work ──▶ taken
//	               └─ the ticket, once it is old enough (no script, or no TLS) ──▶ taken
//
// What always holds:
//
//   - A solved puzzle and a ticket are for one form, one network and one use. What is refused for another reason uses up neither.
//   - Networks of staff (policy, network.staff_networks) have no limit.
//   - The bucket is named by a keyed hash of the network, never by an address.
//
// What meets it besides is a password from a network that has sent many wrong ones, whosever they were (sign_in.crowd): see signin.
//
// What meets it is the form that begins: the first page of registering, a recovery, and the other contact that a recovery may ask
// for. Nothing else brings codes to a contact that was not admitted so: a new code, a call and the other channel go to the contacts
// of an admitted form only, and each takes as many codes an hour and a day as the policy says, whoever asks and from however many
// browsers (code.sends_per_contact_…, TestAskingAgainSendsNoMoreThanAContactTakes in contact). From a cabinet codes go to so many
// contacts a day (contacts.adds_per_person_day). A visitor's question to support sends nothing until an employee answers it; it
// has a limit by network and a wait of its own (support.questions_per_prefix).
//
// The puzzle is that of ALTCHA (github.com/altcha-org/altcha-lib-go): find the number whose SHA-256 with a salt is the one
// that is shown. The page solves it by a module of its own, 1 KB, instead of ALTCHA's widget of 30 KB: nobody has to look at
// it, and the pages' policy stays without exceptions.
package gate

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	altcha "github.com/altcha-org/altcha-lib-go"

	"okno/internal/fault"
	"okno/internal/keyring"
	"okno/internal/limit"
	"okno/internal/policy"
	"okno/internal/store"
)

// life is how long a puzzle or a ticket counts.
const life = time.Hour

// Pass is what a form brings along.
type Pass struct {
	Network  string // prefix of the visitor's network; "" is a network of staff
	Ticket   string
	Solution string
}

// Offer is what the page shows of the gate beyond the limit.
type Offer struct {
	Ticket string
	Puzzle string // JSON
	Wait   int    // seconds until the ticket counts
}

// Gate counts, offers and judges.
type Gate struct {
	DB     *store.DB
	Ring   *keyring.Ring
	Policy *policy.Policy
}

// ErrMeet is a form that was sent beyond the limit and brings nothing that counts yet.
var ErrMeet = fault.New(fault.TooMany, "gate.meet")

// Admit counts the form in the transaction that takes it, or says that it meets the gate. kind names the form.
func (g *Gate) Admit(ctx context.Context, tx *store.Tx, kind string, p Pass) error {
	if p.Network == "" {
		return nil
	}
	v, err := limit.Take(ctx, tx, g.Policy.Gate.SendsByNet.Rule("gate.sends"), "gate.sends:"+g.network(p))
	if err != nil || v.Allowed {
		return err
	}
	return g.Pay(ctx, tx, kind, p)
}

// Pay takes the puzzle or the ticket that the form brings, once, or says that there is none that counts: for forms whose limit is kept
// elsewhere.
func (g *Gate) Pay(ctx context.Context, tx *store.Tx, kind string, p Pass) error {
	key := g.solved(kind, p)
	if key == "" {
		key = g.waited(kind, p)
	}
	if key == "" {
		return ErrMeet
	}
	used, err := limit.Take(ctx, tx, limit.Rule{Name: "gate.used", Limit: policy.Limit{Max: 1, Window: 2 * life}}, "gate.used:"+key)
	if err != nil {
		return err
	}
	if !used.Allowed {
		return ErrMeet
	}
	return nil
}

// Offer makes a puzzle, and a ticket unless the form came with one that counts or will.
func (g *Gate) Offer(kind string, p Pass) (Offer, error) {
	o := Offer{Ticket: p.Ticket, Wait: int(g.Policy.Gate.Wait / time.Second)}
	at, nonce := strconv.FormatInt(g.DB.Now().Unix(), 10), keyring.NewToken()
	if opened, ok := g.opened(kind, p); !ok || g.DB.Now().Sub(opened) >= g.Policy.Gate.Wait { // one that was ripe was used up before
		o.Ticket = at + "." + nonce + "." + g.sign(kind, p, at, nonce)
	}
	c, err := altcha.CreateChallenge(altcha.ChallengeOptions{Algorithm: altcha.SHA256, MaxNumber: int64(g.Policy.Gate.Puzzle), HMACKey: g.key(),
		Params: url.Values{"at": {at}, "for": {g.purpose(kind, p)}}})
	if err != nil {
		return Offer{}, err
	}
	text, err := json.Marshal(c)
	o.Puzzle = string(text)
	return o, err
}

func (g *Gate) network(p Pass) string { return g.Ring.Token("gate.network", p.Network) }
func (g *Gate) key() string           { return g.Ring.Token("gate.puzzle", "key") }

// purpose binds a puzzle to form and network, without telling which network that is.
func (g *Gate) purpose(kind string, p Pass) string {
	return g.Ring.Token("gate.purpose", kind+" "+p.Network)
}

func (g *Gate) sign(kind string, p Pass, at, nonce string) string {
	return g.Ring.Token("gate.ticket", strings.Join([]string{kind, p.Network, at, nonce}, " "))
}

// opened says when the ticket was given.
func (g *Gate) opened(kind string, p Pass) (time.Time, bool) {
	at, rest, _ := strings.Cut(p.Ticket, ".")
	nonce, sign, _ := strings.Cut(rest, ".")
	if !keyring.Equal(sign, g.sign(kind, p, at, nonce)) {
		return time.Time{}, false
	}
	return g.fresh(at)
}

func (g *Gate) fresh(at string) (time.Time, bool) {
	seconds, err := strconv.ParseInt(at, 10, 64)
	t := time.Unix(seconds, 0)
	return t, err == nil && g.DB.Now().Sub(t) < life
}

// waited names the ticket when it is ripe, "" otherwise.
func (g *Gate) waited(kind string, p Pass) string {
	at, ok := g.opened(kind, p)
	if !ok || g.DB.Now().Sub(at) < g.Policy.Gate.Wait {
		return ""
	}
	return g.Ring.Token("gate.used", p.Ticket)
}

// solved names the puzzle when the solution is right, "" otherwise.
func (g *Gate) solved(kind string, p Pass) string {
	plain, err := base64.StdEncoding.DecodeString(p.Solution)
	var answer altcha.Payload
	if err != nil || len(plain) > 2000 || json.Unmarshal(plain, &answer) != nil || answer.Algorithm != string(altcha.SHA256) {
		return ""
	}
	if ok, err := altcha.VerifySolutionSafe(answer, g.key(), false); err != nil || !ok { // expiry by our own clock, below
		return ""
	}
	params := altcha.ExtractParams(answer)
	if _, ok := g.fresh(params.Get("at")); !ok || !keyring.Equal(params.Get("for"), g.purpose(kind, p)) {
		return ""
	}
	return g.Ring.Token("gate.used", answer.Challenge)
}
