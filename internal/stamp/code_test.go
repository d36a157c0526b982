package stamp

import (
	"bytes"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestACodeSaysWhatWasSigned(t *testing.T) {
	k := newTestKey(t)
	code := signedCode(t, k)
	for _, text := range []string{code, somePage + "#" + code, " " + somePage + "#" + code + "\n"} {
		p, e, err := Read(text, listOf(k))
		if err != nil || e.ID != k.ID || !p.Of(somePaper().Token) {
			t.Fatalf("read %+v, %v", p, err)
		}
		want := somePaper()
		want.Token, p.token = "", nil
		if !reflect.DeepEqual(p, want) {
			t.Errorf("read %+v, want %+v", p, want)
		}
	}
}

func TestAForgedCodeIsRefused(t *testing.T) {
	k, other := newTestKey(t), newTestKey(t)
	l, code := listOf(k), signedCode(t, k)
	raw, _ := fromDigits(code)
	var m cose
	if err := strict.dec.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	written := func(change func(*cose)) string {
		x := m
		x.Payload = bytes.Clone(m.Payload)
		change(&x)
		out, err := strict.enc.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		return toDigits(out)
	}
	richer := func(p *Paper) { p.Facts[0].Value = "9 073 332,90 ₽" }
	resigned := func(by *Key, change func(*Paper)) []byte {
		p := somePaper()
		change(&p)
		text, err := by.Code(p, 5000)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := fromDigits(text)
		return b
	}
	var rich cose
	if err := strict.dec.Unmarshal(resigned(other, richer), &rich); err != nil {
		t.Fatal(err)
	}
	revoked, early := listOf(k), listOf(k)
	revoked.Keys[0].RevokedAt = noon.Add(time.Hour)
	early.Keys[0].Until = noon.Add(-time.Hour)
	for name, c := range map[string]struct {
		code string
		list List
		want error
	}{
		"a changed value":                     {written(func(x *cose) { x.Payload = rich.Payload }), l, ErrForged},
		"another key":                         {signedCode(t, other), l, ErrUnknown},
		"another key under the portal's name": {written(func(x *cose) { x.Payload, x.Signature = rich.Payload, rich.Signature }), l, ErrForged},
		"no signature":                        {written(func(x *cose) { x.Signature = make([]byte, 64) }), l, ErrForged},
		"a short signature":                   {written(func(x *cose) { x.Signature = x.Signature[:63] }), l, ErrForeign},
		"a header that nobody signed":         {written(func(x *cose) { x.Unprotected = map[int]int{1: -7} }), l, ErrForeign},
		"another algorithm":                   {written(func(x *cose) { x.Protected = bytes.Replace(x.Protected, []byte{0x26}, []byte{0x27}, 1) }), l, ErrForeign},
		"a revoked key":                       {code, revoked, ErrRevoked},
		"a key that was retired before":       {code, early, ErrTime},
		"a digit too many":                    {code + "0", l, ErrForeign},
		"the address of another paper":        {strings.Replace(somePage, "AbC", "XyZ", 1) + "#" + code, l, ErrOther},
		"no digits":                           {"привет", l, ErrForeign},
		"nothing":                             {"", l, ErrForeign},
		"an address without a code":           {somePage, l, ErrForeign},
		"an address with an empty code":       {somePage + "#", l, ErrForeign},
		"more than a QR code holds":           {strings.Repeat("0", MostCode+1), l, ErrForeign},
	} {
		p, _, err := Read(c.code, c.list)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if Why(err) == "" {
			t.Errorf("%s: there is no word for it", name)
		}
		if nobody := errors.Is(err, ErrForged) || errors.Is(err, ErrForeign) || errors.Is(err, ErrUnknown); nobody && p.Number != "" {
			t.Errorf("%s: what nobody signed is told: %+v", name, p)
		}
	}
}

func TestEveryDigitOfACodeCounts(t *testing.T) {
	k := newTestKey(t)
	l, code := listOf(k), []byte(signedCode(t, k))
	for i := range code {
		for d := byte('0'); d <= '9'; d++ {
			was := code[i]
			if d == was {
				continue
			}
			code[i] = d
			if _, _, err := Read(string(code), l); err == nil {
				t.Fatalf("digit %d of %d is %c, and the code is good", i, len(code), d)
			}
			code[i] = was
		}
	}
}

// The bytes may be written in one way only, and the same signature in two: (r, s) and (r, n-s). That is no forgery, for it says the same.
func TestTheOtherFormOfASignatureSaysNothingElse(t *testing.T) {
	k := newTestKey(t)
	raw, _ := fromDigits(signedCode(t, k))
	var m cose
	if err := strict.dec.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	n := k.private.Params().N
	s := new(big.Int).Sub(n, new(big.Int).SetBytes(m.Signature[32:]))
	s.FillBytes(m.Signature[32:])
	out, err := strict.enc.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := Read(toDigits(out), listOf(k))
	if err != nil || p.Number != somePaper().Number {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestFactsThatFindNoRoomAreCounted(t *testing.T) {
	k := newTestKey(t)
	p := somePaper()
	for range 40 {
		p.Facts = append(p.Facts, Fact{"Кадастровый номер", "50:99:0010203:1187"})
	}
	code, err := k.Code(p, 1000)
	if err != nil || len(code) > 1000 {
		t.Fatalf("%d digits, %v", len(code), err)
	}
	got, _, err := Read(code, listOf(k))
	if err != nil || got.More == 0 || got.More+len(got.Facts) != len(p.Facts) || !reflect.DeepEqual(got.Facts, p.Facts[:len(got.Facts)]) {
		t.Errorf("%d facts, %d more, of %d; %v", len(got.Facts), got.More, len(p.Facts), err)
	}
	if _, err := k.Code(p, 100); err == nil {
		t.Error("a code was made that has no room")
	}
}

func TestDigitsAreReadAsTheyWereWritten(t *testing.T) {
	for n := range 40 {
		for _, fill := range []byte{0, 1, 0x7f, 0xff} {
			want := bytes.Repeat([]byte{fill}, n)
			text := toDigits(want)
			if got, ok := fromDigits(text); !ok || !bytes.Equal(got, want) {
				t.Errorf("%d bytes of %02x: %s reads as %x, %t", n, fill, text, got, ok)
			}
		}
	}
	for _, text := range []string{"1", "256", "999", "99999999999999999", "12a", "0000000000000000x", "+12", "-12"} {
		if b, ok := fromDigits(text); ok {
			t.Errorf("%s was read as %x", text, b)
		}
	}
}

func FuzzRead(f *testing.F) {
	k := newTestKey(f)
	l, code := listOf(k), signedCode(f, k)
	f.Add(code)
	f.Add(somePage + "#" + code)
	f.Add(code[:100])
	f.Add(toDigits([]byte{0x84, 0x40, 0xa0, 0x40, 0x40}))
	f.Fuzz(func(t *testing.T, text string) {
		p, _, err := Read(text, l)
		if err == nil && (p.Number != somePaper().Number || !strings.HasSuffix(strings.TrimSpace(text), code)) {
			t.Errorf("%q was taken for %+v", text, p)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	k := newTestKey(b)
	l, code := listOf(k), signedCode(b, k)
	for b.Loop() {
		if _, _, err := Read(code, l); err != nil {
			b.Fatal(err)
		}
	}
}
