package sandbox

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// esme is a client that speaks SMPP word by word, unlike our connector.
type esme struct {
	t *testing.T
	net.Conn
}

func dialSMPP(t *testing.T, w *World) *esme {
	t.Helper()
	c, err := net.Dial("tcp", w.SMPPAddr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(5 * time.Second))
	return &esme{t, c}
}

func (e *esme) ask(p pdu.PDU) pdu.PDU {
	e.t.Helper()
	b := pdu.NewBuffer(nil)
	p.Marshal(b)
	if _, err := e.Write(b.Bytes()); err != nil {
		e.t.Fatal(err)
	}
	got, err := pdu.Parse(e)
	if err != nil {
		e.t.Fatal(err)
	}
	return got
}

func (e *esme) bind(password string) data.CommandStatusType {
	e.t.Helper()
	req := pdu.NewBindRequest(pdu.Transceiver)
	req.SystemID, req.Password = SMPPSystemID, password
	return e.ask(req).GetHeader().CommandStatus
}

func submit(t *testing.T, to string, raw []byte, enc data.Encoding, udh pdu.UDH, tlv ...pdu.Field) pdu.PDU {
	t.Helper()
	sm := pdu.NewSubmitSM().(*pdu.SubmitSM)
	sm.DestAddr.SetAddress(to)
	if err := sm.Message.SetMessageDataWithEncoding(raw, enc); err != nil {
		t.Fatal(err)
	}
	if udh != nil {
		sm.EsmClass |= data.SM_UDH_GSM
		sm.Message.SetUDH(udh)
	}
	for _, f := range tlv {
		sm.RegisterOptionalParam(f)
	}
	return sm
}

func ucs2(t *testing.T, s string) []byte {
	t.Helper()
	b, err := data.UCS2.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheCarrierPutsLongTextsTogether(t *testing.T) {
	w := start(t, t.TempDir())
	e := dialSMPP(t, w)
	if s := e.bind(SMPPPassword); s != data.ESME_ROK {
		t.Fatalf("bind: %v", s)
	}
	const smile = "Привет 🙂 всем"
	raw := ucs2(t, smile)
	cut := 2*7 + 2 // in the middle of the smile
	for name, parts := range map[string][]pdu.PDU{
		"whole":         {submit(t, "79000000001", raw, data.UCS2, nil)},
		"payload":       {submit(t, "79000000001", nil, data.UCS2, nil, pdu.Field{Tag: pdu.TagMessagePayload, Data: raw})},
		"8-bit header":  {submit(t, "79000000001", raw[cut:], data.UCS2, pdu.UDH{{ID: 0, Data: []byte{7, 2, 2}}}), submit(t, "79000000001", raw[:cut], data.UCS2, pdu.UDH{{ID: 0, Data: []byte{7, 2, 1}}})},
		"16-bit header": {submit(t, "79000000001", raw[:cut], data.UCS2, pdu.UDH{{ID: 8, Data: []byte{1, 7, 2, 1}}}), submit(t, "79000000001", raw[cut:], data.UCS2, pdu.UDH{{ID: 8, Data: []byte{1, 7, 2, 2}}})},
		"sar": {
			submit(t, "79000000001", raw[:cut], data.UCS2, nil, pdu.Field{Tag: pdu.TagSarMsgRefNum, Data: []byte{0, 9}}, pdu.Field{Tag: pdu.TagSarTotalSegments, Data: []byte{2}}, pdu.Field{Tag: pdu.TagSarSegmentSeqnum, Data: []byte{1}}),
			submit(t, "79000000001", raw[cut:], data.UCS2, nil, pdu.Field{Tag: pdu.TagSarMsgRefNum, Data: []byte{0, 9}}, pdu.Field{Tag: pdu.TagSarTotalSegments, Data: []byte{2}}, pdu.Field{Tag: pdu.TagSarSegmentSeqnum, Data: []byte{2}}),
		},
	} {
		before := len(w.Outbox("+79000000001"))
		for i, p := range parts {
			resp, ok := e.ask(p).(*pdu.SubmitSMResp)
			if !ok || resp.CommandStatus != data.ESME_ROK || resp.MessageID == "" {
				t.Fatalf("%s, part %d: %+v", name, i, resp)
			}
			if n := len(w.Outbox("+79000000001")) - before; i < len(parts)-1 && n != 0 {
				t.Errorf("%s: delivered before the last part", name)
			}
		}
		got := w.Outbox("+79000000001")
		if len(got) != before+1 || got[0].Text != smile || got[0].Channel != "sms" || got[0].System != "sms1" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got, ok := e.ask(submit(t, "79000000002", []byte("Code: 123"), data.GSM7BIT, nil)).(*pdu.SubmitSMResp); !ok || got.CommandStatus != data.ESME_ROK {
		t.Fatalf("Latin: %+v", got)
	}
	if got := w.Outbox("79000000002"); len(got) != 1 || got[0].Text != "Code: 123" {
		t.Errorf("Latin: %+v", got)
	}
}

func TestTheCarrierRefuses(t *testing.T) {
	w := start(t, t.TempDir())
	if s := dialSMPP(t, w).bind("wrong"); s != data.ESME_RINVPASWD {
		t.Errorf("a wrong password: %v", s)
	}
	e := dialSMPP(t, w)
	if s := e.ask(submit(t, "79000000001", []byte("x"), data.GSM7BIT, nil)).GetHeader().CommandStatus; s != data.ESME_RINVBNDSTS {
		t.Errorf("a text before bind: %v", s)
	}
	e.bind(SMPPPassword)
	if s := e.ask(submit(t, "12", []byte("x"), data.GSM7BIT, nil)).GetHeader().CommandStatus; s != data.ESME_RINVDSTADR {
		t.Errorf("a number of two digits: %v", s)
	}
	if s := e.ask(submit(t, "79000000001", []byte("x"), data.GSM7BIT, pdu.UDH{{ID: 0, Data: []byte{1, 2, 3}}})).GetHeader().CommandStatus; s != data.ESME_RX_R_APPN {
		t.Errorf("part 3 of 2: %v", s)
	}
	if _, ok := e.ask(pdu.NewEnquireLink()).(*pdu.EnquireLinkResp); !ok {
		t.Error("no answer to enquire_link")
	}
	if got := e.ask(pdu.NewQuerySM()); got.GetHeader().CommandStatus != data.ESME_RINVCMDID {
		t.Errorf("query_sm: %v", got.GetHeader())
	}
	if got := w.Outbox(""); len(got) != 0 {
		t.Errorf("the outbox has %+v", got)
	}
	// A frame over which the library panics ends the connection, not the world.
	bad := dialSMPP(t, w)
	bad.Write([]byte{0, 0, 0, 0x18, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	if _, err := io.ReadAll(bad); err != nil {
		t.Errorf("after nonsense: %v", err)
	}
	if s := dialSMPP(t, w).bind(SMPPPassword); s != data.ESME_ROK {
		t.Errorf("bind after nonsense: %v", s)
	}
}

func TestASpoiltCarrierDropsItsConnections(t *testing.T) {
	w := start(t, t.TempDir())
	for _, m := range []Mode{Down, Garbage} {
		e := dialSMPP(t, w)
		e.bind(SMPPPassword)
		if err := w.SetFault("sms1", m); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(e); err != nil {
			t.Errorf("%s: %v", m, err)
		}
		said, err := io.ReadAll(dialSMPP(t, w))
		if err != nil || (len(said) > 0) != (m == Garbage) {
			t.Errorf("%s: a new connection hears %q, %v", m, said, err)
		}
		if err := w.SetFault("sms1", OK); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoHangsUpOnASlowCarrierHasSentNothing(t *testing.T) {
	w := start(t, t.TempDir())
	if err := w.SetFault("sms1", Slow); err != nil {
		t.Fatal(err)
	}
	e := dialSMPP(t, w)
	e.bind(SMPPPassword)
	b := pdu.NewBuffer(nil)
	submit(t, "79000000001", []byte("x"), data.GSM7BIT, nil).Marshal(b)
	e.Write(b.Bytes())
	time.Sleep(50 * time.Millisecond)
	e.Close()
	time.Sleep(500 * time.Millisecond)
	if got := w.Outbox(""); len(got) != 0 {
		t.Errorf("delivered all the same: %+v", got)
	}
}

func TestLettersAreReadAsAPersonReadsThem(t *testing.T) {
	w := start(t, t.TempDir())
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	subject := "Subject: =?UTF-8?B?" + b64("Ваш код") + "?=\r\nMessage-ID: <01abc@okno.example>\r\n"
	for i, c := range []struct{ name, letter, want string }{
		{"plain", subject + "\r\nЗдравствуйте\r\n", "Ваш код\nЗдравствуйте"},
		{
			"base64 in two kinds", subject + "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
				b64("Код 123456\r\nhttps://x.example/a") + "\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Код</p>\r\n--b--\r\n",
			"Ваш код\nКод 123456\nhttps://x.example/a",
		},
		{"quoted, in another charset", subject + "Content-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=EB=CF=C4 1\r\n", "Ваш код\nКод 1"},
		{"only HTML", subject + "Content-Type: text/html; charset=utf-8\r\n\r\n<p>Код 7</p>\r\n", "Ваш код\n<p>Код 7</p>"},
	} {
		to := fmt.Sprintf("Anna%d@example.org", i)
		if err := smtp.SendMail(w.SMTPAddr(), nil, "portal@okno.example", []string{to}, []byte(c.letter)); err != nil {
			t.Fatal(err)
		}
		got := w.Outbox(to)
		if len(got) != 1 || got[0].Text != c.want || got[0].ID != "01abc" || got[0].Channel != "email" {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
	}
	if err := smtp.SendMail(w.SMTPAddr(), nil, "portal@okno.example", []string{"no@refused.invalid"}, []byte(subject+"\r\nx")); err == nil || !strings.HasPrefix(err.Error(), "550") {
		t.Errorf("a receiver that does not exist: %v", err)
	}
	if err := smtp.SendMail(w.SMTPAddr(), nil, "portal@okno.example", []string{"a@b.example"}, []byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-")); err == nil {
		t.Error("a torn letter was taken")
	}
}

func FuzzReadLetter(f *testing.F) {
	f.Add([]byte("Subject: =?utf-8?q?=D0=9A?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"))
	f.Add([]byte("Content-Transfer-Encoding: base64\r\n\r\n===="))
	f.Fuzz(func(_ *testing.T, raw []byte) { readLetter(raw) }) //nolint:errcheck // that it returns is all that is asked
}

func TestKannelTakesGetAndPost(t *testing.T) {
	w := start(t, t.TempDir())
	at := w.KannelURL() + "/cgi-bin/sendsms"
	q := url.Values{"username": {KannelUser}, "password": {KannelPassword}, "to": {"+79000000001"}}
	with := func(k, v string) string {
		c := url.Values{}
		for key := range q {
			c.Set(key, q.Get(key))
		}
		c.Set(k, v)
		return at + "?" + c.Encode()
	}
	status := func(u string) int {
		t.Helper()
		resp, err := http.Get(u)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if s := status(with("text", "Код 1")); s != 202 || w.Outbox("79000000001")[0].Text != "Код 1" {
		t.Errorf("GET: %d, %+v", s, w.Outbox(""))
	}
	if s := status(with("text", string(ucs2(t, "Код 2"))) + "&coding=2&charset=UTF-16BE"); s != 202 || w.Outbox("79000000001")[0].Text != "Код 2" {
		t.Errorf("GET in UTF-16: %d, %+v", s, w.Outbox(""))
	}
	if s := status(with("password", "x")); s != 403 {
		t.Errorf("a wrong password: %d", s)
	}
	if s := status(with("to", "<script>")); s != 400 {
		t.Errorf("a number that is none: %d", s)
	}
	req, _ := http.NewRequest(http.MethodPost, at, strings.NewReader("Код 3"))
	for k, v := range map[string]string{
		"Content-Type": "text/plain; charset=UTF-8", "X-Kannel-Username": KannelUser, "X-Kannel-Password": KannelPassword,
		"X-Kannel-To": "+79000000001", "X-Kannel-Coding": "2", "X-Kannel-Account": "id1",
	} {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	words, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if got := w.Outbox("79000000001")[0]; resp.StatusCode != 202 || string(words) != "0: Accepted for delivery" || got.Text != "Код 3" || got.ID != "id1" || got.System != "sms2" {
		t.Errorf("POST: %d %s, %+v", resp.StatusCode, words, got)
	}
}
