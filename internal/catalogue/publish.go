package catalogue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"okno/internal/access"
	"okno/internal/audit"
	"okno/internal/procedure"
	"okno/internal/store"
)

// Publication is one act: a version of a service was put in force, or the service was taken back to what the files have.
type Publication struct {
	Serial  int64
	Service string
	Version string          // "" of a service that was taken back
	Class   procedure.Class // of the change by it; "" of a service that was new
	Note    string
	By      string
	At      time.Time
}

// inForce is the last publication of a service with its content.
type inForce struct {
	Publication
	content []byte
}

// file is what mistakes of published content are reported under.
func (p inForce) file() string { return fmt.Sprintf("%s@%.12s", p.Service, p.Version) }

// The refusals. They are words for the operator; nobody else publishes.
var (
	ErrBreaking    = errors.New("the change is breaking: say why it must be all the same")
	ErrUnknown     = errors.New("there is no such service or version")
	ErrUnpublished = errors.New("the service is not published: what is in force comes from a file")
	ErrNoNote      = errors.New("say why, in a note")
)

// Source is a definition as it was handed in.
type Source struct {
	File    string // for complaints
	Content []byte
}

// Why goes with every publication.
type Why struct {
	Note     string // what changed, for those who read the history
	Breaking string // why it may break something; "" refuses what does
	By       string // who, when the actor has no identifier of its own: a command does not know whose it is
}

// Outcome is what a publication did, or would have done, to one service.
type Outcome struct {
	Service, Version string
	Changes          []procedure.Change // against what was in force
	Class            procedure.Class    // the gravest of them, "" when the service was not there
	Gone             bool               // there is no such service after it
	Same             bool               // it was in force already
}

// Check compiles the sources and lays them beside the services of the files. The definitions are in the order of the sources, nil where
// one does not compile; the error lists every mistake.
func (c *Catalogue) Check(sources ...Source) ([]*procedure.Definition, error) {
	defs, offered, err := c.offered(sources)
	all := c.base.under(offered)
	_, unfit := all.fit()
	return defs, errors.Join(err, unfit, all.papers(offered))
}

// offered compiles what is handed in, on every core.
func (c *Catalogue) offered(sources []Source) ([]*procedure.Definition, volumes, error) {
	defs, broken := make([]*procedure.Definition, len(sources)), make([]error, len(sources))
	var cores errgroup.Group
	cores.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range sources {
		cores.Go(func() error {
			defs[i], broken[i] = procedure.Compile(s.File, s.Content)
			return nil
		})
	}
	cores.Wait() //nolint:errcheck // each says its own
	out := volumes{}
	for i, d := range defs {
		if d == nil {
			continue
		}
		file := sources[i].File
		if first, twice := out[d.Code]; twice {
			broken[i] = fmt.Errorf("%s:1:1: the code %s is that of %s already", file, d.Code, first.file)
			continue
		}
		out[d.Code] = volume{Definition: d, file: file}
		if c.Fits == nil {
			continue
		}
		if err := c.Fits(d); err != nil {
			broken[i] = placed(file, err)
		}
	}
	return defs, out, errors.Join(broken...)
}

// placed says where in the file the error is, as far as it knows.
func placed(file string, err error) error {
	if is, ok := errors.AsType[procedure.Issues](err); ok {
		return is.In(file)
	}
	return fmt.Errorf("%s:1:1: %w", file, err)
}

// Publish puts the definitions in force, all or none: they are compiled, laid beside all services that are there, and compared with what
// is in force. A change that breaks something is refused with ErrBreaking unless why says a reason; what it is stands in the outcomes.
// Running nodes take it in within a second; cases that are under way keep the version they began with.
func (c *Catalogue) Publish(ctx context.Context, who access.Actor, db *store.DB, why Why, sources ...Source) ([]Outcome, error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return nil, err
	}
	_, offered, err := c.offered(sources)
	if err != nil {
		return nil, err
	}
	return c.publish(ctx, who, db, why, func(context.Context, store.Querier) (volumes, error) { return offered, nil })
}

// GoBack puts an earlier version of a service in force again. version may be its beginning. It is compiled as one that is handed in: what
// would not be published today does not come back.
func (c *Catalogue) GoBack(ctx context.Context, who access.Actor, db *store.DB, why Why, code, version string) ([]Outcome, error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return nil, err
	}
	return c.publish(ctx, who, db, why, func(ctx context.Context, q store.Querier) (volumes, error) {
		row, err := publishedAs(ctx, q, code, version)
		if err != nil {
			return nil, err
		}
		if _, err := procedure.Compile(row.file(), row.content); err != nil {
			return nil, err
		}
		d, err := c.read(row)
		return volumes{code: {Definition: d, file: row.file()}}, err
	})
}

// Unpublish takes a service back to what the files have of it: to nothing, when they have nothing. That needs a reason as any breaking
// change does. It is possible also when what was published cannot be read any more, for it is the way out of that.
func (c *Catalogue) Unpublish(ctx context.Context, who access.Actor, db *store.DB, why Why, code string) (Outcome, error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return Outcome{}, err
	}
	if strings.TrimSpace(why.Note) == "" && why.Breaking == "" {
		return Outcome{}, ErrNoNote
	}
	var out Outcome
	err := db.WriteNext(ctx, func(tx *store.Tx) error {
		in, err := readInForce(ctx, tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(in, func(p inForce) bool { return p.Service == code && p.Version != "" })
		if i < 0 {
			return fmt.Errorf("%s: %w", code, ErrUnpublished)
		}
		was := in[i]
		if out, err = c.withdrawal(was); err != nil {
			return err
		}
		if out.Class == procedure.Breaking && why.Breaking == "" {
			return ErrBreaking
		}
		if err := c.without(in, code); err != nil {
			return err
		}
		return publish(ctx, tx, who, why, last(in)+1, Publication{Service: code, Class: out.Class}, nil)
	})
	if err != nil {
		return out, err
	}
	return out, c.catchUp(ctx, db)
}

// without says what does not fit together once the service is taken back. What is broken before is no reason to keep it.
func (c *Catalogue) without(in []inForce, code string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	over, err := c.compile(in)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	if _, err := c.base.under(over).fit(); err != nil {
		return nil //nolint:nilerr // as above
	}
	delete(over, code)
	_, err = c.base.under(over).fit()
	return err
}

// withdrawal is what it does to take a publication back.
func (c *Catalogue) withdrawal(was inForce) (Outcome, error) {
	out := Outcome{Service: was.Service}
	below, ok := c.base[was.Service]
	if !ok {
		out.Gone, out.Class = true, procedure.Breaking
		return out, nil
	}
	out.Version = below.Version
	now, err := procedure.Stored(was.file(), was.content)
	if err != nil { // nothing can be compared with what cannot be read, and nobody is served by it
		return out, nil //nolint:nilerr // as above
	}
	out.Changes = procedure.Diff(now, below.Definition)
	out.Class = procedure.Worst(out.Changes)
	return out, nil
}

// publish is Publish and GoBack from the moment at which it is known what is meant.
func (c *Catalogue) publish(ctx context.Context, who access.Actor, db *store.DB, why Why, meant func(context.Context, store.Querier) (volumes, error)) ([]Outcome, error) {
	if err := c.Update(ctx, db); err != nil { // what is there is compiled before the transaction
		return nil, err
	}
	var out []Outcome
	err := db.WriteNext(ctx, func(tx *store.Tx) error {
		out = nil
		offered, err := meant(ctx, tx)
		if err != nil {
			return err
		}
		in, err := readInForce(ctx, tx)
		if err != nil {
			return err
		}
		before, err := c.before(in)
		if err != nil {
			return err
		}
		if _, err := before.under(offered).fit(); err != nil {
			return err
		}
		if err := c.partsFit(offered, before.under(offered)); err != nil {
			return err
		}
		if err := before.under(offered).papers(offered); err != nil {
			return err
		}
		if out = compared(before, offered, in); why.Breaking == "" && slices.ContainsFunc(out, func(o Outcome) bool { return o.Class == procedure.Breaking }) {
			return ErrBreaking
		}
		serial := last(in)
		for _, o := range out {
			if o.Same {
				continue
			}
			serial++
			d := offered[o.Service]
			if err := publish(ctx, tx, who, why, serial, Publication{Service: o.Service, Version: o.Version, Class: o.Class}, d.Canonical()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	return out, c.Update(ctx, db)
}

// partsFit says what of the parts of the offered services this portal cannot do. A portal leaves such a service of its own out when it
// starts (Without), so that it could not take in what begins it.
func (c *Catalogue) partsFit(offered, all volumes) error {
	if c.Fits == nil {
		return nil
	}
	var broken []error
	for _, d := range offered {
		for _, p := range d.Parts() {
			if err := c.Fits(all[p.Service].Definition); err != nil {
				broken = append(broken, fmt.Errorf("%s:1:1: its part %s: %w", d.file, p.As, err))
			}
		}
	}
	return errors.Join(broken...)
}

// papers says of which services the offered ones take papers (Attachment.Paper) that no service of this portal gives: of such nothing could
// ever be offered to anybody. A portal that left a service out when it started takes in what names it no more.
func (v volumes) papers(offered volumes) error {
	var broken []error
	for _, d := range offered {
		for _, x := range d.AllAttachments() {
			if of, ok := v[x.Paper]; x.Paper != "" && (!ok || !of.GivesPapers()) {
				broken = append(broken, fmt.Errorf("%s:1:1: its attachment %s takes papers of the service %s, which gives none here", d.file, x.ID, x.Paper))
			}
		}
	}
	return errors.Join(broken...)
}

// before is every service as it is in force.
func (c *Catalogue) before(in []inForce) (volumes, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	over, err := c.compile(in)
	return c.base.under(over), err
}

// catchUp is Update for whoever took the broken thing out: another one that is broken is not theirs.
func (c *Catalogue) catchUp(ctx context.Context, db *store.DB) error {
	if err := c.Update(ctx, db); !errors.Is(err, ErrBroken) {
		return err
	}
	return nil
}

// compared says what each of the offered changes, by code.
func compared(before, offered volumes, in []inForce) []Outcome {
	var out []Outcome
	for _, d := range offered {
		o := Outcome{Service: d.Code, Version: d.Version}
		if was, ok := before[d.Code]; ok {
			o.Changes = procedure.Diff(was.Definition, d.Definition)
			o.Class = procedure.Worst(o.Changes)
		}
		o.Same = slices.ContainsFunc(in, func(p inForce) bool { return p.Service == d.Code && p.Version == d.Version })
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Outcome) int { return cmp.Compare(a.Service, b.Service) })
	return out
}

func last(in []inForce) int64 {
	n := int64(0)
	for _, p := range in {
		n = max(n, p.Serial)
	}
	return n
}

// publish writes a publication. The serial is a key, so of two who publish at once one does it again on what the other left.
func publish(ctx context.Context, tx *store.Tx, who access.Actor, why Why, serial int64, p Publication, content []byte) error {
	note := strings.TrimSpace(why.Note)
	if p.Class == procedure.Breaking {
		note = strings.TrimPrefix(note+"; "+why.Breaking, "; ")
	}
	if content == nil {
		content = []byte{}
	}
	if err := tx.Do(ctx, `INSERT INTO publication (serial, service, version, content, class, note, actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		serial, p.Service, p.Version, content, string(p.Class), note, cmp.Or(who.ID, why.By), tx.Now()); err != nil {
		return fmt.Errorf("publish %s: %w", p.Service, err)
	}
	detail := audit.Detail{"service": p.Service, "outcome": string(p.Class)}
	action := "catalogue.published"
	if p.Version == "" {
		action = "catalogue.unpublished"
	} else {
		detail["version"] = p.Version
	}
	if err := audit.Record(ctx, tx, audit.Event{Action: action, Actor: who, Object: "service/" + p.Service, Detail: detail}); err != nil {
		return err
	}
	return tx.Notify(ctx, topic)
}

const publicationColumns = `serial, service, version, class, note, actor, at`

// readInForce reads the last publication of each service.
func readInForce(ctx context.Context, q store.Querier) ([]inForce, error) {
	return publications(q.Query(ctx, `SELECT `+publicationColumns+`, content FROM publication WHERE serial IN (SELECT max(serial) FROM publication GROUP BY service) ORDER BY service`))
}

// publishedAs finds the content of a version that was published once.
func publishedAs(ctx context.Context, q store.Querier, code, version string) (inForce, error) {
	all, err := publications(q.Query(ctx, `SELECT `+publicationColumns+`, content FROM publication WHERE service = $1 AND version <> '' ORDER BY serial DESC`, code))
	if err != nil {
		return inForce{}, err
	}
	var found []inForce
	for _, p := range all {
		if version != "" && strings.HasPrefix(p.Version, version) && !slices.ContainsFunc(found, func(f inForce) bool { return f.Version == p.Version }) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return inForce{}, fmt.Errorf("%s@%s: %w", code, version, ErrUnknown)
	case 1:
		return found[0], nil
	}
	return inForce{}, fmt.Errorf("%s@%s: several versions begin so; write more of it", code, version)
}

func publications(rows *store.Rows, err error) ([]inForce, error) {
	if err != nil {
		return nil, fmt.Errorf("read publications: %w", err)
	}
	defer rows.Close() //nolint:errcheck // read to the end below
	var out []inForce
	for rows.Next() {
		var p inForce
		var class string
		if err := rows.Scan(&p.Serial, &p.Service, &p.Version, &class, &p.Note, &p.By, store.Time(&p.At), &p.content); err != nil {
			return nil, err
		}
		p.Class = procedure.Class(class)
		out = append(out, p)
	}
	return out, rows.Err()
}

// History lists the publications of a service, the latest first.
func (c *Catalogue) History(ctx context.Context, who access.Actor, q store.Querier, code string) ([]Publication, error) {
	if err := who.May(access.ManagePlatform); err != nil {
		return nil, err
	}
	all, err := publications(q.Query(ctx, `SELECT `+publicationColumns+`, content FROM publication WHERE service = $1 ORDER BY serial DESC`, code))
	var out []Publication
	for _, p := range all {
		out = append(out, p.Publication)
	}
	return out, err
}

// At finds a version of a service: the one in force when version is empty, else one that was published or is in force, by the beginning of its hash.
func (c *Catalogue) At(ctx context.Context, q store.Querier, code, version string) (*procedure.Definition, error) {
	if d, ok := c.ByCode(code); ok && strings.HasPrefix(d.Version, version) {
		return d, nil
	}
	if d, ok := c.base[code]; ok && version != "" && strings.HasPrefix(d.Version, version) {
		return d.Definition, nil
	}
	if version == "" {
		return nil, fmt.Errorf("%s: %w", code, ErrUnknown)
	}
	row, err := publishedAs(ctx, q, code, version)
	if err != nil {
		return nil, err
	}
	return procedure.Stored(row.file(), row.content)
}
