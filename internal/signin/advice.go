package signin

import (
	"context"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/contact"
	"okno/internal/fault"
	"okno/internal/store"
)

// Advice is one thing by which an account is made safer or of more use, as the portal offers it after registration (REG-19). All of it
// may wait, and what a person does not want to hear of is not offered again.
type Advice struct {
	Name string // of its texts, and by which it is dismissed; stored
	Path string // where it is done, from the portal's root
	Done bool
	Off  bool // the person does not want to hear of it
}

// Facts are what advice is judged by.
type Facts struct {
	Level  access.Level
	Kinds  int       // of contacts: two with a phone and an e-mail
	Oldest time.Time // when the contact was proved that was proved longest ago
	Second bool      // a second factor was switched on: credential.Factors.Any
	Strong bool      // there is an app or a passkey that is in no doubt, whose proof nobody reads along
	Backup bool      // there are backup codes that were not used
	Off    []string  // names of advice that was dismissed
}

// source is one line of the list. A further means of signing in or of recovery becomes a line here, with a fact to look at.
type source struct {
	name, path string
	done       func(s *Service, f Facts) bool
	off        func(s *Service, f Facts) bool // the portal cannot do it, or something else comes first; nil: it can be done
}

func sources() []source {
	return []source{
		{"contact", contactsPage, func(_ *Service, f Facts) bool { return f.Kinds > 1 }, nil},
		{"identity", "cabinet/identity/papers", func(_ *Service, f Facts) bool { return f.Level != access.Simplified }, nil},
		{"signature", "cabinet/signature", func(_ *Service, f Facts) bool { return f.Level == access.Confirmed }, func(s *Service, _ Facts) bool { return !s.Signs }}, // bound to its person, an account opens by any signature with its SNILS
		{"second", securityPage + "#second", func(s *Service, f Facts) bool { return !s.oneStep(f) }, nil},
		{"strong", securityPage + "#second", func(_ *Service, f Facts) bool { return f.Strong }, (*Service).oneStep}, // codes are read along by whoever has the phone, its number or the mailbox
		{"backup", securityPage + "#second", func(_ *Service, f Facts) bool { return f.Backup }, (*Service).oneStep},
		{"recovery", contactsPage, func(s *Service, f Facts) bool { return !s.Contacts.Ages(contact.Contact{ProvedAt: f.Oldest}) }, nil},
	}
}

// oneStep reports whether the password alone opens the account.
func (s *Service) oneStep(f Facts) bool { return !f.Second && !s.Policy.SecondFactor.Required(f.Level) }

// Advise judges an account by its facts.
func (s *Service) Advise(f Facts) []Advice {
	var out []Advice
	for _, x := range sources() {
		if x.off != nil && x.off(s, f) {
			continue
		}
		out = append(out, Advice{x.name, "/" + x.path, x.done(s, f), slices.Contains(f.Off, x.name)})
	}
	return out
}

// MyAdvice is what whoever asks is advised.
func (s *Service) MyAdvice(ctx context.Context, who access.Actor) ([]Advice, error) {
	if err := who.May(access.UseCabinet); err != nil {
		return nil, err
	}
	a, err := s.Accounts.Get(ctx, s.DB, who.ID)
	if err != nil {
		return nil, err
	}
	list, err := s.Contacts.Of(ctx, s.DB, who.ID)
	if err != nil {
		return nil, err
	}
	factors, err := s.Credentials.Factors(ctx, s.DB, who.ID)
	if err != nil {
		return nil, err
	}
	keys, err := s.soundKeys(ctx, s.DB, who.ID)
	if err != nil {
		return nil, err
	}
	f := Facts{Level: a.Level, Off: a.AdviceOff, Second: factors.Any(), Strong: len(factors.Apps)+len(keys) > 0, Backup: factors.Backup > 0}
	kinds := map[contact.Kind]bool{}
	for _, c := range list {
		kinds[c.Target.Kind] = true
		if f.Oldest.IsZero() || c.ProvedAt.Before(f.Oldest) {
			f.Oldest = c.ProvedAt
		}
	}
	f.Kinds = len(kinds)
	return s.Advise(f), nil
}

// HasSoundKey reports whether the account has a passkey that makes Facts.Strong true. It opens what is sealed: who knows that there is no
// key at all asks nothing.
func (s *Service) HasSoundKey(ctx context.Context, q store.Querier, accountID string) (bool, error) {
	keys, err := s.soundKeys(ctx, q, accountID)
	return len(keys) > 0, err
}

// ErrNoAdvice is advice that is not given.
var ErrNoAdvice = fault.New(fault.Missing, "advice.missing")

// DismissAdvice remembers that the person does not want to hear of it.
func (s *Service) DismissAdvice(ctx context.Context, who access.Actor, name string) error {
	if err := who.May(access.UseCabinet); err != nil {
		return err
	}
	if !slices.ContainsFunc(sources(), func(x source) bool { return x.name == name }) {
		return ErrNoAdvice
	}
	return s.Accounts.DismissAdvice(ctx, who, name)
}
