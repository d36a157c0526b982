package voice_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zaf/g711"

	"okno/internal/connector/call"
	"okno/internal/connector/voice"
	"okno/internal/i18n"
	"okno/internal/notification"
	"okno/internal/sandbox"
)

// What SIPp, a carrier of another make than ours, does with a call. [ear] is the port where the test listens.
const (
	invited = `<recv request="INVITE"/>`
	ringing = `<send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
Content-Length: 0

]]></send>`
	answered = `<send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=sipp 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [ear] RTP/AVP CODEC
a=rtpmap:CODEC NAME/8000
a=sendrecv
]]></send><recv request="ACK"/>`
	over = `<recv request="BYE" timeout="40000"/><send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>`
	bye = `<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [$to];tag=[call_number]
To: [$from]
[last_Call-ID:]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send><recv response="200"/>`
	// named remembers who calls whom, for the BYE of the called.
	named = `<recv request="INVITE" rrs="true"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/><ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
</action></recv>`
	cancelled = `<recv request="CANCEL" timeout="20000"/><send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send><send retrans="500"><![CDATA[
SIP/2.0 487 Request Terminated
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
CSeq: 1 INVITE
Content-Length: 0

]]></send><recv request="ACK"/>`
)

// refused answers an invitation with a status.
func refused(status string, headers ...string) string {
	return `<send retrans="500"><![CDATA[
SIP/2.0 ` + status + `
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
` + strings.Join(append(headers, "Content-Length: 0"), "\n") + `

]]></send><recv request="ACK"/>`
}

func codec(payload, name string) string {
	return strings.NewReplacer("CODEC", payload, "NAME", name).Replace(answered)
}

// carrier lets SIPp play the steps once. It returns the gateway that calls it, and what its caller said, once the call is over.
func carrier(t *testing.T, transport string, change func(*voice.Config), steps ...string) (*voice.Gateway, func() []packet) {
	t.Helper()
	if _, err := exec.LookPath("sipp"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no sipp; scripts/need installs it")
		}
		t.Skip("SKIPPED: no sipp; scripts/need installs it")
	}
	ear, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ear.Close() })
	addr, err := sandbox.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(addr)
	_, earPort, _ := net.SplitHostPort(ear.LocalAddr().String())
	dir := t.TempDir()
	scenario := filepath.Join(dir, "scenario.xml")
	if err := os.WriteFile(scenario, []byte(`<?xml version="1.0" encoding="UTF-8"?><scenario name="okno">`+strings.Join(steps, "\n")+`</scenario>`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "sipp", "-sf", scenario, "-i", "127.0.0.1", "-p", port, "-t", transport[:1]+"1", "-m", "1", "-nostdin", "-timeout", "60s", "-timeout_error",
		"-key", "ear", earPort, "-trace_err", "-error_file", filepath.Join(dir, "errors"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	if transport == "tcp" {
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if c, err := net.Dial("tcp", addr); err == nil {
				c.Close()
				break
			}
		}
	}
	said := make(chan []packet, 1)
	go func() { said <- record(ear) }()
	g := gateway(t, addr, func(c *voice.Config) {
		c.Transport, c.Limits.Timeout = transport, 5*time.Second
		if change != nil {
			change(c)
		}
	})
	return g, func() []packet {
		t.Helper()
		select {
		case err := <-exited:
			if err != nil {
				told, _ := os.ReadFile(filepath.Join(dir, "errors"))
				t.Errorf("the carrier is not content: %v\n%s\n%s", err, told, out.Bytes())
			}
		case <-time.After(70 * time.Second):
			t.Error("the carrier still waits")
		}
		ear.Close()
		return <-said
	}
}

// packet is one packet of sound.
type packet struct {
	seq     uint16
	stamp   uint32
	payload byte
	sound   []byte
}

// record takes packets until the socket is closed.
func record(c net.PacketConn) []packet {
	var out []packet
	buf := make([]byte, 2000)
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return out
		}
		if n > 12 && buf[0] == 0x80 { // RTP, version 2, without extras
			out = append(out, packet{binary.BigEndian.Uint16(buf[2:]), binary.BigEndian.Uint32(buf[4:]), buf[1] & 0x7f, bytes.Clone(buf[12:n])})
		}
	}
}

// sound puts packets in their order. Each has 20 ms, and none is missing.
func sound(t *testing.T, packets []packet, payload byte) []byte {
	t.Helper()
	slices.SortFunc(packets, func(a, b packet) int { return cmp.Compare(int16(a.seq-packets[0].seq), int16(b.seq-packets[0].seq)) })
	var out []byte
	for i, p := range packets {
		if p.payload != payload || len(p.sound) != 160 || p.seq != packets[0].seq+uint16(i) || p.stamp != packets[0].stamp+uint32(160*i) {
			t.Fatalf("packet %d: payload %d, %d octets, number %d after %d, at %d", i, p.payload, len(p.sound), p.seq, packets[0].seq, p.stamp-packets[0].stamp)
		}
		out = append(out, p.sound...)
	}
	return out
}

func TestAnotherMakeOfCarrierHearsTheDigits(t *testing.T) {
	for name, x := range map[string]struct {
		lang              i18n.Lang
		digits, transport string
		payload, codec    string
		want              string
	}{
		"Russian, mu-law, UDP": {i18n.RU, "482913", "udp", "0", "PCMU", "Ваш код, никому его не называйте: 482913. Повторяю: 482913"},
		"English, A-law, TCP":  {i18n.EN, "070655", "tcp", "8", "PCMA", "Your code, tell it to nobody: 070655. Once more: 070655"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, said := carrier(t, x.transport, nil, invited, ringing, `<pause milliseconds="300"/>`, codec(x.payload, x.codec), over)
			if err := g.Call(t.Context(), notification.Spoken{ID: "x", To: "+79001234567", Lang: x.lang, Digits: x.digits}); err != nil {
				t.Fatal(err)
			}
			n, err := strconv.Atoi(x.payload)
			if err != nil {
				t.Fatal(err)
			}
			heard := sound(t, said(), byte(n))
			if n == 8 {
				heard = g711.Alaw2Ulaw(heard)
			}
			if lang, got := sandbox.Heard(heard); lang != x.lang || got != x.want {
				t.Errorf("%s %q", lang, got)
			}
		})
	}
}

func TestATrunkMayAskForThePassword(t *testing.T) {
	challenge := func(password string) []string {
		return []string{invited, refused("401 Unauthorized", `WWW-Authenticate: Digest realm="carrier", nonce="47ebe028cda119c35d4877b383027d28", algorithm=MD5, qop="auth"`),
			`<recv request="INVITE"><action><verifyauth assign_to="right" username="okno" password="` + password + `"/></action></recv>
			<nop hide="true" test="right" next="in"/>`, refused("403 Forbidden"), `<nop hide="true" next="out"/><label id="in"/>`, codec("0", "PCMU"), over, `<label id="out"/>`}
	}
	user := func(c *voice.Config) { c.Username, c.Password = "okno", "secret" }
	t.Run("right", func(t *testing.T) {
		t.Parallel()
		g, said := carrier(t, "udp", user, challenge("secret")...)
		if err := g.Call(t.Context(), spoken1); err != nil {
			t.Error(err)
		}
		if len(said()) == 0 {
			t.Error("nothing was said")
		}
	})
	t.Run("wrong", func(t *testing.T) {
		t.Parallel()
		g, said := carrier(t, "udp", user, challenge("another")...)
		if err := g.Call(t.Context(), spoken1); !errors.Is(err, call.ErrUnavailable) || !strings.Contains(err.Error(), "refuses us, status 403") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
		if len(said()) != 0 {
			t.Error("something was said")
		}
	})
}

func TestWhatAPhoneDoesIsToldApart(t *testing.T) {
	var mu sync.Mutex
	errs := map[string]error{}
	t.Run("calls", func(t *testing.T) {
		for name, x := range map[string]struct {
			steps []string
			code  string // of the refusal; "" for a trunk that is unavailable
			words string
		}{
			"busy":             {[]string{invited, ringing, refused("486 Busy Here")}, voice.Busy, ""},
			"busy everywhere":  {[]string{invited, refused("600 Busy Everywhere")}, voice.Busy, ""},
			"declined":         {[]string{invited, ringing, refused("603 Decline")}, voice.Declined, ""},
			"out of the net":   {[]string{invited, refused("480 Temporarily Unavailable")}, voice.NoAnswer, ""},
			"not answered":     {[]string{invited, ringing, cancelled}, voice.NoAnswer, ""},
			"no such number":   {[]string{invited, refused("404 Not Found")}, voice.NoNumber, ""},
			"hung up":          {[]string{named, ringing, codec("0", "PCMU"), `<pause milliseconds="1000"/>`, bye}, voice.HungUp, ""},
			"no right to call": {[]string{invited, refused("403 Forbidden")}, "", "refuses us, status 403"},
			"no line there":    {[]string{invited, refused("503 Service Unavailable")}, "", "status 503"},
			"no codec of ours": {[]string{invited, codec("9", "G722"), over}, "", "broke off"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				g, said := carrier(t, "udp", func(c *voice.Config) { c.Ring = 2 * time.Second }, x.steps...)
				err := g.Call(t.Context(), spoken1)
				said()
				if code(err) != x.code || err == nil || errors.Is(err, call.ErrUnavailable) != (x.code == "") || !strings.Contains(err.Error(), x.words) {
					t.Errorf("%v, want %q %q", err, x.code, x.words)
				}
				mu.Lock()
				defer mu.Unlock()
				errs[name] = err
			})
		}
	})
	for name, err := range errs {
		if err != nil && (strings.Contains(err.Error(), "79001234567") || strings.Contains(err.Error(), "482913")) {
			t.Errorf("%s: the number or the code is in the error: %v", name, err)
		}
	}
}

func TestWhoHangsUpAfterTheCodeHasHeardIt(t *testing.T) {
	t.Parallel()
	g, said := carrier(t, "udp", nil, named, codec("0", "PCMU"), `<pause milliseconds="10500"/>`, bye)
	began := time.Now()
	if err := g.Call(t.Context(), spoken1); err != nil {
		t.Error(err)
	}
	if time.Since(began) > 13*time.Second {
		t.Error("it goes on speaking to nobody")
	}
	if _, got := sandbox.Heard(sound(t, said(), 0)); !strings.Contains(got, "называйте: 482913") {
		t.Errorf("%q", got)
	}
}
