package bench

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/pquerna/otp/totp"

	"okno/internal/access"
	"okno/internal/store"
)

// login is somebody who signs in by more than one request.
type login struct {
	Phone, Browser string
	Secret         string // of the authenticator app
	Device         device // that has a passkey
}

// second signs people in by the password and a code of the app, each of them at most once in the life of a code.
func (w *worker) second(o order) done {
	o.Addr = w.aim.Addr
	return together(o, func(l *line) (bool, error) {
		i := int(w.next.Add(1)-1) % len(w.aim.Logins)
		who := &w.aim.Logins[i]
		j := jar{"okno_browser": who.Browser}
		if err := l.post(o.Addr, j, "/signin", "/signin/second", url.Values{"login": {who.Phone}, "password": {password}}); err != nil {
			return true, err
		}
		code, err := totp.GenerateCode(who.Secret, time.Now())
		if err != nil {
			return true, err
		}
		return true, l.post(o.Addr, j, "/signin/second", "/cabinet", url.Values{"code": {code}})
	})
}

// seconds measures sign-ins with a second factor beside the bare hash.
func (b *bench) seconds(ctx context.Context, e store.Engine) error {
	p, err := b.install(ctx, e, done{})
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // as above
	all, err := b.populate(ctx, p, b.People, access.Confirmed, false)
	if err != nil {
		return err
	}
	x, err := p.verbs(ctx)
	if err != nil {
		return err
	}
	logins, err := apps(ctx, x, all)
	if err != nil {
		return err
	}
	if err := x.Close(); err != nil {
		return err
	}
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // as above
	c, stop, err := b.children(2)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := c[0].do(order{Do: "aim", Addr: p.Addr, Logins: logins}); err != nil {
		return err
	}
	for _, n := range []int{4, 32} {
		load := &side{child: c[0], order: order{Do: "second", Conns: n}, who: s}
		bare := &side{child: c[1], order: order{Do: "hash"}}
		if err := b.alternate(nil, load, bare); err != nil {
			return err
		}
		b.besideHash(fmt.Sprintf("sign-ins with a second factor ÷ bare Argon2id, %d at once", n), e, 0.9, load, bare)
	}
	return nil
}
