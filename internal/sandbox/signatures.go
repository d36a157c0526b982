package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"okno/internal/sandbox/authority"
)

// signatures are the certification authorities, and what residents do with the certificates they get there.
type signatures struct {
	ca     *authority.Authority
	people []*Resident
	listen net.Listener
}

// openSignatures opens the authorities that the folder keeps. They listen where they listened before, if they can: their address stands
// in the certificates that people have.
func openSignatures(ctx context.Context, dir, addr string, people []*Resident, now func() time.Time) (*signatures, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start the authorities: %w", err)
	}
	file := filepath.Join(dir, "address")
	before, err := os.ReadFile(file) //nolint:gosec // the sandbox's own
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("start the authorities: %w", err)
	}
	var l net.Listener
	for _, at := range []string{addr, string(before), "127.0.0.1:0"} {
		if at == "" {
			continue
		}
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", at); err == nil || addr != "" {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("start the authorities: %w", err)
	}
	s := &signatures{people: people, listen: l}
	s.ca, err = authority.Open(ctx, authority.Config{Dir: dir, URL: "http://" + l.Addr().String(), Now: now})
	if err == nil {
		err = os.WriteFile(file, []byte(l.Addr().String()), 0o600)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the authorities: %w", err), l.Close())
	}
	return s, nil
}

// routes serve the levers under /demo/signatures.
func (s *signatures) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /demo/signatures", s.list)
	mux.HandleFunc("GET /demo/signatures/{file}", s.give)
	mux.HandleFunc("POST /demo/signatures/sign", s.sign)
	mux.HandleFunc("POST /demo/signatures/revoke", s.revoke)
}

// certified is a resident as /demo/signatures lists them, with the files that they can have.
type certified struct {
	Surname    string            `json:"surname"`
	GivenName  string            `json:"given_name"`
	Patronymic string            `json:"patronymic"`
	SNILS      string            `json:"snils"`
	Resident   int               `json:"resident"` // for sign and revoke
	Password   string            `json:"password"` // of the files .pfx
	Files      map[string]string `json:"files"`    // by algorithm and kind
}

func (s *signatures) list(rw http.ResponseWriter, r *http.Request) {
	out := []certified{}
	for i, p := range s.people {
		if p.minor {
			continue
		}
		c := certified{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, SNILS: p.SNILS, Resident: i, Password: authority.Password, Files: map[string]string{}}
		for _, alg := range authority.Algorithms() {
			for _, kind := range []string{"pfx", "pem"} {
				c.Files[string(alg)+"_"+kind] = fmt.Sprintf("%s/%d-%s.%s", strings.TrimSuffix(r.URL.Path, "/"), i, alg, kind)
			}
		}
		out = append(out, c)
	}
	writeJSON(rw, http.StatusOK, out)
}

var keyFile = regexp.MustCompile(`^(\d{1,4})-([a-z0-9]+)\.(pfx|pem)$`)

// identity is the certificate of a resident, issued when it is first asked for.
func (s *signatures) identity(ctx context.Context, resident, alg string) (*authority.Identity, error) {
	i, err := strconv.Atoi(resident)
	if err != nil || i < 0 || i >= len(s.people) || s.people[i].minor || !authority.Algorithm(alg).Valid() {
		return nil, fs.ErrNotExist
	}
	p := s.people[i]
	return s.ca.Person(ctx, authority.Algorithm(alg), authority.Person{Surname: p.Surname, GivenName: p.GivenName, Patronymic: p.Patronymic, SNILS: p.SNILS, INN: p.INN})
}

// failed says why there is nothing.
func failed(rw http.ResponseWriter, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		writeJSON(rw, http.StatusNotFound, map[string]any{"error": "no such resident or algorithm", "algorithms": authority.Algorithms()})
		return
	}
	writeJSON(rw, http.StatusServiceUnavailable, map[string]any{"error": err.Error()})
}

func (s *signatures) give(rw http.ResponseWriter, r *http.Request) {
	m := keyFile.FindStringSubmatch(r.PathValue("file"))
	if m == nil {
		failed(rw, fs.ErrNotExist)
		return
	}
	i, err := s.identity(r.Context(), m[1], m[2])
	if err != nil {
		failed(rw, err)
		return
	}
	body := i.Bundle()
	if m[3] == "pfx" {
		if body, err = i.PFX(r.Context()); err != nil {
			failed(rw, err)
			return
		}
	}
	attach(rw, m[0], body)
}

func attach(rw http.ResponseWriter, name string, body []byte) {
	rw.Header().Set("Content-Type", "application/octet-stream")
	rw.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	rw.Header().Set("Cache-Control", "no-store")
	rw.Write(body) //nolint:errcheck // the caller has hung up
}

// sign plays the program by which a resident signs a file: resident, algorithm, the file, and attached=1 for a signature with the text in
// it.
func (s *signatures) sign(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, maxBody)
	file, _, err := r.FormFile("file")
	if err != nil {
		writeJSON(rw, http.StatusUnprocessableEntity, map[string]any{"error": "send resident, algorithm and file as a form of several parts"})
		return
	}
	defer file.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(file)
	if err != nil {
		failed(rw, err)
		return
	}
	i, err := s.identity(r.Context(), r.FormValue("resident"), r.FormValue("algorithm"))
	if err != nil {
		failed(rw, err)
		return
	}
	signed, err := i.Sign(r.Context(), text, authority.Form{Attached: r.FormValue("attached") != ""})
	if err != nil {
		failed(rw, err)
		return
	}
	attach(rw, "signature.sig", signed)
}

// revoke revokes the certificate that a resident has; the next file is of a new one.
func (s *signatures) revoke(rw http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(rw, r.Body, 4<<10)
	i, err := s.identity(r.Context(), r.FormValue("resident"), r.FormValue("algorithm"))
	if err == nil {
		err = s.ca.Revoke(i.Certificate, i.By(), 0)
	}
	if err != nil {
		failed(rw, err)
		return
	}
	writeJSON(rw, http.StatusOK, map[string]any{"revoked": i.Certificate.SerialNumber.Text(16)})
}

// Authorities is the folder with the certificates of the sandbox's authorities: the operator's list of accredited ones.
func (w *World) Authorities() string { return w.signatures.ca.Trusted() }

// ServeAuthorities runs the authorities alone, for a portal that is no demo, until ctx ends: certificates, lists and OCSP, and the levers
// at /demo/signatures. ready is told the address and the folder for the operator's list.
func ServeAuthorities(ctx context.Context, dir, addr string, ready func(url, trusted string)) error {
	s, err := openSignatures(ctx, dir, addr, residents(), time.Now)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	s.routes(mux)
	mux.Handle("/", s.ca.Handler())
	srv := &http.Server{Handler: http.NewCrossOriginProtection().Handler(mux), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { srv.Close() }) //nolint:errcheck // hangs up on everybody
	defer stop()
	if ready != nil {
		ready("http://"+s.listen.Addr().String(), s.ca.Trusted())
	}
	if err := srv.Serve(s.listen); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
