package smpp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"okno/internal/connector/call"
	"okno/internal/notification"
	"okno/internal/sandbox"
)

func setUp(t *testing.T, change func(*Config)) (*sandbox.World, *Gateway) {
	t.Helper()
	w, err := sandbox.Start(t.Context(), sandbox.Config{Dir: t.TempDir(), Slow: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, gateway(t, w.SMPPAddr(), change)
}

func gateway(t *testing.T, addr string, change func(*Config)) *Gateway {
	t.Helper()
	c := Config{
		Name: "sms1", Addr: addr, SystemID: sandbox.SMPPSystemID, Password: sandbox.SMPPPassword, Source: "Okno",
		Limits: call.Limits{Timeout: 400 * time.Millisecond, Failures: 100},
	}
	if change != nil {
		change(&c)
	}
	g, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

var text = notification.Text{ID: "01k9abc-1", To: "+79001234567", Body: "Код 123456\n@okno.example #123456"}

func TestATextArrives(t *testing.T) {
	w, g := setUp(t, nil)
	for i, body := range []string{
		text.Body,
		"Your code is 123456",
		"Code_[1] @okno.example €",
		strings.Repeat("Длинное сообщение. ", 30),
		strings.Repeat("a long text ", 40),
		"x" + strings.Repeat("🙂", 100), // every part would end in the middle of a pair
		strings.Repeat("ж", 70), strings.Repeat("ж", 71), strings.Repeat("z", 160), strings.Repeat("z", 161),
		"",
	} {
		x := text
		x.ID, x.Body = fmt.Sprintf("01k9abc-%d", i), body
		if err := g.SendSMS(t.Context(), x); err != nil {
			t.Fatalf("%.20q: %v", body, err)
		}
		got := w.Outbox(x.To)
		if len(got) != i+1 || got[0].Text != body || got[0].System != "sms1" || got[0].ID != fmt.Sprintf("%04x", reference(x.ID)) {
			t.Errorf("%.20q: %+v", body, got[0])
		}
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		body  string
		enc   data.Encoding
		parts int
	}{
		{"", data.GSM7BIT, 1},
		{strings.Repeat("z", 160), data.GSM7BIT, 1},
		{strings.Repeat("z", 161), data.GSM7BIT, 2},
		{strings.Repeat("z", 306), data.GSM7BIT, 2},
		{strings.Repeat("z", 307), data.GSM7BIT, 3},
		{"a@b", data.UCS2, 1}, // @ has another place in each carrier's alphabet
		{strings.Repeat("ж", 70), data.UCS2, 1},
		{strings.Repeat("ж", 71), data.UCS2, 2},
		{strings.Repeat("🙂", 35), data.UCS2, 1},
		{strings.Repeat("🙂", 36), data.UCS2, 2},
		{"ж\xff", data.UCS2, 1},
	} {
		parts, enc := split(c.body)
		if len(parts) != c.parts || enc != c.enc {
			t.Errorf("%.10q of %d: %d parts, coding %d", c.body, len(c.body), len(parts), enc.DataCoding())
		}
		var whole []byte
		for i, p := range parts {
			if len(parts) > 1 && len(p) > 153 || enc == data.UCS2 && len(p) > 140 {
				t.Errorf("%.10q: part %d has %d octets", c.body, i, len(p))
			}
			if s, err := enc.Decode(p); err != nil || strings.ContainsRune(s, '\uFFFD') && !strings.Contains(c.body, "\xff") {
				t.Errorf("%.10q: part %d is torn: %q, %v", c.body, i, s, err)
			}
			whole = append(whole, p...)
		}
		if s, err := enc.Decode(whole); err != nil || s != strings.ToValidUTF8(c.body, "\uFFFD") && len(whole) > 0 {
			t.Errorf("%.10q came together as %.10q, %v", c.body, s, err)
		}
	}
}

func TestManyTextsShareOneSession(t *testing.T) {
	var dialled atomic.Int32
	w, direct := setUp(t, nil)
	proxy := relay(t, w.SMPPAddr(), &dialled)
	direct.Close()
	g := gateway(t, proxy, func(c *Config) { c.Limits.Timeout = 5 * time.Second })
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			x := text
			x.ID, x.To = fmt.Sprintf("id-%d", i), fmt.Sprintf("+7900000%04d", i)
			x.Body = fmt.Sprintf("%d %s", i, strings.Repeat("ж", 100))
			if err := g.SendSMS(t.Context(), x); err != nil {
				t.Errorf("text %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i := range 40 {
		if got := w.Outbox(fmt.Sprintf("+7900000%04d", i)); len(got) != 1 || !strings.HasPrefix(got[0].Text, fmt.Sprintf("%d ж", i)) {
			t.Errorf("text %d: %+v", i, got)
		}
	}
	if n := dialled.Load(); n != 1 {
		t.Errorf("%d sessions, want one", n)
	}
}

// relay passes connections on to addr and counts them.
func relay(t *testing.T, addr string, dialled *atomic.Int32) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			dialled.Add(1)
			out, err := net.Dial("tcp", addr)
			if err != nil {
				in.Close()
				continue
			}
			go func() { io.Copy(out, in); out.Close() }()
			go func() { io.Copy(in, out); in.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestWhenTheCarrierIsUnwell(t *testing.T) {
	w, g := setUp(t, nil)
	if err := g.SendSMS(t.Context(), text); err != nil { // a session stands
		t.Fatal(err)
	}
	spoil := func(mode sandbox.Mode) {
		t.Helper()
		if err := w.SetFault("sms1", mode); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			began := time.Now()
			err := g.SendSMS(t.Context(), text)
			if !errors.Is(err, call.ErrUnavailable) && !errors.Is(err, call.ErrGarbage) || errors.Is(err, call.ErrRejected) {
				t.Errorf("%s: %v", mode, err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s: noticed after %s", mode, took)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		began := time.Now()
		err := g.SendSMS(ctx, text)
		cancel()
		if took := time.Since(began); err == nil || took > 300*time.Millisecond {
			t.Errorf("%s, little time: %v after %s", mode, err, took)
		}
	}
	spoil(sandbox.Down)
	spoil(sandbox.Garbage)
	if got := w.Outbox(text.To); len(got) != 1 {
		t.Errorf("%d texts arrived, want the first: %+v", len(got), got)
	}
	spoil(sandbox.Slow)         // a carrier that is slow may take a text after we have given up
	time.Sleep(2 * time.Second) // longer than slow
	before := len(w.Outbox(text.To))
	if err := w.SetFault("sms1", sandbox.OK); err != nil {
		t.Fatal(err)
	}
	if err := g.SendSMS(t.Context(), text); err != nil {
		t.Errorf("well again: %v", err)
	}
	if got := len(w.Outbox(text.To)); got != before+1 {
		t.Errorf("%d texts arrived after the carrier was well again, want 1", got-before)
	}
}

func TestRefusals(t *testing.T) {
	w, g := setUp(t, nil)
	for _, to := range []string{"", "112", "+790012345678901234", "anna@example.org"} {
		x := text
		x.To = to
		if err := g.SendSMS(t.Context(), x); !errors.Is(err, call.ErrRejected) {
			t.Errorf("%q: %v", to, err)
		}
	}
	x := text
	x.To = "+7900123" // long enough for us, too short for the carrier
	var no *call.Refusal
	if err := g.SendSMS(t.Context(), x); !errors.As(err, &no) || no.Code != "SMPP-0xb" || no.Outcome != call.Rejected {
		t.Errorf("%v", err)
	}
	x = text
	x.Body = strings.Repeat("ж", 256*67)
	if err := g.SendSMS(t.Context(), x); !errors.Is(err, call.ErrRejected) {
		t.Errorf("a novel: %v", err)
	}
	wrong := gateway(t, w.SMPPAddr(), func(c *Config) { c.Password = "wrong" })
	if err := wrong.SendSMS(t.Context(), text); !errors.Is(err, call.ErrUnavailable) || errors.Is(err, call.ErrRejected) || !strings.Contains(err.Error(), "0xe") {
		t.Errorf("a wrong password is our fault, not the text's: %v", err)
	}
	if err := wrong.Ping(t.Context()); err == nil {
		t.Error("ping with a wrong password")
	}
	if err := g.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if got := w.Outbox(""); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// carrier plays a carrier that does to each PDU what the test says; nil ends the connection.
func carrier(t *testing.T, does func(session int, p pdu.PDU) []byte) (addr string, sessions *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	sessions = &atomic.Int32{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n := int(sessions.Add(1))
			go func() {
				defer c.Close()
				for {
					p, err := pdu.Parse(c)
					if err != nil {
						return
					}
					say := does(n, p)
					if say == nil {
						return
					}
					c.Write(say)
				}
			}()
		}
	}()
	return l.Addr().String(), sessions
}

func wire(p pdu.PDU) []byte {
	b := pdu.NewBuffer(nil)
	p.Marshal(b)
	return b.Bytes()
}

// reply is the answer to p, and nothing to an answer.
func reply(p pdu.PDU) []byte {
	if !p.CanResponse() {
		return []byte{}
	}
	return wire(p.GetResponse())
}

func nack(p pdu.PDU) []byte {
	n := pdu.NewGenericNack().(*pdu.GenericNack)
	n.SequenceNumber, n.CommandStatus = p.GetSequenceNumber(), data.ESME_RINVCMDID
	return wire(n)
}

func refuse(p pdu.PDU, status data.CommandStatusType) []byte {
	r := p.GetResponse().(*pdu.SubmitSMResp)
	r.CommandStatus = status
	return wire(r)
}

func TestOddCarriers(t *testing.T) {
	for _, c := range []struct {
		name string
		does func(pdu.PDU) []byte // to submit_sm
		want error
	}{
		{"too many texts", func(p pdu.PDU) []byte { return refuse(p, data.ESME_RTHROTTLED) }, call.ErrUnavailable},
		{"a full queue", func(p pdu.PDU) []byte { return refuse(p, data.ESME_RMSGQFUL) }, call.ErrUnavailable},
		{"no such number", func(p pdu.PDU) []byte { return refuse(p, data.ESME_RINVDSTADR) }, call.ErrRejected},
		{"generic_nack", nack, call.ErrGarbage},
		{"another answer", func(p pdu.PDU) []byte {
			r := pdu.NewEnquireLinkResp()
			r.SetSequenceNumber(p.GetSequenceNumber())
			return wire(r)
		}, call.ErrGarbage},
		{"an answer to another", func(p pdu.PDU) []byte {
			r := p.GetResponse()
			r.SetSequenceNumber(p.GetSequenceNumber() + 1000)
			return wire(r)
		}, call.ErrUnavailable},
		{"hangs up", func(pdu.PDU) []byte { return nil }, call.ErrUnavailable},
		{"a frame over which the library panics", func(pdu.PDU) []byte {
			return []byte{0, 0, 0, 0x18, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}
		}, call.ErrUnavailable},
		{"an endless frame", func(pdu.PDU) []byte {
			return []byte("\x7f\xff\xff\xff\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01")
		}, call.ErrUnavailable},
		{"unbind", func(pdu.PDU) []byte { return wire(pdu.NewUnbind()) }, call.ErrUnavailable},
		{"questions of its own first", func(p pdu.PDU) []byte {
			return bytes.Join([][]byte{wire(pdu.NewEnquireLink()), wire(pdu.NewDeliverSM()), wire(p.GetResponse())}, nil)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, sessions := carrier(t, func(_ int, p pdu.PDU) []byte {
				switch p.(type) {
				case *pdu.SubmitSM:
					return c.does(p)
				case *pdu.EnquireLinkResp, *pdu.DeliverSMResp:
					return []byte{}
				}
				return reply(p)
			})
			g := gateway(t, at, nil)
			for range 2 {
				if err := g.SendSMS(t.Context(), text); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
					t.Errorf("%v, want %v", err, c.want)
				}
			}
			again := errors.Is(c.want, call.ErrUnavailable) && c.name != "too many texts" && c.name != "a full queue"
			if n := sessions.Load(); (n == 2) != again {
				t.Errorf("%d sessions", n)
			}
		})
	}
}

func TestBindThatFails(t *testing.T) {
	for name, does := range map[string]func(pdu.PDU) []byte{
		"silence":  func(pdu.PDU) []byte { return []byte{} },
		"hangs up": func(pdu.PDU) []byte { return nil },
		"another answer": func(p pdu.PDU) []byte {
			r := pdu.NewUnbindResp()
			r.SetSequenceNumber(p.GetSequenceNumber())
			return wire(r)
		},
		"nack": nack,
	} {
		at, _ := carrier(t, func(_ int, p pdu.PDU) []byte { return does(p) })
		g := gateway(t, at, nil)
		began := time.Now()
		err := g.SendSMS(t.Context(), text)
		if !errors.Is(err, call.ErrUnavailable) && !errors.Is(err, call.ErrGarbage) || time.Since(began) > time.Second {
			t.Errorf("%s: %v after %s", name, err, time.Since(began))
		}
	}
}

func TestOneLateAnswerDoesNotCostTheOthersTheirs(t *testing.T) {
	at, sessions := carrier(t, func(_ int, p pdu.PDU) []byte {
		if sm, ok := p.(*pdu.SubmitSM); ok && sm.DestAddr.Address() == "79000000001" {
			return []byte{} // never
		} else if ok {
			time.Sleep(300 * time.Millisecond)
		}
		return reply(p)
	})
	g := gateway(t, at, nil) // waits for 400 ms
	first, second := text, text
	first.To, second.To = "+79000000001", "+79000000002"
	done := make(chan error)
	go func() { done <- g.SendSMS(t.Context(), first) }()
	time.Sleep(250 * time.Millisecond)
	if err := g.SendSMS(t.Context(), second); err != nil {
		t.Errorf("the second: %v", err)
	}
	if err := <-done; !errors.Is(err, call.ErrUnavailable) {
		t.Errorf("the first: %v", err)
	}
	if err := g.SendSMS(t.Context(), second); err != nil || sessions.Load() != 2 {
		t.Errorf("after a late answer: %v, %d sessions", err, sessions.Load())
	}
}

func TestASilentSessionIsFoundOutBeforeATextNeedsIt(t *testing.T) {
	at, sessions := carrier(t, func(n int, p pdu.PDU) []byte {
		if _, ok := p.(*pdu.EnquireLink); ok && n == 1 {
			return []byte{} // dead, and TCP does not know
		}
		return reply(p)
	})
	g := gateway(t, at, func(c *Config) { c.Enquire, c.Limits.Timeout = 30*time.Millisecond, 100*time.Millisecond })
	if err := g.SendSMS(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	time.Sleep(400 * time.Millisecond)
	if err := g.SendSMS(t.Context(), text); err != nil {
		t.Errorf("after the session died: %v", err)
	}
	time.Sleep(400 * time.Millisecond) // this one answers, and stays
	if err := g.SendSMS(t.Context(), text); err != nil || sessions.Load() != 2 {
		t.Errorf("%v, %d sessions", err, sessions.Load())
	}
}

func TestARepetitionContinuesTheSamePuzzle(t *testing.T) {
	var mu sync.Mutex
	var seen []*pdu.SubmitSM
	at, _ := carrier(t, func(n int, p pdu.PDU) []byte {
		if sm, ok := p.(*pdu.SubmitSM); ok {
			mu.Lock()
			defer mu.Unlock()
			if seen = append(seen, sm); len(seen) == 2 {
				return nil // the carrier falls over in the middle of the text
			}
		}
		return reply(p)
	})
	g := gateway(t, at, nil)
	x := text
	x.Body = strings.Repeat("ж", 150)
	if err := g.SendSMS(t.Context(), x); !errors.Is(err, call.ErrUnavailable) {
		t.Fatalf("half a text: %v", err)
	}
	if err := g.SendSMS(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 5 {
		t.Fatalf("%d parts", len(seen))
	}
	numbers := map[int32]bool{}
	for i, sm := range seen[2:] {
		total, part, ref, ok := sm.Message.UDH().GetConcatInfo()
		_, _, first, _ := seen[0].Message.UDH().GetConcatInfo()
		if !ok || total != 3 || int(part) != i+1 || ref != first {
			t.Errorf("part %d: %d of %d, reference %d and at first %d", i+1, part, total, ref, first)
		}
		numbers[sm.SequenceNumber] = true
		if sm.SourceAddr.Address() != "Okno" || sm.SourceAddr.Ton() != data.GSM_TON_ALPHANUMERIC || sm.DestAddr.Address() != "79001234567" || sm.DestAddr.Ton() != data.GSM_TON_INTERNATIONAL {
			t.Errorf("from %+v to %+v", sm.SourceAddr, sm.DestAddr)
		}
	}
	if len(numbers) != 3 {
		t.Errorf("the parts share sequence numbers: %v", numbers)
	}
}

func TestAfterClose(t *testing.T) {
	_, g := setUp(t, nil)
	if err := g.SendSMS(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.SendSMS(t.Context(), text); !errors.Is(err, call.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []Config{
		{Addr: "smsc.example"},
		{Addr: "smsc.example:2775", Password: "longer than 8"},
		{Addr: "smsc.example:2775", Source: "Портал"},
		{Addr: "smsc.example:2775", Source: "a name too long"},
		{Addr: "smsc.example:2775", Source: "a\x00b"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	for s, ton := range map[string]byte{"": 0, "Okno": 5, "+79001234567": 1, "0919": 3, "Gosuslugi 1": 5} {
		if a, err := source(s); err != nil || a.Ton() != ton {
			t.Errorf("%q: %+v, %v", s, a, err)
		}
	}
}

// Whatever a stranger sends, it is a PDU or an error: our process must not end of it.
func FuzzReadFrame(f *testing.F) {
	for _, p := range []pdu.PDU{pdu.NewSubmitSMResp(), pdu.NewDeliverSM(), pdu.NewBindTransceiverResp(), pdu.NewEnquireLink(), pdu.NewGenericNack(), pdu.NewAlertNotification(), pdu.NewSubmitMultiResp()} {
		f.Add(wire(p))
	}
	f.Add([]byte{0, 0, 0, 0x18, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := readFrame(bytes.NewReader(raw))
		if (p == nil) != (err != nil) {
			t.Errorf("%v, %v", p, err)
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("Код 123456")
	f.Add(strings.Repeat("x🙂", 50))
	f.Fuzz(func(t *testing.T, body string) {
		parts, enc := split(body)
		var whole []byte
		for _, p := range parts {
			if len(p) > 160 || enc == data.UCS2 && len(p) > 140 {
				t.Errorf("%d octets", len(p))
			}
			whole = append(whole, p...)
		}
		got, err := enc.Decode(whole)
		if err != nil || got != strings.ToValidUTF8(body, "\uFFFD") {
			t.Errorf("%q, %v", got, err)
		}
	})
}
