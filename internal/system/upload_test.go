package system

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"okno/internal/store"
)

// sender sends a file as a browser does that forgets everything but the file.
type sender struct {
	*visitor
	data []byte
}

type way struct {
	ID                  string
	Offset, Size, Piece int64
	Error               string
}

func (s sender) ask(r *http.Request) (way, error) {
	r.Header.Set("Accept", "application/json")
	_, body, err := s.send(r)
	var w way
	if err == nil {
		err = json.Unmarshal([]byte(body), &w)
	}
	return w, err
}

// begin finds where the file stopped.
func (s sender) begin() (way, error) {
	form := url.Values{"slot": {"photo"}, "name": {"я.jpg"}, "size": {fmt.Sprint(len(s.data))}, "key": {"я.jpg 1"}}
	r, err := http.NewRequest(http.MethodPost, s.base+"/services/badge/uploads", strings.NewReader(form.Encode()))
	if err != nil {
		return way{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.ask(r)
}

// piece sends the next piece, slowly, so that a kill may find it half way.
func (s sender) piece(w way, n int64) (way, error) {
	r, err := http.NewRequest(http.MethodPost, fmt.Sprintf("%s/uploads/%s?offset=%d", s.base, w.ID, w.Offset), bytes.NewReader(s.data[w.Offset:min(w.Size, w.Offset+n)]))
	if err != nil {
		return way{}, err
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	return s.ask(r)
}

// TestAnUploadSurvivesAKill kills the portal in the middle of a file, three times. Every piece that it said yes to is there after the
// next start, the file goes on behind it, and comes out as it was sent.
func TestAnUploadSurvivesAKill(t *testing.T) {
	engines(t, func(t *testing.T, engine store.Engine) {
		s := demoSettings(t, engine)
		s.Services = "systemtest/services"
		m, noise := image.NewGray(image.Rect(0, 0, 1100, 1000)), rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a picture
		for i := range m.Pix {
			m.Pix[i] = uint8(noise.IntN(256)) //nolint:gosec // within
		}
		var picture bytes.Buffer
		if err := jpeg.Encode(&picture, m, nil); err != nil {
			t.Fatal(err)
		}
		p := spawn(t, s)
		v := sender{newVisitor(s.URL, "203.0.113.9"), picture.Bytes()}
		k, err := (&System{Settings: s}).Known()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.post("/demo/signin", "/cabinet", "person", k.People[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := v.do(http.MethodGet, "/services/badge/apply", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := v.post("/services/badge/apply/kind", "/services/badge/apply/documents", "kind", "guest"); err != nil {
			t.Fatal(err)
		}
		const small = 10_000
		kept := int64(0)
		for round := range 3 {
			w, err := v.begin()
			if err != nil {
				t.Fatal(err)
			}
			if w.Offset < kept {
				t.Fatalf("round %d: %d bytes are there of %d that were acknowledged", round, w.Offset, kept)
			}
			killed := make(chan struct{})
			time.AfterFunc(time.Duration(60+50*round)*time.Millisecond, func() {
				p.Process.Signal(syscall.SIGKILL) //nolint:errcheck // it runs
				p.Wait()                          //nolint:errcheck // it was killed
				close(killed)
			})
			for err == nil && w.Offset+small < w.Size { // the last piece is for the end
				var next way
				if next, err = v.piece(w, small); err == nil {
					w, kept = next, next.Offset
					w.Size = int64(len(v.data))
					time.Sleep(5 * time.Millisecond)
				}
			}
			<-killed
			if round == 0 && kept+small >= int64(len(v.data)) {
				t.Fatal("all of it was there before the kill: the test says nothing")
			}
			p = spawn(t, s)
		}
		defer func() {
			p.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
			if err := p.Wait(); err != nil {
				t.Errorf("it does not stop gracefully: %v", err)
			}
		}()
		if kept == 0 {
			t.Fatal("no piece was acknowledged: the test says nothing")
		}
		w, err := v.begin()
		if err != nil || w.Offset < kept {
			t.Fatalf("at the end %d bytes are there of %d: %v", w.Offset, kept, err)
		}
		t.Logf("%d of %d bytes came before the last kill", w.Offset, w.Size)
		for w.Offset < w.Size {
			if w, err = v.piece(w, small); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the answer was lost
			r, err := http.NewRequest(http.MethodPost, s.URL+"/uploads/"+w.ID+"/finish", nil)
			if err != nil {
				t.Fatal(err)
			}
			if done, err := v.ask(r); err != nil || done.ID != w.ID {
				t.Fatalf("%+v, %v", done, err)
			}
		}
		_, body, err := v.do(http.MethodGet, "/attachments/"+w.ID, nil)
		if err != nil || body != picture.String() {
			t.Errorf("%d bytes came out of %d: %v", len(body), picture.Len(), err)
		}
		_, page, err := v.do(http.MethodGet, "/services/badge/apply/documents", nil)
		if err != nil || strings.Count(page, `name=".detach"`) != 1 {
			t.Errorf("the page shows another number of files than one: %v", err)
		}
	})
}
