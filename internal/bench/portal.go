package bench

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"okno/internal/access"
	"okno/internal/id"
	"okno/internal/keyring"
	"okno/internal/sandbox"
	"okno/internal/store"
	"okno/internal/system"
)

// place is an installed portal on one engine: settings, keys, a database of its own.
type place struct {
	system.Settings
	engine store.Engine
	drop   func() error
	log    string
}

// fromHere is of a policy: everybody comes from this machine, which the gate would take for a flood.
const fromHere = "network: {staff_networks: [127.0.0.0/8]}\n"

// install makes a place in a folder. PostgreSQL gets a schema, which drop takes away.
func (b *bench) install(ctx context.Context, e store.Engine, outside done) (*place, error) {
	dir, err := os.MkdirTemp(b.Dir, string(e)+"-")
	if err != nil {
		return nil, err
	}
	keys, err := keyring.Generate(filepath.Join(dir, "keys"))
	if err != nil {
		return nil, err
	}
	rules := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(rules, []byte(fromHere+"password: {hash: {wait: 30s}}\n"), 0o600); err != nil { // whoever is asked to come again is not measured
		return nil, err
	}
	addr, err := sandbox.FreeAddr()
	if err != nil {
		return nil, err
	}
	metrics, err := sandbox.FreeAddr()
	if err != nil {
		return nil, err
	}
	p := &place{engine: e, drop: func() error { return nil }, log: filepath.Join(dir, "log"), Settings: system.Settings{
		Addr: addr, URL: "http://" + addr, MetricsAddr: metrics, Data: filepath.Join(dir, "data"), Database: "sqlite:" + filepath.Join(dir, "okno.db"),
		MasterKey: keys.MasterPath, IndexKey: keys.IndexPath, Workers: 8, MaxConns: 16, Policy: rules}}
	nowhere := "http://127.0.0.1:9" // discard: of a world that is not asked
	r := nowhere
	if outside.Registers != "" {
		r = outside.Registers
		p.SMPP = system.SMPP{Addr: outside.SMPP, SystemID: "okno", Password: "sandbox", Source: "Okno"}
	}
	p.Registers = system.Registers{Passport: r, SNILS: r, INN: r, Civil: r, Income: r, Property: r, Others: map[string]string{}}
	for name := range sandbox.Agencies() {
		p.Registers.Others[name] = r
	}
	if e == store.Postgres {
		if p.Database, p.drop, err = schema(ctx, b.Postgres); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// schema makes an empty schema in the PostgreSQL that the DSN names.
func schema(ctx context.Context, dsn string) (string, func() error, error) {
	db, err := store.Open(ctx, dsn, store.Options{MaxConns: 2})
	if err != nil {
		return "", nil, err
	}
	name := "bench_" + id.New()
	if _, err := db.Writer().ExecContext(ctx, "CREATE SCHEMA "+name); err != nil {
		return "", nil, errors.Join(err, db.Close())
	}
	sep := "?"
	if strings.Contains(dsn, "?") {
		sep = "&"
	}
	return dsn + sep + "search_path=" + name, func() error {
		_, err := db.Writer().ExecContext(context.WithoutCancel(ctx), "DROP SCHEMA "+name+" CASCADE")
		return errors.Join(err, db.Close())
	}, nil
}

// verbs are the portal's services in this process, on the same database, for making people.
func (p *place) verbs(ctx context.Context) (*system.System, error) {
	return system.New(ctx, p.Settings, slog.New(slog.DiscardHandler))
}

// peopled is a portal with n confirmed people in it, with a draft each or without, and its verbs in this process, until it is left.
func (b *bench) peopled(ctx context.Context, e store.Engine, outside done, n int, drafts bool) (p *place, all []person, x *system.System, leave func(), err error) {
	if p, err = b.install(ctx, e, outside); err != nil {
		return nil, nil, nil, nil, err
	}
	if all, err = b.populate(ctx, p, n, access.Confirmed, drafts); err == nil {
		x, err = p.verbs(ctx)
	}
	if err != nil {
		return nil, nil, nil, nil, errors.Join(err, p.drop())
	}
	return p, all, x, func() {
		x.Close() //nolint:errcheck // the database is thrown away
		p.drop()  //nolint:errcheck // as above
	}, nil
}

// server is a running okno serve.
type server struct {
	*place
	cmd   *exec.Cmd
	start time.Duration // from exec to ready
	db    int           // process of PostgreSQL, 0 on SQLite
}

// serve starts okno serve and waits until it is ready. only names the parts to run, all when empty.
func (b *bench) serve(ctx context.Context, p *place, only string) (*server, error) {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()                                             //nolint:errcheck // the server has its own hold of it
	s := &server{place: p, cmd: exec.Command(b.Program, "serve")} //nolint:gosec // the program itself
	s.cmd.Env = p.environ(only)
	s.cmd.Stderr = log
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	host := strings.TrimPrefix(p.URL, "http://")
	for {
		if l, err := dial(p.Addr); err == nil {
			a, err := l.do(request(host, "/readyz", "", nil), false)
			l.close()
			if err == nil && a.status == 200 {
				break
			}
		}
		if time.Since(began) > time.Minute {
			return nil, errors.Join(fmt.Errorf("okno serve is not ready: see %s", p.log), s.stop())
		}
		time.Sleep(time.Millisecond)
	}
	s.start = time.Since(began)
	b.say("  profiles at http://%s/debug/pprof/", p.MetricsAddr)
	if p.engine == store.Postgres {
		if s.db, err = postmaster(ctx, p.Database); err != nil {
			return nil, errors.Join(err, s.stop())
		}
	}
	return s, nil
}

// environ is the environment of a program with the settings of the place.
func (p *place) environ(only string) []string {
	var others []string
	for name, address := range p.Registers.Others {
		others = append(others, name+"="+address)
	}
	return append(clean(), "OKNO_ADDR="+p.Addr, "OKNO_URL="+p.URL, "OKNO_METRICS_ADDR="+p.MetricsAddr, "OKNO_DATA="+p.Data, "OKNO_DATABASE="+p.Database,
		"OKNO_MASTER_KEY="+p.MasterKey, "OKNO_INDEX_KEY="+p.IndexKey, "OKNO_ONLY="+only, "OKNO_POLICY="+p.Policy, "OKNO_SERVICES="+p.Services, "OKNO_PLACES="+p.Places,
		"OKNO_SMPP_ADDR="+p.SMPP.Addr, "OKNO_SMPP_SYSTEM_ID="+p.SMPP.SystemID, "OKNO_SMPP_PASSWORD="+p.SMPP.Password, "OKNO_SMPP_SOURCE="+p.SMPP.Source,
		"OKNO_REGISTER_PASSPORT="+p.Registers.Passport, "OKNO_REGISTER_SNILS="+p.Registers.SNILS, "OKNO_REGISTER_INN="+p.Registers.INN, "OKNO_REGISTER_CIVIL="+p.Registers.Civil,
		"OKNO_REGISTER_INCOME="+p.Registers.Income, "OKNO_REGISTER_PROPERTY="+p.Registers.Property,
		"OKNO_REGISTER_OTHERS="+strings.Join(others, ","))
}

// clean is the environment without settings of the portal.
func clean() []string {
	var out []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OKNO_") {
			out = append(out, v)
		}
	}
	return out
}

// postmaster is the process of a PostgreSQL on this machine, 0 when it runs elsewhere.
func postmaster(ctx context.Context, dsn string) (int, error) {
	db, err := store.Open(ctx, dsn, store.Options{MaxConns: 1})
	if err != nil {
		return 0, err
	}
	defer db.Close() //nolint:errcheck // it was only asked
	var pid int
	if err := db.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		return 0, err
	}
	backend, err := readProcess(pid)
	if err != nil {
		return 0, errors.New("the PostgreSQL of a bench must run on this machine, or its CPU cannot be counted")
	}
	return backend.parent, nil
}

func (s *server) stop() error {
	s.cmd.Process.Signal(syscall.SIGTERM)                                   //nolint:errcheck // Wait tells
	kill := time.AfterFunc(30*time.Second, func() { s.cmd.Process.Kill() }) //nolint:errcheck // it may have ended this very moment
	defer kill.Stop()
	return s.cmd.Wait()
}

// cost is the CPU of the parts of a running portal so far.
type cost struct{ server, hashing, database time.Duration }

func (s *server) cost() (cost, error) {
	var c cost
	var err error
	if c.server, c.hashing, err = family(s.cmd.Process.Pid); err != nil || s.db == 0 {
		return c, err
	}
	own, kids, err := family(s.db)
	c.database = own + kids
	return c, err
}

func (c cost) minus(o cost) cost {
	return cost{c.server - o.server, c.hashing - o.hashing, c.database - o.database}
}

func (c cost) plus(o cost) cost {
	return cost{c.server + o.server, c.hashing + o.hashing, c.database + o.database}
}

// statements are how many the log says of most requests of the route: what happens once in the life of an account does not count.
func (s *server) statements(route string) (int, error) {
	f, err := os.Open(s.log)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	seen := map[int]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var l struct {
			Route      string
			Statements int
		}
		if json.Unmarshal(lines.Bytes(), &l) == nil && l.Route == route {
			seen[l.Statements]++
		}
	}
	if len(seen) == 0 {
		return 0, fmt.Errorf("the log of the portal tells of no request of %s", route)
	}
	return slices.MaxFunc(slices.Collect(maps.Keys(seen)), func(a, b int) int { return cmp.Compare(seen[a], seen[b]) }), nil
}
