package smpp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"okno/internal/connector/call"
)

// errLost is what those who wait for an answer hear when the session ends.
var errLost = errors.New("session lost")

// session is one bound connection. It ends at the first thing that goes wrong and is never mended. One that fails
// to answer in time is retired: the next text opens another, and those who still wait here may get their answers,
// because a text that was taken and is not known to be taken goes out twice.
type session struct {
	conn    net.Conn
	timeout time.Duration // of a write, and of the answer to enquire_link
	ended   chan struct{}
	end     sync.Once

	write sync.Mutex

	mu      sync.Mutex
	next    int32
	waiting map[int32]chan pdu.PDU // by sequence number: who waits for an answer
	retired bool                   // takes nothing new, and closes when nobody waits any more
}

// bind opens a connection and binds it, within the deadline of ctx.
func bind(ctx context.Context, dial func(context.Context) (net.Conn, error), systemID, password, systemType string, timeout, enquire time.Duration) (*session, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, timeout: timeout, ended: make(chan struct{}), waiting: map[int32]chan pdu.PDU{}}
	go s.read()
	req := pdu.NewBindRequest(pdu.Transceiver)
	req.SystemID, req.Password, req.SystemType = systemID, password, systemType
	resp, err := s.ask(ctx, req)
	if err != nil {
		s.close()
		return nil, err
	}
	if status := resp.GetHeader().CommandStatus; status != data.ESME_ROK {
		s.close()
		return nil, fmt.Errorf("%w: bind refused, status %#x", call.ErrUnavailable, uint32(status)) //nolint:gosec // as the standard prints it
	}
	if _, ok := resp.(*pdu.BindResp); !ok {
		s.close()
		return nil, call.Garbage("something else than bind_transceiver_resp")
	}
	go s.stayAlive(enquire)
	return s, nil
}

// alive reports whether the session takes texts, as far as is known.
func (s *session) alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ended:
		return false
	default:
		return !s.retired
	}
}

func (s *session) close() {
	s.end.Do(func() {
		close(s.ended)
		s.conn.Close() //nolint:errcheck // whatever was to be said has been
	})
}

// unbind says goodbye, waits a little for the answer and closes.
func (s *session) unbind() {
	if s.alive() {
		ctx, cancel := context.WithTimeout(context.Background(), min(s.timeout, time.Second))
		defer cancel()
		s.ask(ctx, pdu.NewUnbind()) //nolint:errcheck // politeness only
	}
	s.close()
}

// ask sends a request and waits for its answer. When none comes in time, the session is retired.
func (s *session) ask(ctx context.Context, p pdu.PDU) (pdu.PDU, error) {
	answer := make(chan pdu.PDU, 1)
	s.mu.Lock()
	s.next = s.next%0x7fffffff + 1
	n := s.next
	s.waiting[n] = answer
	s.mu.Unlock()
	late := false
	defer func() { s.done(n, late) }()
	p.SetSequenceNumber(n)
	if err := s.say(p); err != nil {
		return nil, err
	}
	select {
	case got := <-answer:
		return got, nil
	case <-s.ended:
		select {
		case got := <-answer: // it came with the end
			return got, nil
		default:
			return nil, errLost
		}
	case <-ctx.Done():
		late = errors.Is(ctx.Err(), context.DeadlineExceeded)
		return nil, ctx.Err()
	}
}

// done ends the wait for answer n.
func (s *session) done(n int32, late bool) {
	s.mu.Lock()
	delete(s.waiting, n)
	s.retired = s.retired || late
	over := s.retired && len(s.waiting) == 0
	s.mu.Unlock()
	if over {
		s.close()
	}
}

func (s *session) say(p pdu.PDU) error {
	b := pdu.NewBuffer(nil)
	p.Marshal(b)
	s.write.Lock()
	defer s.write.Unlock()
	s.conn.SetWriteDeadline(time.Now().Add(s.timeout)) //nolint:errcheck // then the write fails
	if _, err := s.conn.Write(b.Bytes()); err != nil {
		s.close()
		return call.Bare(err)
	}
	return nil
}

// read hands answers to whom they are for and answers what the carrier asks, until the session ends.
func (s *session) read() {
	defer s.close()
	for {
		p, err := readFrame(s.conn)
		if err != nil {
			return
		}
		switch p := p.(type) {
		case *pdu.EnquireLink, *pdu.DeliverSM, *pdu.DataSM: // we ask for no receipts and serve no replies: taken, and let go
			err = s.say(p.GetResponse())
		case *pdu.Unbind:
			s.say(p.GetResponse()) //nolint:errcheck // it ends anyway
			return
		default:
			s.mu.Lock()
			if answer := s.waiting[p.GetSequenceNumber()]; answer != nil && len(answer) == 0 { // a second one is let go
				answer <- p
			}
			s.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// stayAlive asks every so often whether the carrier is there. Silence ends the session.
func (s *session) stayAlive(every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-s.ended:
			return
		case <-t.C:
			ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
			_, err := s.ask(ctx, pdu.NewEnquireLink())
			cancel()
			if err != nil {
				s.close()
				return
			}
		}
	}
}

// maxFrame is more than any answer of a carrier needs.
const maxFrame = 16 << 10

// readFrame reads one PDU. Whatever a stranger sends, it is a PDU or an error.
func readFrame(r io.Reader) (p pdu.PDU, err error) {
	frame := make([]byte, 16, 256)
	if _, err := io.ReadFull(r, frame); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(frame)
	if n < 16 || n > maxFrame {
		return nil, call.Garbage("a frame of %d octets", n)
	}
	frame = append(frame, make([]byte, n-16)...)
	if _, err := io.ReadFull(r, frame[16:]); err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil { // the library writes to a nil map over parameters of some kinds
			p, err = nil, call.Garbage("a frame that cannot be parsed")
		}
	}()
	p, err = pdu.Parse(bytes.NewReader(frame))
	if err != nil {
		return nil, call.Garbage("a frame that cannot be parsed")
	}
	return p, nil
}
