package system

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"okno/internal/access"
	"okno/internal/application"
	"okno/internal/appointment"
	"okno/internal/catalogue"
	"okno/internal/document"
	"okno/internal/i18n"
	"okno/internal/jobs"
	"okno/internal/notification"
	"okno/internal/place"
	"okno/internal/policy"
	"okno/internal/procedure"
	"okno/internal/store"
	"okno/internal/workday"
)

// readServices reads the built-in services and those of the operator's folder; what was published comes from the database later.
func readServices(s Settings) (*catalogue.Catalogue, error) {
	var folders []fs.FS
	if s.Services != "" {
		folders = append(folders, os.DirFS(s.Services))
	}
	c, err := catalogue.Load(folders...)
	if err != nil {
		return nil, fmt.Errorf("services:\n%w", err)
	}
	return c, nil
}

// fits says what a definition needs that is not there.
func (o *outside) fits(def *procedure.Definition) error {
	for _, name := range def.Registers() {
		if _, ok := o.asked[name]; !ok {
			return fmt.Errorf("service %s asks the register %s, for which no address is set (okno serve --help, register-…)", def.Code, name)
		}
	}
	if err := o.inside(def); err != nil {
		return err
	}
	return Printable(def)
}

// Printable says which papers of a definition no portal can print, whatever its settings are.
func Printable(def *procedure.Definition) error {
	if is := def.Unprinted(func(template string) bool { return document.Kind(template).Valid() }); len(is) > 0 {
		return is.In(def.Code)
	}
	return nil
}

// complete takes in what was published, and refuses to start when a service of the operator's needs what is not there.
func (x *System) complete(ctx context.Context) error {
	left, err := x.Catalogue.Without(x.outside.fits)
	if err != nil {
		return fmt.Errorf("services: %w", err)
	}
	for _, why := range left {
		x.Log.WarnContext(ctx, "a built-in service is not offered", "why", why.Error())
	}
	x.Catalogue.Fits = x.outside.fits
	if err := x.Catalogue.Update(ctx, x.DB); err != nil {
		return fmt.Errorf("services: %w\n(okno service unpublish CODE takes a service back to what the files have)", err)
	}
	for _, def := range x.Catalogue.All() {
		if err := x.outside.fits(def); err != nil {
			return err
		}
	}
	return nil
}

// Carry takes the open cases of a service along to the version in force.
func (x *System) Carry(ctx context.Context, code, from string, dry bool, each func(application.Carried)) (application.Carriage, error) {
	return x.Applications.Carry(ctx, access.SystemActor(), code, from, dry, each)
}

// Library is what the commands on definitions need: the database and the services, without keys and without the outside world. It
// opens also when the portal would not start because of what was published.
type Library struct {
	DB        *store.DB
	Catalogue *catalogue.Catalogue
	Workdays  *workday.Calendar

	settings Settings
}

// OpenLibrary opens the library of the settings. A demo's data may be named, too: whoever tries services out has one.
func OpenLibrary(ctx context.Context, s Settings, log *slog.Logger) (*Library, error) {
	data, err := filepath.Abs(s.Data)
	if err != nil {
		return nil, err
	}
	if s.Data = data; s.Database == "" {
		s.Database = "sqlite:" + filepath.Join(s.Data, "okno.db")
	}
	_, err = os.Stat(filepath.Join(s.Data, marker))
	s.Demo = err == nil
	x := &Library{Workdays: &workday.Calendar{}, settings: s}
	if x.Catalogue, err = readServices(s); err != nil {
		return nil, err
	}
	if x.Catalogue.Fits, err = s.fits(log); err != nil {
		return nil, err
	}
	if x.DB, err = store.Open(ctx, s.Database, store.Options{MaxConns: 2}); err != nil {
		return nil, err
	}
	if err := errors.Join(x.DB.Migrate(ctx), jobs.Migrate(ctx, x.DB)); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

// Appointments are those of the database by the list of places, to be looked at.
func (x *Library) Appointments(ctx context.Context, places *place.Book) (*appointment.Service, error) {
	p, err := x.settings.limits()
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return nil, err
	}
	if err := x.Workdays.Update(ctx, x.DB); err != nil {
		return nil, err
	}
	return &appointment.Service{DB: x.DB, Policy: p.Appointments, Places: places, Zone: zone, Workdays: x.Workdays}, nil
}

// fits is what of a definition the settings have; the world of a demo has every register.
func (s Settings) fits(log *slog.Logger) (func(*procedure.Definition) error, error) {
	if s.Demo {
		s.Registers = everywhere("http://localhost")
	}
	p, err := s.limits()
	if err != nil {
		return nil, err
	}
	o := &outside{asked: map[string]application.Register{}}
	if err := o.registers(s.Registers, roads(s, p, log, nil, nil)); err != nil {
		return nil, err
	}
	return o.fits, nil
}

// limits are the policy of the settings.
func (s Settings) limits() (*policy.Policy, error) {
	if s.Policy == "" {
		return policy.Default(), nil
	}
	return policy.Load(s.Policy)
}

// SMSParts is in how many parts a text may go without being called long.
func (s Settings) SMSParts() (int, error) {
	p, err := s.limits()
	if err != nil {
		return 0, err
	}
	return p.Notices.SMSParts, nil
}

// portal is what the portal is called.
func (s Settings) portal() i18n.Text {
	return i18n.Text{RU: cmp.Or(s.Name, i18n.RU.T("web.portal")), EN: cmp.Or(s.NameEN, i18n.EN.T("web.portal"))}
}

// Letterhead is that of the portal of the settings. One without an address is taken for a demo: whoever looks at texts needs no portal.
func (s Settings) Letterhead() (notification.Letterhead, error) {
	u, err := url.Parse(cmp.Or(s.URL, "http://localhost:8080"))
	return notification.Letterhead{Name: s.portal(), URL: u}, err
}

// Close closes the database.
func (x *Library) Close() error { return x.DB.Close() }

// Actor is who a command acts as.
func (*Library) Actor() access.Actor { return access.SystemActor() }

// Definition finds a version of a service as a command names it: CODE is what is in force, CODE@VERSION an earlier one.
func (x *Library) Definition(ctx context.Context, code, version string) (*procedure.Definition, error) {
	if err := x.Catalogue.Update(ctx, x.DB); err != nil {
		return nil, err
	}
	return x.Catalogue.At(ctx, x.DB, code, version)
}

// Sources reads definition files. A folder stands for the *.yaml in it, as the portal reads a folder.
func Sources(paths ...string) ([]catalogue.Source, error) {
	var out []catalogue.Source
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		files := []string{path}
		if info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
				return nil, err
			}
			if len(files) == 0 {
				return nil, fmt.Errorf("%s: there is no *.yaml in this folder", path)
			}
			slices.Sort(files)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			out = append(out, catalogue.Source{File: file, Content: src})
		}
	}
	return out, nil
}
