package bench

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"okno/internal/sandbox"
	"okno/internal/store"
)

// standard registers residents of the sandbox and enters their papers, as far as Standard: each resident once.
func (w *worker) standard(o order) done {
	all := w.world.People()
	return together(o, func(l *line) (bool, error) {
		for {
			i := int(w.next.Add(1) - 1)
			if i >= len(all) {
				return false, nil
			}
			if r := all[i]; r.Passport != nil && r.SNILS != "" {
				return true, w.toStandard(l, o.Addr, r)
			}
		}
	})
}

func (w *worker) toStandard(l *line, addr string, r sandbox.Resident) error {
	j := jar{}
	post := func(path string, pairs ...string) error {
		form := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		return l.post(addr, j, path, "", form)
	}
	phone := fmt.Sprintf("+7%d", 9160000000+w.phone.Add(1))
	if err := post("/register", "surname", r.Surname, "given_name", r.GivenName, "phone", phone, "terms", "on", "data", "on"); err != nil {
		return err
	}
	if err := post("/register/code", "code", w.code(phone)); err != nil {
		return err
	}
	if err := post("/register/password", "password", password, "password_again", password); err != nil {
		return err
	}
	sex := "m"
	if r.Sex == "female" {
		sex = "f"
	}
	p := r.Passport
	for _, step := range [][]string{
		{"person", "surname", r.Surname, "given_name", r.GivenName, "patronymic", r.Patronymic, "birth_date", r.BirthDate, "sex", sex},
		{"passport", "passport_series", p.Series, "passport_number", p.Number, "passport_issued_at", p.IssuedAt, "passport_issued_by", p.IssuedBy, "passport_department_code", p.DepartmentCode},
		{"numbers", "snils", r.SNILS, "inn", r.INN},
		{"addresses", "address", r.Address},
	} {
		if err := post("/cabinet/identity/papers/"+step[0], step[1:]...); err != nil {
			return err
		}
	}
	if err := post("/cabinet/identity/send"); err != nil {
		return err
	}
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		a, err := l.do(request(addr, "/api/session", j.String(), nil), true)
		if err != nil {
			return err
		}
		if strings.Contains(string(a.body), `"standard"`) {
			return nil
		}
	}
	return fmt.Errorf("resident %s %s did not become Standard", r.Surname, r.GivenName)
}

// toStandard measures registrations as far as Standard: three forms and the SMS, five forms of papers, three registers, two notices.
func (b *bench) toStandard(ctx context.Context, e store.Engine) error {
	c, stop, err := b.children(1)
	if err != nil {
		return err
	}
	defer stop()
	outside, err := c[0].do(order{Do: "world", Dir: b.Dir + "/people-" + string(e)})
	if err != nil {
		return err
	}
	p, err := b.install(ctx, e, outside)
	if err != nil {
		return err
	}
	defer p.drop() //nolint:errcheck // what it wrote may stay
	s, err := b.serve(ctx, p, "")
	if err != nil {
		return err
	}
	defer s.stop() //nolint:errcheck // what it wrote is of no use any more
	load := &side{child: c[0], order: order{Do: "standard", Conns: 4, Addr: p.Addr}, who: s}
	if err := load.turn(b.Slice * time.Duration(b.Slices)); err != nil { // or it ends with the residents
		return err
	}
	server, database := load.each(load.cost.server), load.each(load.cost.database)
	goal, met := atMost(float64(server+database)/1e6, 15)
	b.add("CPU of a registration to Standard beside the hash", e, ms(server+database), goal+" ms", met,
		"server %s, database %s; %d people, 4 at once; the registers and the carrier run elsewhere", ms(server), ms(database), load.n)
	return nil
}
