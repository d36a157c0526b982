package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/zaf/g711"

	"okno/internal/connector/voice"
)

// patient is how long somebody listens to a call.
const patient = 90 * time.Second

// serveVoice lets everybody have a telephone: whoever is called takes the phone, listens until the other side hangs up, and
// what they heard lies in their outbox.
func (w *World) serveVoice() error {
	host, port, err := sip.ParseAddr(w.voice.LocalAddr().String())
	if err != nil {
		return fmt.Errorf("start the telephones: %w", err)
	}
	voice.Hush()
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("sandbox"), sipgo.WithUserAgentHostname(host))
	if err != nil {
		return fmt.Errorf("start the telephones: %w", err)
	}
	srv, err := sipgo.NewServer(ua)
	if err != nil {
		return errors.Join(fmt.Errorf("start the telephones: %w", err), ua.Close())
	}
	d := diago.NewDiago(ua, diago.WithServer(srv), diago.WithTransport(diago.Transport{Transport: "udp", BindHost: host, BindPort: port}))
	d.HandleFunc(w.ring)
	context.AfterFunc(w.ctx, func() { ua.Close() }) //nolint:errcheck // hangs up on everybody
	w.wg.Go(func() {
		if err := srv.ServeUDP(w.voice); err != nil && w.ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
			w.log.Error("sandbox telephones", "error", err)
		}
	})
	return nil
}

// ring is one call, until it is over. Whoever is called does what the mode says.
func (w *World) ring(d *diago.DialogServerSession) {
	ctx, cancel := context.WithTimeout(d.Context(), patient)
	defer cancel()
	defer context.AfterFunc(w.ctx, cancel)()
	if w.faults.mode("voice") == Down {
		d.Respond(sip.StatusServiceUnavailable, "Service Unavailable", nil) //nolint:errcheck // then the caller hears nothing, which is worse still
		return
	}
	if err := d.Ringing(); err != nil || !w.faults.wait(ctx, "voice") {
		return
	}
	if err := d.Answer(); err != nil {
		w.log.Debug("sandbox telephone", "error", err)
		return
	}
	if w.faults.mode("voice") == Garbage {
		return // diago hangs up
	}
	ctx, stop := w.faults.standing(ctx, "voice")
	defer stop()
	ulaw := listen(ctx, &d.DialogMedia)
	if _, text := Heard(ulaw); text != "" {
		if err := w.outbox.add(Message{To: d.ToUser(), Channel: "voice", Text: text, System: "voice", ID: d.InviteRequest.CallID().Value()}); err != nil {
			w.log.Error("sandbox telephone", "error", err)
		}
	}
}

// listen records what comes until the other side hangs up, as mu-law. What was lost on the way is silence.
func listen(ctx context.Context, d *diago.DialogMedia) []byte {
	defer context.AfterFunc(ctx, func() { d.StopRTP(1, 0) })() //nolint:errcheck // then the read ends with the call
	var ulaw []byte
	buf := make([]byte, media.RTPBufSize)
	began, last := uint32(0), 0
	for n := 0; ; n++ {
		got, err := d.RTPPacketReader.Read(buf)
		if err != nil {
			return ulaw
		}
		h, sound := d.RTPPacketReader.PacketHeader, buf[:got]
		switch h.PayloadType {
		case media.CodecAudioUlaw.PayloadType:
		case media.CodecAudioAlaw.PayloadType:
			sound = g711.Alaw2Ulaw(sound)
		default:
			continue
		}
		if last == 0 {
			began = h.Timestamp
		}
		at := int(h.Timestamp - began)
		if at > int(patient/time.Second)*voice.Rate {
			continue // not of this stream
		}
		for len(ulaw) < at+len(sound) {
			ulaw = append(ulaw, 0xff)
		}
		copy(ulaw[at:], sound)
		last = at + len(sound)
	}
}
