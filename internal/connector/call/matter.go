package call

import "context"

// Matter is for what a question is asked: identifiers of ours, never a name or the number of a paper. Roads that keep a record put it
// there, so that either side can find the other's.
type Matter struct {
	Issue string // the proof, the case
	User  string // the account or the employee whose act it is
}

type matterKey struct{}

// About is ctx with the matter of the questions asked in it. What is no plain identifier is left out.
func About(ctx context.Context, m Matter) context.Context {
	if !Word(m.Issue) {
		m.Issue = ""
	}
	if !Word(m.User) {
		m.User = ""
	}
	return context.WithValue(ctx, matterKey{}, m)
}

// MatterOf is the matter of ctx, empty when none was named.
func MatterOf(ctx context.Context) Matter {
	m, _ := ctx.Value(matterKey{}).(Matter)
	return m
}
