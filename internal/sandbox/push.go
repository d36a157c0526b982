package sandbox

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// pushService is a browser maker's push service and the browsers behind it: it believes a message by the key that its address was made
// for (VAPID, RFC 8292), holds it, and hands it to the browser, which alone can read it (RFC 8291).
type pushService struct {
	mu       sync.Mutex
	browsers map[string]*pushBrowser // by the last part of the address
	pace     string                  // Retry-After beside 429; "" when it takes everything
}

type pushBrowser struct {
	owner  string // whose letterbox shows what comes
	server string // the key that may send; the first that does when empty
	secret *ecdh.PrivateKey
	auth   []byte
	gone   bool
	got    []Pushed
}

// PushAddress is what a browser that switched push on gives to a portal: where to send, and its keys in base64url.
type PushAddress struct {
	Endpoint string `json:"endpoint"`
	P256dh   string `json:"p256dh"`
	Auth     string `json:"auth"`
}

// Pushed is a message as its browser reads it.
type Pushed struct {
	Text, Topic, Urgency string
	TTL                  int
	Bytes                int // of the encrypted body
}

// PushURL is where the push service listens.
func (w *World) PushURL() string { return "http://" + w.pushAt.Addr().String() }

// PushBrowser makes a browser at the push service. What comes to it lies in the owner's letterbox.
func (w *World) PushBrowser(owner string) (PushAddress, error) {
	secret, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return PushAddress{}, err
	}
	b := &pushBrowser{owner: owner, secret: secret, auth: make([]byte, 16)}
	name := make([]byte, 18)
	rand.Read(b.auth) //nolint:errcheck // never fails since Go 1.24: it crashes the program instead
	rand.Read(name)   //nolint:errcheck // likewise
	id := base64.RawURLEncoding.EncodeToString(name)
	w.pushes.mu.Lock()
	defer w.pushes.mu.Unlock()
	w.pushes.browsers[id] = b
	return PushAddress{w.PushURL() + "/push/" + id, base64.RawURLEncoding.EncodeToString(secret.PublicKey().Bytes()), base64.RawURLEncoding.EncodeToString(b.auth)}, nil
}

// PushGone makes the service forget a browser, as when its owner switched push off in it.
func (w *World) PushGone(a PushAddress) {
	if b := w.browserAt(a.Endpoint); b != nil {
		w.pushes.mu.Lock()
		defer w.pushes.mu.Unlock()
		b.gone = true
	}
}

// PushPace makes the service answer every message 429 with Retry-After; "" and it takes them again.
func (w *World) PushPace(retryAfter string) {
	w.pushes.mu.Lock()
	defer w.pushes.mu.Unlock()
	w.pushes.pace = retryAfter
}

// Pushed is what has come to a browser, in order.
func (w *World) Pushed(a PushAddress) []Pushed {
	b := w.browserAt(a.Endpoint)
	w.pushes.mu.Lock()
	defer w.pushes.mu.Unlock()
	if b == nil {
		return nil
	}
	return append([]Pushed(nil), b.got...)
}

func (w *World) browserAt(endpoint string) *pushBrowser {
	w.pushes.mu.Lock()
	defer w.pushes.mu.Unlock()
	return w.pushes.browsers[endpoint[strings.LastIndex(endpoint, "/")+1:]]
}

func (w *World) pushRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /push/{id}", w.spoil("push", w.takePush))
	return mux
}

// takePush answers as RFC 8030 and RFC 8292 say.
func (w *World) takePush(rw http.ResponseWriter, r *http.Request) {
	b := w.browserAt(r.PathValue("id"))
	w.pushes.mu.Lock()
	pace := w.pushes.pace
	lost := b == nil || b.gone
	w.pushes.mu.Unlock()
	ttl, err := strconv.Atoi(r.Header.Get("TTL"))
	body, readErr := io.ReadAll(r.Body)
	switch {
	case lost:
		http.Error(rw, "no such subscription", http.StatusGone)
		return
	case pace != "":
		rw.Header().Set("Retry-After", pace)
		http.Error(rw, "too many", http.StatusTooManyRequests)
		return
	case err != nil || ttl < 0 || readErr != nil || r.Header.Get("Content-Encoding") != "aes128gcm":
		http.Error(rw, "TTL and aes128gcm are needed", http.StatusBadRequest)
		return
	case len(body) > 4096:
		http.Error(rw, "too large", http.StatusRequestEntityTooLarge)
		return
	}
	server, err := w.vapid(r)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusForbidden)
		return
	}
	text, err := b.open(body)
	if err != nil { // a real service cannot know; its browser would drop the message
		http.Error(rw, "not for this browser", http.StatusBadRequest)
		return
	}
	w.pushes.mu.Lock()
	if b.server == "" {
		b.server = server
	}
	mine := b.server == server
	if mine {
		b.got = append(b.got, Pushed{text, r.Header.Get("Topic"), r.Header.Get("Urgency"), ttl, len(body)})
	}
	w.pushes.mu.Unlock()
	if !mine {
		http.Error(rw, "another key than this subscription's", http.StatusForbidden)
		return
	}
	if err := w.outbox.add(Message{To: b.owner, Channel: "push", Text: shown(text), System: "push", ID: r.Header.Get("Topic")}); err != nil {
		http.Error(rw, "not stored", http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Location", r.URL.Path)
	rw.WriteHeader(http.StatusCreated)
}

// shown is what stands on the screen: title and text, when the message is JSON with those.
func shown(text string) string {
	var m struct{ Title, Body string }
	if json.Unmarshal([]byte(text), &m) != nil || m.Title == "" {
		return text
	}
	return m.Title + "\n" + m.Body
}

// vapid checks who sends: a token of ES256, for this service, not older than a day, by the key beside it.
func (w *World) vapid(r *http.Request) (key string, err error) {
	var token string
	for part := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "vapid "), ",") {
		switch name, v, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			token = v
		case "k":
			key = v
		}
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("no token")
	}
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return "", errors.New("the key is no base64url")
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return "", errors.New("the key is no point")
	}
	sign, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(sign) != 64 {
		return "", errors.New("no signature")
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(pub, hash[:], new(big.Int).SetBytes(sign[:32]), new(big.Int).SetBytes(sign[32:])) {
		return "", errors.New("the signature does not fit")
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", errors.New("claims")
	}
	var c struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(claims, &c); err != nil {
		return "", errors.New("claims")
	}
	if left := time.Until(time.Unix(c.Exp, 0)); left <= 0 || left > 24*time.Hour || c.Aud != w.PushURL() || c.Sub == "" {
		return "", errors.New("a token for somebody else, or of another day")
	}
	return key, nil
}

// open reads a message as a browser does (RFC 8188 with the keys of RFC 8291).
func (b *pushBrowser) open(body []byte) (string, error) {
	if len(body) < 21 || int(body[20]) != 65 || len(body) < 21+65+17 {
		return "", errors.New("no header of aes128gcm")
	}
	salt, size, from, sealed := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:86], body[86:]
	if int64(len(sealed)) > int64(size) {
		return "", errors.New("more than one record")
	}
	sender, err := ecdh.P256().NewPublicKey(from)
	if err != nil {
		return "", err
	}
	shared, err := b.secret.ECDH(sender)
	if err != nil {
		return "", err
	}
	key := func(secret, salt []byte, info string, n int) []byte {
		k, e := hkdf.Key(sha256.New, secret, salt, info, n)
		err = errors.Join(err, e)
		return k
	}
	ikm := key(shared, b.auth, "WebPush: info\x00"+string(b.secret.PublicKey().Bytes())+string(from), 32)
	cek, nonce := key(ikm, salt, "Content-Encoding: aes128gcm\x00", 16), key(ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return "", err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return "", err
	}
	plain = bytes.TrimRight(plain, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != 2 {
		return "", errors.New("no end of the last record")
	}
	return string(plain[:len(plain)-1]), nil
}
