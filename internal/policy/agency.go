package policy

import (
	"fmt"
	"net/netip"
	"time"
)

// Agency is about agencies' own information systems and their tokens.
type Agency struct {
	TokenLifetime time.Duration `yaml:"token_lifetime"`
	WarnBefore    time.Duration `yaml:"warn_before"`
	Overlap       time.Duration `yaml:"overlap"`
	PerToken      Limit         `yaml:"requests_per_token"`
	LongestPage   int           `yaml:"page"`
	LongestBody   Bytes         `yaml:"max_body"`
	KeepRequests  time.Duration `yaml:"keep_requests"`
}

func (a Agency) bounds() []bound {
	return append([]bound{
		within("agency.token_lifetime", a.TokenLifetime, day, 365*day, "a token that nobody looks after must end, and no agency renews one daily"),
		within("agency.warn_before", a.WarnBefore, time.Hour, 60*day, "whoever must renew a token needs time for it"),
		holds("agency.warn_before", a.WarnBefore < a.TokenLifetime, "it is not less than token_lifetime", "set it to less than token_lifetime"),
		within("agency.overlap", a.Overlap, time.Minute, 14*day, "a system takes its new token in a rollout, and the old one must end"),
		within("agency.page", a.LongestPage, 10, 500, "a page is read into memory, and a system asks for the next"),
		within("agency.max_body", a.LongestBody, 10_000, 1_000_000, "a decision has some lines"),
		within("agency.keep_requests", a.KeepRequests, day, 90*day, "a system that was away repeats what it does not know the answer to"),
	}, limited("agency.requests_per_token", a.PerToken, 100_000, time.Hour, 0, "a system that walks through all its cases must not take the portal from people")...)
}

// Webhooks is about news of cases that are sent to agencies' systems.
type Webhooks struct {
	LookEvery time.Duration  `yaml:"look"`
	Timeout   time.Duration  `yaml:"timeout"`
	Retry     Retry          `yaml:"retry"`
	GiveUp    time.Duration  `yaml:"give_up"`
	Overlap   time.Duration  `yaml:"overlap"`
	KeepSent  time.Duration  `yaml:"keep"`
	MostHooks int            `yaml:"most"`
	Inside    []netip.Prefix `yaml:"inside"`
}

func (w Webhooks) bounds() []bound {
	b := []bound{
		within("webhooks.look", w.LookEvery, time.Second, time.Minute, "each look is a job, and an agency waits for the news"),
		within("webhooks.timeout", w.Timeout, time.Second, 20*time.Second, "an address that hangs must not hold up the others"),
		within("webhooks.give_up", w.GiveUp, day, 30*day, "a system that is away for a day must miss nothing, and nobody waits for ever"),
		within("webhooks.overlap", w.Overlap, time.Minute, 14*day, "a system takes its new secret in a rollout, and the old one must end"),
		within("webhooks.keep", w.KeepSent, day, 365*day, "what was sent is looked up for some weeks"),
		holds("webhooks.keep", w.KeepSent >= w.GiveUp, "it is less than give_up", "set it to give_up or more"),
		within("webhooks.most", w.MostHooks, 1, 100, "each is sent to on every move of a case"),
		{field: "webhooks.inside"},
	}
	for i, n := range w.Inside {
		b = append(b, holds(fmt.Sprintf("webhooks.inside.%d", i+1), n.Bits() >= 8, "this is no network of yours", "name the networks in which agencies' systems stand"))
	}
	return append(b, waits("webhooks.retry", w.Retry)...)
}
