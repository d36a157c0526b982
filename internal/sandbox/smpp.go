package sandbox

import (
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
)

// serveSMPP runs the carrier sms1.
func (w *World) serveSMPP() {
	l := &spoiltListener{Listener: w.smpp, w: w, system: "sms1"}
	puzzle := &puzzle{parts: map[partKey]*pieces{}, now: w.now}
	w.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.wg.Go(func() { w.carry(c, puzzle) })
		}
	})
}

// smppPeer is one client of the carrier.
type smppPeer struct {
	w      *World
	puzzle *puzzle
	conn   net.Conn
	send   sync.Mutex
	bound  bool
}

// carry serves one client until it hangs up or talks nonsense.
func (w *World) carry(c net.Conn, puzzle *puzzle) {
	defer c.Close() //nolint:errcheck // done with it
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	p := &smppPeer{w: w, puzzle: puzzle, conn: c}
	for {
		c.SetReadDeadline(time.Now().Add(5 * time.Minute)) //nolint:errcheck // then the read fails
		in, err := readPDU(c)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				w.log.Debug("sandbox carrier", "error", err)
			}
			return
		}
		if !p.hear(ctx, in) {
			return
		}
	}
}

// readPDU reads one PDU. The library panics over some that nobody should send.
func readPDU(r io.Reader) (p pdu.PDU, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("malformed PDU: %v", v)
		}
	}()
	return pdu.Parse(r)
}

// hear answers one PDU. False ends the connection.
func (p *smppPeer) hear(ctx context.Context, in pdu.PDU) bool {
	switch in := in.(type) {
	case *pdu.BindRequest:
		resp := in.GetResponse().(*pdu.BindResp) //nolint:forcetypeassert // its only kind
		resp.SystemID = "sandbox"
		if in.SystemID != SMPPSystemID || in.Password != SMPPPassword {
			resp.CommandStatus = data.ESME_RINVPASWD
			p.say(resp)
			return false
		}
		p.bound = true
		p.say(resp)
	case *pdu.EnquireLink:
		p.say(in.GetResponse())
	case *pdu.Unbind:
		p.say(in.GetResponse())
		return false
	case *pdu.SubmitSM:
		if !p.bound {
			p.refuse(in, data.ESME_RINVBNDSTS)
			return true
		}
		p.w.wg.Go(func() { p.take(ctx, in) }) // a slow carrier still answers enquire_link
	default:
		if in.CanResponse() { // known, but not a carrier's business
			p.refuse(in, data.ESME_RINVCMDID)
		}
	}
	return true
}

// take takes one short message, or a part of a longer one.
func (p *smppPeer) take(ctx context.Context, in *pdu.SubmitSM) {
	if !p.w.faults.wait(ctx, "sms1") {
		return // the client hung up, so nothing was taken
	}
	to := in.DestAddr.Address()
	if d := digits(to); len(d) < 10 || len(d) > 15 {
		p.refuse(in, data.ESME_RINVDSTADR)
		return
	}
	part, err := partOf(in)
	if err != nil {
		p.refuse(in, data.ESME_RX_R_APPN)
		return
	}
	if raw, whole := p.puzzle.add(part); whole {
		text, err := decodeText(raw, part.coding)
		if err != nil {
			p.refuse(in, data.ESME_RX_R_APPN)
			return
		}
		if err := p.w.outbox.add(Message{To: to, Channel: "sms", Text: text, System: "sms1", ID: part.id}); err != nil {
			p.w.log.Error("sandbox carrier", "error", err)
			p.refuse(in, data.ESME_RSYSERR)
			return
		}
	}
	resp := in.GetResponse().(*pdu.SubmitSMResp) //nolint:forcetypeassert // its only kind
	resp.MessageID = fmt.Sprintf("%08x", p.w.requests.Add(1))
	p.say(resp)
}

func (p *smppPeer) refuse(in pdu.PDU, status data.CommandStatusType) {
	resp := in.GetResponse()
	switch r := resp.(type) {
	case *pdu.SubmitSMResp:
		r.CommandStatus = status
	case *pdu.DataSMResp:
		r.CommandStatus = status
	default:
		n, _ := pdu.NewGenericNack().(*pdu.GenericNack)
		n.SequenceNumber, n.CommandStatus = in.GetSequenceNumber(), status
		resp = n
	}
	p.say(resp)
}

func (p *smppPeer) say(out pdu.PDU) {
	p.send.Lock()
	defer p.send.Unlock()
	b := pdu.NewBuffer(nil)
	out.Marshal(b)
	p.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)) //nolint:errcheck // then the write fails
	if _, err := p.conn.Write(b.Bytes()); err != nil {
		p.conn.Close() //nolint:errcheck // the reader ends
	}
}

// part is a piece of a message as it came, or a whole one.
type part struct {
	partKey
	n      int // which, from 1
	coding byte
	raw    []byte
	id     string
}

// partKey is what the pieces of one message have in common.
type partKey struct {
	from, to   string
	ref, total int
}

// partOf finds out which piece of what this is. A long message comes in one of three ways: in pieces with a
// user data header (8- or 16-bit reference), in pieces with sar_* parameters, or whole in message_payload.
func partOf(in *pdu.SubmitSM) (part, error) {
	raw, err := in.Message.GetMessageData()
	if err != nil {
		return part{}, err
	}
	p := part{partKey: partKey{from: in.SourceAddr.Address(), to: in.DestAddr.Address(), total: 1}, n: 1, raw: raw}
	if enc := in.Message.Encoding(); enc != nil {
		p.coding = enc.DataCoding()
	}
	if f, ok := in.OptionalParameters[pdu.TagUserMessageReference]; ok && len(f.Data) == 2 {
		p.id = fmt.Sprintf("%04x", binary.BigEndian.Uint16(f.Data))
	}
	if f, ok := in.OptionalParameters[pdu.TagMessagePayload]; ok {
		p.raw = f.Data
	}
	for _, ie := range in.Message.UDH() {
		switch {
		case ie.ID == 0 && len(ie.Data) == 3:
			p.ref, p.total, p.n = int(ie.Data[0]), int(ie.Data[1]), int(ie.Data[2])
		case ie.ID == 8 && len(ie.Data) == 4:
			p.ref, p.total, p.n = int(binary.BigEndian.Uint16(ie.Data)), int(ie.Data[2]), int(ie.Data[3])
		}
	}
	if ref, ok := in.OptionalParameters[pdu.TagSarMsgRefNum]; ok && len(ref.Data) == 2 {
		total, n := in.OptionalParameters[pdu.TagSarTotalSegments], in.OptionalParameters[pdu.TagSarSegmentSeqnum]
		if len(total.Data) == 1 && len(n.Data) == 1 {
			p.ref, p.total, p.n = int(binary.BigEndian.Uint16(ref.Data)), int(total.Data[0]), int(n.Data[0])
		}
	}
	if p.n < 1 || p.n > p.total {
		return part{}, errors.New("a piece outside of its message")
	}
	return p, nil
}

// puzzle puts long messages together again.
type puzzle struct {
	now func() time.Time

	mu    sync.Mutex
	parts map[partKey]*pieces
}

type pieces struct {
	since time.Time
	raw   map[int][]byte
}

// patience is how long the pieces of an unfinished message are kept.
const patience = 10 * time.Minute

// add puts a piece in its place and returns the whole when it was the last one missing.
func (z *puzzle) add(p part) (raw []byte, whole bool) {
	if p.total == 1 {
		return p.raw, true
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	for k, v := range z.parts {
		if z.now().Sub(v.since) > patience {
			delete(z.parts, k)
		}
	}
	got := z.parts[p.partKey]
	if got == nil {
		got = &pieces{since: z.now(), raw: map[int][]byte{}}
		z.parts[p.partKey] = got
	}
	got.raw[p.n] = p.raw
	if len(got.raw) < p.total {
		return nil, false
	}
	delete(z.parts, p.partKey)
	for n := 1; n <= p.total; n++ {
		raw = append(raw, got.raw[n]...)
	}
	return raw, true
}

// decodeText turns the octets of a message into text: UCS-2 by its coding, everything that has no coding of its
// own by the default alphabet of GSM.
func decodeText(raw []byte, coding byte) (string, error) {
	if len(raw) == 0 {
		return "", nil
	}
	enc := data.FromDataCoding(coding)
	if enc == nil {
		return "", fmt.Errorf("data coding %d", coding)
	}
	return enc.Decode(raw)
}
