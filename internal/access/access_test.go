package access

import (
	"errors"
	"testing"
)

func TestALevelOpensWhatNeedsItOrLess(t *testing.T) {
	for _, c := range []struct {
		have, need Level
		want       bool
	}{
		{Simplified, Simplified, true}, {Simplified, Standard, false}, {Standard, Simplified, true},
		{Confirmed, Confirmed, true}, {Standard, Confirmed, false}, {"", Simplified, false}, {Confirmed, "", false}, {Confirmed, "royal", false},
	} {
		if got := c.have.AtLeast(c.need); got != c.want {
			t.Errorf("%q.AtLeast(%q) = %v, want %v", c.have, c.need, got, c.want)
		}
	}
}

func TestEveryPermissionBelongsToOneSortOfActor(t *testing.T) {
	person, officer, support := Actor{Kind: Person, ID: "p"}, Actor{Kind: Staff, Role: Officer}, Actor{Kind: Staff, Role: Support}
	for _, c := range []struct {
		name string
		who  Actor
		p    Permission
		want error
	}{
		{"a visitor must sign in", Actor{}, UseCabinet, ErrSignIn},
		{"a person uses the cabinet", person, UseCabinet, nil},
		{"a person decides nothing", person, DecideCases, ErrDenied},
		{"an officer decides", officer, DecideCases, nil},
		{"an officer does not prove identity", officer, ProveIdentity, ErrDenied},
		{"an officer has no cabinet", officer, UseCabinet, ErrDenied},
		{"support lifts blocks", support, LiftBlocks, nil},
		{"support does not decide", support, DecideCases, ErrDenied},
		{"a role nobody knows may nothing", Actor{Kind: Staff, Role: "king"}, DecideCases, ErrDenied},
	} {
		if got := c.who.May(c.p); !errors.Is(got, c.want) {
			t.Errorf("%s: May = %v, want %v", c.name, got, c.want)
		}
	}
}
