package signin

import (
	"context"
	"net/netip"
	"slices"

	"okno/internal/contact"
	"okno/internal/limit"
	"okno/internal/notification"
	"okno/internal/policy"
	"okno/internal/store"
)

// Whoever has the password can sign in from a thousand new browsers, and rename an app a thousand times: each is told, and each text costs.
// So beyond alert.texts_per_person a notice goes to the inbox and by e-mail only, when a text of the same sort has gone within the window. The
// first of each sort always goes: nobody hides an arrival from another network, or another change, behind a heap of their own.

// tellMuch is TellAll for a note that its cause can bring about as often as it likes. The sort is all that tells it from others of its kind.
func (s *Service) tellMuch(ctx context.Context, tx *store.Tx, accountID, sort string, n notification.Note, to []contact.Target) error {
	texts, err := s.texts(ctx, tx, accountID, sort)
	if err != nil {
		return err
	}
	if !texts {
		to = slices.DeleteFunc(to, func(t contact.Target) bool { return t.Kind == contact.Phone })
	}
	return s.Notices.TellAll(ctx, tx, accountID, n, to)
}

// texts reports whether one more notice of the sort goes by text, and counts it.
func (s *Service) texts(ctx context.Context, tx *store.Tx, accountID, sort string) (bool, error) {
	all := s.Policy.Alert.Texts
	first := policy.Limit{Max: 1, Window: all.Window}.Rule("alert.text_first")
	v, err := limit.Take(ctx, tx, first, first.Name+":"+accountID+":"+s.hidden("text", sort))
	if err != nil || v.Allowed {
		return v.Allowed, err
	}
	v, err = limit.Take(ctx, tx, all.Rule("alert.texts"), "alert.texts:"+accountID)
	return v.Allowed, err
}

// wide is the network as it tells one place from another: a /24, of the new sort a /48, as one customer has 65,536 of the prefixes by which
// visitors are counted.
func wide(prefix string) string {
	p, err := netip.ParsePrefix(prefix)
	if err != nil || p.Addr().Is4() || p.Bits() <= 48 {
		return prefix
	}
	return netip.PrefixFrom(p.Addr(), 48).Masked().String()
}
