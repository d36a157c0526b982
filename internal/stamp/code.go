package stamp

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/text/encoding/charmap"
)

// Paper is what the code on a paper says: what its public page shows, in the language of the paper.
type Paper struct {
	Kind     string
	Number   string
	IssuedAt time.Time // to the second
	Lang     string
	Title    string
	Agency   string
	Holder   string // masked
	Facts    []Fact
	More     int    // facts that found no room
	Token    string // of the public page; of a paper that was read it is not known, only whether it is this one (Of)

	token []byte
}

// Fact is a line to compare.
type Fact struct{ Label, Value string }

// tokenLen is how much of the hash of its token a code holds: it ties the address to the code, neither of which is secret from whoever
// holds the paper.
const tokenLen = 8

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:tokenLen]
}

// Of reports whether the paper is the one whose public page has this token.
func (p Paper) Of(token string) bool { return bytes.Equal(p.token, tokenHash(token)) }

// packed is a paper as it is signed. The numbers of the fields never change.
type packed struct {
	_      struct{} `cbor:",toarray"`
	Form   int      // 1
	Kind   line
	Number line
	At     int64
	Lang   line
	Title  line
	Agency line
	Holder line
	Token  []byte
	More   int
	Facts  []cbor.RawMessage // label, value, label, value …; a label that was there already is the number of its fact
}

// line is a text in as little room as there is: a string of bytes in Windows-1251 where that has all its letters, where the byte 0x98,
// which means nothing there, is the sign of the rouble; else a text in UTF-8.
type line string

const rouble = 0x98

// MarshalCBOR packs the text.
func (s line) MarshalCBOR() ([]byte, error) {
	b := make([]byte, 0, len(s))
	for _, r := range string(s) {
		if r == '₽' {
			b = append(b, rouble)
			continue
		}
		x, ok := charmap.Windows1251.EncodeRune(r)
		if !ok || x == rouble {
			return strict.enc.Marshal(string(s))
		}
		b = append(b, x)
	}
	return strict.enc.Marshal(b)
}

// UnmarshalCBOR unpacks it.
func (s *line) UnmarshalCBOR(data []byte) error {
	if len(data) > 0 && data[0]>>5 == 3 {
		return strict.dec.Unmarshal(data, (*string)(s))
	}
	var b []byte
	if err := strict.dec.Unmarshal(data, &b); err != nil {
		return err
	}
	var out strings.Builder
	for _, x := range b {
		if x == rouble {
			out.WriteRune('₽')
			continue
		}
		out.WriteRune(charmap.Windows1251.DecodeByte(x))
	}
	*s = line(out.String())
	return nil
}

// cose is COSE_Sign1 (RFC 9052) without its tag.
type cose struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected map[int]int
	Payload     []byte
	Signature   []byte
}

// protected is what is signed of the signature itself: by which algorithm (-7 is ES256) and by which key.
type protected struct {
	Algorithm int    `cbor:"1,keyasint"`
	Key       []byte `cbor:"4,keyasint"`
}

const es256 = -7

// modes are how CBOR is written and read.
type modes struct {
	enc cbor.EncMode
	dec cbor.DecMode
}

var strict = func() modes {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err) // of options that are written here
	}
	dec, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, MaxArrayElements: 256,
		MaxMapPairs: 16, MaxNestedLevels: 4, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField}.DecMode()
	if err != nil {
		panic(err)
	}
	return modes{enc, dec}
}()

// Code signs what the paper says, as digits. At most so many: facts that do not fit are left out, and counted.
func (k *Key) Code(p Paper, most int) (string, error) {
	for {
		code, err := k.code(p)
		if err != nil {
			return "", fmt.Errorf("stamp: code: %w", err)
		}
		if len(code) <= most {
			return code, nil
		}
		if len(p.Facts) == 0 {
			return "", fmt.Errorf("stamp: the code of a paper takes %d digits even without facts, and there is room for %d", len(code), most)
		}
		p.Facts, p.More = p.Facts[:len(p.Facts)-1], p.More+1
	}
}

func (k *Key) code(p Paper) (string, error) {
	payload, err := p.pack()
	if err != nil {
		return "", err
	}
	name, err := hex.DecodeString(k.ID)
	if err != nil {
		return "", err
	}
	m := cose{Unprotected: map[int]int{}, Payload: payload}
	if m.Protected, err = strict.enc.Marshal(protected{es256, name}); err != nil {
		return "", err
	}
	der, err := k.sign(m.signed())
	if err != nil {
		return "", err
	}
	var x struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &x); err != nil {
		return "", err
	}
	m.Signature = append(x.R.FillBytes(make([]byte, 32)), x.S.FillBytes(make([]byte, 32))...)
	out, err := strict.enc.Marshal(m)
	return toDigits(out), err
}

// signed are the bytes that are signed (Sig_structure of RFC 9052, 4.4).
func (m cose) signed() []byte {
	out, err := strict.enc.Marshal([]any{"Signature1", m.Protected, []byte{}, m.Payload})
	if err != nil {
		return nil // of bytes nothing can fail
	}
	return out
}

func (p Paper) pack() ([]byte, error) {
	hash := p.token
	if p.Token != "" {
		hash = tokenHash(p.Token)
	}
	x := packed{Form: 1, Kind: line(p.Kind), Number: line(p.Number), At: p.IssuedAt.Unix(), Lang: line(p.Lang), Title: line(p.Title), Agency: line(p.Agency),
		Holder: line(p.Holder), Token: hash, More: p.More, Facts: []cbor.RawMessage{}}
	first := map[string]int{}
	for i, f := range p.Facts {
		label := any(line(f.Label))
		if n, ok := first[f.Label]; ok {
			label = n
		} else {
			first[f.Label] = i
		}
		for _, v := range []any{label, line(f.Value)} {
			raw, err := strict.enc.Marshal(v)
			if err != nil {
				return nil, err
			}
			x.Facts = append(x.Facts, raw)
		}
	}
	return strict.enc.Marshal(x)
}

func unpack(payload []byte) (Paper, error) {
	var x packed
	if strict.dec.Unmarshal(payload, &x) != nil || x.Form != 1 || len(x.Token) != tokenLen || len(x.Facts)%2 != 0 || x.More < 0 {
		return Paper{}, ErrForeign
	}
	p := Paper{Kind: string(x.Kind), Number: string(x.Number), IssuedAt: time.Unix(x.At, 0).UTC(), Lang: string(x.Lang), Title: string(x.Title), Agency: string(x.Agency),
		Holder: string(x.Holder), More: x.More, token: x.Token}
	for i := 0; i < len(x.Facts); i += 2 {
		var f Fact
		var n int
		if strict.dec.Unmarshal(x.Facts[i], (*line)(&f.Label)) != nil {
			if strict.dec.Unmarshal(x.Facts[i], &n) != nil || n < 0 || n >= len(p.Facts) {
				return Paper{}, ErrForeign
			}
			f.Label = p.Facts[n].Label
		}
		if strict.dec.Unmarshal(x.Facts[i+1], (*line)(&f.Value)) != nil {
			return Paper{}, ErrForeign
		}
		p.Facts = append(p.Facts, f)
	}
	again, err := p.pack()
	if err != nil || !bytes.Equal(again, payload) {
		return Paper{}, ErrForeign
	}
	return p, nil
}

// MostCode is the longest text that is read as a code: what the largest QR code holds.
const MostCode = 7089

// Read reads a code, or the address that ends in one, by the list. When the signature does not count, what stands in the code comes along
// with the reason, unless nobody of the list signed it: a page may say what a paper claims, if it says that nobody stands by it.
func Read(text string, l List) (Paper, Entry, error) {
	address, code, found := strings.Cut(strings.TrimSpace(text), "#")
	if !found {
		address, code = "", address
	}
	if len(text) > MostCode {
		return Paper{}, Entry{}, ErrForeign
	}
	raw, ok := fromDigits(code)
	if !ok || len(raw) == 0 {
		return Paper{}, Entry{}, ErrForeign
	}
	var m cose
	var head protected
	if strict.dec.Unmarshal(raw, &m) != nil || strict.dec.Unmarshal(m.Protected, &head) != nil || head.Algorithm != es256 || len(m.Unprotected) != 0 || len(m.Signature) != 64 {
		return Paper{}, Entry{}, ErrForeign
	}
	if again, err := strict.enc.Marshal(m); err != nil || !bytes.Equal(again, raw) {
		return Paper{}, Entry{}, ErrForeign
	}
	e, ok := l.key(hex.EncodeToString(head.Key))
	if !ok {
		return Paper{}, Entry{}, ErrUnknown
	}
	if k, ok := e.public(); !ok || !holds(k, m) {
		return Paper{}, Entry{}, ErrForged
	}
	p, err := unpack(m.Payload)
	if err != nil {
		return Paper{}, Entry{}, err
	}
	if err := e.counts(p.IssuedAt); err != nil {
		return p, e, err
	}
	if token := address[strings.LastIndexByte(address, '/')+1:]; address != "" && !p.Of(token) {
		return p, e, ErrOther
	}
	return p, e, nil
}

func holds(k *ecdsa.PublicKey, m cose) bool {
	sum := sha256.Sum256(m.signed())
	return ecdsa.Verify(k, sum[:], new(big.Int).SetBytes(m.Signature[:32]), new(big.Int).SetBytes(m.Signature[32:]))
}

// Why is the word for a reason, by which pages find what to say.
func Why(err error) string {
	for word, e := range map[string]error{"foreign": ErrForeign, "forged": ErrForged, "unknown": ErrUnknown, "revoked": ErrRevoked, "untimely": ErrTime, "other": ErrOther} {
		if errors.Is(err, e) {
			return word
		}
	}
	return ""
}
