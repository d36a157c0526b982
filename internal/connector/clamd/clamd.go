// Package clamd has files looked through for malware by a ClamAV daemon.
//
// A file goes over as INSTREAM on a connection of its own: nothing of it touches a disk of ours, and the daemon needs no access to one.
// The daemon may stand on the same machine (a socket of Unix) or on another in a network that is ours: the protocol has neither
// encryption nor passwords, so what people send must not leave that network.
//
//	INSTREAM  ──▶ stream: OK               nothing was found
//	          ──▶ stream: NAME FOUND       malware of that name
//	          ──▶ … ERROR                  the daemon could not do it: ErrFailed, or ErrSize for a file longer than it takes
//	          ──▶ nothing                  call.ErrUnavailable
//
// What always holds: only an OK for the whole of the file is an OK. Whether a file that nobody looked through is taken is not decided
// here.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"okno/internal/connector/call"
)

// The daemon's own refusals. It is alive then.
var (
	// ErrFailed is of a daemon that says that it could not look.
	ErrFailed = errors.New("clamd: the daemon could not look through the file")
	// ErrSize is of a file that is longer than MaxBytes or than the daemon takes (its StreamMaxLength).
	ErrSize = errors.New("clamd: the file is longer than the daemon takes")
)

// Config is what the connector needs.
type Config struct {
	Addr     string // host:port, or unix:/run/clamav/clamd.ctl
	MaxBytes int64  // of a file; 25 MB, which is the daemon's own default
	Limits   call.Limits
	Observe  call.Observe
	Now      func() time.Time
}

// Scanner is one daemon.
type Scanner struct {
	line          *call.Line
	network, addr string
	most          int64
}

// New returns the daemon of the settings.
func New(c Config) (*Scanner, error) {
	s := &Scanner{network: "tcp", addr: c.Addr, most: c.MaxBytes}
	if path, ok := strings.CutPrefix(c.Addr, "unix:"); ok {
		s.network, s.addr = "unix", path
		if !strings.HasPrefix(path, "/") {
			return nil, errors.New("clamd: the path of the socket must begin with /: unix:/run/clamav/clamd.ctl")
		}
	} else if host, port, err := net.SplitHostPort(c.Addr); err != nil || host == "" || port == "" {
		return nil, errors.New("clamd: the address must be host:port or unix:/path")
	}
	if s.most <= 0 {
		s.most = 25 << 20
	}
	if c.Limits.Timeout <= 0 {
		c.Limits.Timeout = 15 * time.Second
	}
	s.line = call.NewLine("clamd", c.Limits, c.Observe, c.Now)
	return s, nil
}

// Name returns "clamd".
func (s *Scanner) Name() string { return s.line.Name() }

// State says what the circuit does with the next file.
func (s *Scanner) State() call.State { return s.line.State() }

// Scan returns the name of the malware that is in data, "" when there is none. An error says that nobody looked, and matches
// call.ErrUnavailable, ErrFailed or ErrSize.
func (s *Scanner) Scan(ctx context.Context, data []byte) (found string, err error) {
	if int64(len(data)) > s.most {
		return "", ErrSize
	}
	var said error // of a daemon that is alive
	err = s.line.Do(ctx, func(ctx context.Context) error {
		found, said = "", nil
		answer, err := s.ask(ctx, "INSTREAM", data)
		if err != nil {
			return err
		}
		found, said, err = read(answer)
		return err
	})
	if err == nil {
		err = said
	}
	return found, err
}

// read takes an answer apart. It knows three, and everything else is garbage: an answer that is not understood is no OK.
func read(answer string) (found string, said, err error) {
	switch name, signed := strings.CutSuffix(answer, " FOUND"); {
	case answer == "stream: OK":
		return "", nil, nil
	case signed && strings.HasPrefix(name, "stream: ") && len(name) > len("stream: "):
		return name[len("stream: "):], nil, nil
	case strings.Contains(answer, "size limit exceeded"):
		return "", ErrSize, nil
	case strings.HasSuffix(answer, "ERROR"):
		return "", ErrFailed, nil
	}
	return "", nil, call.ErrGarbage
}

// Ping asks the daemon whether it is there. It does not move the circuit.
func (s *Scanner) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	answer, err := s.ask(ctx, "PING", nil)
	if err != nil {
		return fmt.Errorf("%w: %w", call.ErrUnavailable, err)
	}
	if answer != "PONG" {
		return call.ErrGarbage
	}
	return nil
}

// longestAnswer is far more than the name of any malware.
const longestAnswer = 4 << 10

// ask sends one command, and behind INSTREAM the file in chunks with their lengths before them and an empty one at the end. The daemon
// may answer, and hang up, before it has read everything: of a file that is too long. So a failed write is no failure until there is
// no answer either.
func (s *Scanner) ask(ctx context.Context, command string, data []byte) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, s.network, s.addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()                                                           //nolint:errcheck // one question a connection
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) //nolint:errcheck // ends what waits on it
	defer stop()
	sent := send(conn, command, data)
	answer, err := bufio.NewReader(io.LimitReader(conn, longestAnswer)).ReadString(0)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && sent != nil:
		return "", sent
	case err != nil:
		return "", err
	}
	return strings.TrimSuffix(answer, "\x00"), nil
}

const chunk = 64 << 10

func send(to io.Writer, command string, data []byte) error {
	w := bufio.NewWriterSize(to, chunk+8)
	w.WriteString("z" + command + "\x00") //nolint:errcheck,gosec // Flush tells
	if command != "INSTREAM" {
		return w.Flush()
	}
	var length [4]byte
	for len(data) > 0 {
		n := min(len(data), chunk)
		binary.BigEndian.PutUint32(length[:], uint32(n)) //nolint:gosec // a chunk at most
		w.Write(length[:])                               //nolint:errcheck,gosec // Flush tells
		w.Write(data[:n])                                //nolint:errcheck,gosec // Flush tells
		data = data[n:]
	}
	w.Write([]byte{0, 0, 0, 0}) //nolint:errcheck,gosec // Flush tells
	return w.Flush()
}
