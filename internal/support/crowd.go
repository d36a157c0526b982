package support

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"okno/internal/access"
	"okno/internal/fault"
	"okno/internal/limit"
	"okno/internal/store"
)

// ticketLife is how long a form that was opened counts as open. Whoever comes later waits as if it were opened now.
const ticketLife = 2 * time.Hour

// Ticket goes with the form of a question and says when it was opened, signed, for this one question. Beyond the limit by
// network a question is taken only when its form has been open for a while (policy, support.wait): people who write do not
// notice, a program that sends many must hold each for so long, and nobody is shut out. old is the ticket that the form came
// with; one that still counts is kept, so that sending too soon does not begin the wait again.
func (s *Service) Ticket(questionID, old string) string {
	if _, ok := s.opened(questionID, old); ok {
		return old
	}
	at := strconv.FormatInt(s.DB.Now().Unix(), 10)
	return at + "." + s.sign(questionID, at)
}

func (s *Service) sign(questionID, at string) string {
	return s.Ring.Token("support.form", questionID+" "+at)
}

// opened says when the form was opened, as its ticket has it.
func (s *Service) opened(questionID, ticket string) (time.Time, bool) {
	at, sign, _ := strings.Cut(ticket, ".")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !s.Ring.IsToken("support.form", questionID+" "+at, sign) {
		return time.Time{}, false
	}
	t := time.Unix(seconds, 0)
	return t, s.DB.Now().Sub(t) < ticketLife
}

// limits are what a question is counted by. own is of the account, or of a visitor's browser, and refuses. net is of the
// network and never refuses by itself: a whole operator may stand behind one. A browser that names itself by nothing has no
// bucket of its own but shares one with all such of its network.
func (s *Service) limits(who access.Actor, n New) (own, net []limit.Taken) {
	p := s.Policy.Support
	if who.Kind == access.Person {
		return []limit.Taken{{Rule: p.QuestionsPer.Rule("support.person"), Key: "support.person:" + who.ID}}, nil
	}
	if n.Browser != "" {
		own = []limit.Taken{{Rule: p.QuestionsPer.Rule("support.person"), Key: "support.person:browser-" + s.Ring.Token("support.browser", n.Browser)}}
	}
	if n.Network == "" {
		return own, nil
	}
	network := s.Ring.Token("support.network", n.Network)
	net = []limit.Taken{{Rule: p.QuestionsByNet.Rule("support.network"), Key: "support.network:" + network}}
	if n.Browser == "" {
		net = append(net, limit.Taken{Rule: p.QuestionsPer.Rule("support.nameless"), Key: "support.nameless:" + network})
	}
	return own, net
}

// admit counts the question, or says why it is not taken now.
func (s *Service) admit(ctx context.Context, tx *store.Tx, who access.Actor, n New) (refused, err error) {
	own, net := s.limits(who, n)
	verdicts, err := limit.TakeAll(ctx, tx, slices.Concat(own, net)...)
	if err != nil {
		return nil, err
	}
	if worst, over := limit.Refused(verdicts[:len(own)]...); over {
		return ErrMany.At(worst.Until), nil
	}
	if _, crowded := limit.Refused(verdicts...); !crowded {
		return nil, nil
	}
	if len(n.Files) > 0 { // words take no room; files do
		return fault.Invalid(fault.F("files", "support.files_crowd")), nil
	}
	wait := s.Policy.Support.Wait
	opened, ok := s.opened(n.ID, n.Ticket)
	if !ok {
		opened = tx.Now()
	}
	if ripe := opened.Add(wait); ripe.After(tx.Now()) {
		return ErrWait.Say("seconds", int(wait/time.Second)).At(ripe), nil
	}
	_, err = limit.TakeAll(ctx, tx, own...)
	return nil, err
}
