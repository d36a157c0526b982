package bench

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"okno/internal/sandbox"
)

// start lets a sandbox world run in the child: what it costs to play the carriers is no cost of the portal.
func (w *worker) start(ctx context.Context, o order) (done, error) {
	var err error
	if w.world, err = sandbox.Start(ctx, sandbox.Config{Dir: o.Dir}); err != nil {
		return done{}, err
	}
	return done{SMPP: w.world.SMPPAddr(), SMTP: w.world.SMTPAddr(), Kannel: w.world.KannelURL(), Registers: w.world.RegistersURL()}, nil
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// register makes accounts as a person would: each form is sent, the code is read from the SMS that came; with Pages each page is
// fetched too.
func (w *worker) register(o order) done {
	return together(o, func(l *line) (bool, error) {
		phone := fmt.Sprintf("+7%d", 9160000000+w.phone.Add(1))
		j := jar{}
		get := func(path string) error {
			if !o.Pages {
				return nil
			}
			a, err := l.do(request(o.Addr, path, j.String(), nil), false)
			j.take(a.cookies)
			if err == nil && a.status != 200 {
				err = fmt.Errorf("GET %s: %d", path, a.status)
			}
			return err
		}
		post := func(path, want string, form url.Values) error {
			if err := l.post(o.Addr, j, path, want, form); err != nil {
				return err
			}
			return get(want)
		}
		if err := get("/register"); err != nil {
			return true, err
		}
		if err := post("/register", "/register/code", url.Values{"surname": {"Proverkina"}, "given_name": {"Anna"}, "phone": {phone}, "terms": {"on"}, "data": {"on"}}); err != nil {
			return true, err
		}
		code := w.code(phone)
		if err := post("/register/code", "/register/password", url.Values{"code": {code}}); err != nil {
			return true, err
		}
		return true, post("/register/password", "/cabinet/welcome", url.Values{"password": {password}, "password_again": {password}})
	})
}

// code waits for the SMS.
func (w *worker) code(phone string) string {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		for _, m := range w.world.Outbox(phone) {
			if c := sixDigits.FindString(m.Text); c != "" {
				return c
			}
		}
	}
	return ""
}
