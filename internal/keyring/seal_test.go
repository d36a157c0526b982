package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

func personKey(t testing.TB, fill byte) *Key {
	t.Helper()
	k, err := newKey(bytes.Repeat([]byte{fill}, personLen))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ring makes a ring with a known index root.
func ring(t testing.TB, roots ...string) *Ring {
	t.Helper()
	master, err := newMaster()
	if err != nil {
		t.Fatal(err)
	}
	if len(roots) == 0 {
		roots = []string{base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, rootLen))}
	}
	r, err := Open(Config{MasterJSON: string(master), IndexKey: strings.Join(roots, "\n")})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAValueIsSealedAsJSONAndOpensInItsPlaceAlone(t *testing.T) {
	k := personKey(t, 1)
	sealed, err := k.SealJSON("t", "c", "1", map[string]string{"snils": "11223344595"})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := k.OpenJSON("t", "c", "1", sealed, &got); err != nil || got["snils"] != "11223344595" {
		t.Errorf("%v, %v", got, err)
	}
	if err := k.OpenJSON("t", "c", "2", sealed, &got); !errors.Is(err, ErrSealed) {
		t.Errorf("in another row: %v", err)
	}
	if err := k.OpenJSON("t", "c", "1", k.Seal("t", "c", "1", []byte("no JSON")), &got); err == nil || errors.Is(err, ErrSealed) {
		t.Errorf("what is no JSON: %v", err)
	}
	if _, err := k.SealJSON("t", "c", "1", func() {}); err == nil {
		t.Error("what is no value is sealed")
	}
}

func TestASealedValueOpensOnlyWhereItWasSealed(t *testing.T) {
	// Few letters, so that the names run into each other often: "a"+"bc" beside "ab"+"c".
	pick := func() string {
		b := make([]byte, rand.IntN(4))
		for i := range b {
			b[i] = "ab|\x00"[rand.IntN(4)]
		}
		return string(b)
	}
	for name, k := range map[string]*Key{"a person's": personKey(t, 1), "the system's": ring(t).System()} {
		for range 3000 {
			from, to := [3]string{pick(), pick(), pick()}, [3]string{pick(), pick(), pick()}
			sealed := k.Seal(from[0], from[1], from[2], []byte("SNILS"))
			plain, err := k.Open(to[0], to[1], to[2], sealed)
			if from == to && (err != nil || string(plain) != "SNILS") {
				t.Fatalf("%s key: %q does not open in its place: %v", name, from, err)
			}
			if from != to && !errors.Is(err, ErrSealed) {
				t.Fatalf("%s key: what was sealed for %q opens for %q", name, from, to)
			}
		}
	}
}

func TestASealedValueOpensOnlyWithItsKeyAndUnspoiled(t *testing.T) {
	r := ring(t)
	keys := []*Key{personKey(t, 1), personKey(t, 2), r.System(), ring(t).System()}
	for i, k := range keys {
		sealed := k.Seal("t", "c", "r", []byte("name"))
		for j, other := range keys {
			if _, err := other.Open("t", "c", "r", sealed); (err == nil) != (i == j) {
				t.Errorf("sealed by key %d, opened by key %d: %v", i, j, err)
			}
		}
		for at := range sealed {
			spoiled := bytes.Clone(sealed)
			spoiled[at] ^= 1
			if _, err := k.Open("t", "c", "r", spoiled); !errors.Is(err, ErrSealed) {
				t.Errorf("key %d: a bit of byte %d is changed and it opens: %v", i, at, err)
			}
			if _, err := k.Open("t", "c", "r", sealed[:at]); !errors.Is(err, ErrSealed) {
				t.Errorf("key %d: cut to %d bytes it opens: %v", i, at, err)
			}
		}
	}
}

func TestAnEmptyValueAndALongOneComeBack(t *testing.T) {
	for _, k := range []*Key{personKey(t, 1), ring(t).System()} {
		for _, plain := range [][]byte{{}, []byte("Яна"), bytes.Repeat([]byte("x"), 1<<20)} {
			got, err := k.Open("t", "c", "r", k.Seal("t", "c", "r", plain))
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes: got %d, %v", len(plain), len(got), err)
			}
		}
	}
}

func TestEqualValuesAreSealedDifferently(t *testing.T) {
	k := personKey(t, 1)
	seen := map[string]bool{}
	for range 1000 {
		seen[string(k.Seal("t", "c", "r", []byte("same")))] = true
	}
	if len(seen) != 1000 {
		t.Errorf("1000 seals of one value are %d different ones", len(seen))
	}
}

// What is stored today must open in ten years: these bytes stand in databases.
func TestStoredFormsDoNotChange(t *testing.T) {
	if got, want := hex.EncodeToString(place("t", "co", "")), "76"+"0000000174"+"00000002636f"+"00000000"; got != want {
		t.Errorf("place = %s, want %s", got, want)
	}
	if got, want := hex.EncodeToString(wrapPlace("p")), "6b"+"0000000170"; got != want {
		t.Errorf("wrapPlace = %s, want %s", got, want)
	}
	sealed, _ := base64.StdEncoding.DecodeString(goldenSealed)
	if plain, err := personKey(t, 1).Open("account", "profile", "01arz3ndektsv4rrffq69g5fav", sealed); err != nil || string(plain) != "Яна" {
		t.Errorf("the stored seal opens as %q, %v", plain, err)
	}
	r := ring(t)
	for name, x := range map[string]struct{ got, want string }{
		"index": {hex.EncodeToString(r.Index("contact.phone", "+79991112233")), goldenIndex},
		"code":  {r.Code("contact", "01arz3ndektsv4rrffq69g5fav", 1), goldenCode},
		"token": {r.Token("paper", "01arz3ndektsv4rrffq69g5fav"), goldenToken},
	} {
		if x.got != x.want {
			t.Errorf("%s = %s, want %s", name, x.got, x.want)
		}
	}
}

// Computed a second time outside Go.
const (
	goldenSealed = "AdMugjqsB6oQN/S0jtzkFEkAAeqp3tvJqhvltDakKvoWdKk="
	goldenIndex  = "2f51cc43f735d0b9e8788275b5da5fcc4eeae7a7b1a5ddcd657ae5e620d4bdb8f4c5850a"
	goldenCode   = "976274"
	goldenToken  = "i6OPxyacdX6CRmTnZsdM5psOJdqHXmIk"
)

func TestAnIndexTellsColumnsAndRootsApart(t *testing.T) {
	r := ring(t)
	a := r.Index("contact.phone", "1")
	if !bytes.Equal(a, r.Index("contact.phone", "1")) {
		t.Error("the index of one value is two")
	}
	for name, b := range map[string][]byte{
		"another value": r.Index("contact.phone", "2"), "another column": r.Index("contact.email", "1"),
		"shifted": r.Index("contact.phone1", ""), "another root": ring(t, NewRoot()).Index("contact.phone", "1"),
	} {
		if bytes.Equal(a, b) {
			t.Errorf("%s has the same index", name)
		}
	}
	if id := ring(t, NewRoot()).Index("contact.phone", "1")[:4]; bytes.Equal(id, a[:4]) {
		t.Error("two roots have one name")
	}
}

func TestACodeIsSixDigitsOfItsOwnForEachPurposeThingAndNumber(t *testing.T) {
	r := ring(t)
	all := map[string]int{}
	for i := range 2000 {
		for _, c := range []string{r.Code("a", "b", i), r.Code("ab", "", i), r.Code("", "ab", i)} {
			if len(c) != 6 || strings.Trim(c, "0123456789") != "" {
				t.Fatalf("code %q", c)
			}
			all[c]++
		}
	}
	// 6000 draws of a million meet about 18 times; ten times as often means that something is not told apart.
	if len(all) < 6000-180 {
		t.Errorf("6000 codes are %d different ones", len(all))
	}
	if first, again := r.Code("a", "b", 1), r.Code("a", "b", 1); first != again {
		t.Error("sent again, the code is another")
	}
}

func TestEveryDigitOfACodeIsAsLikely(t *testing.T) {
	r := ring(t)
	const n = 20000
	var count [6][10]int
	for i := range n {
		for at, d := range r.Code("p", "x", i) {
			count[at][d-'0']++
		}
	}
	for at := range count {
		for d, c := range count[at] {
			if c < n/10-300 || c > n/10+300 { // seven standard deviations
				t.Errorf("digit %d stands %d times at place %d of %d codes", d, c, at, n)
			}
		}
	}
}

func TestTokensAreLongAndOfTheirOwn(t *testing.T) {
	r := ring(t)
	seen := map[string]bool{}
	for _, s := range []string{NewToken(), NewToken(), r.Token("a", "b"), r.Token("ab", ""), r.Token("", "ab"), r.Token("a", "c"), ring(t, NewRoot()).Token("a", "b")} {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil || len(b)*8 < 192 || seen[s] {
			t.Errorf("token %q of %d bits, seen %v, %v", s, len(b)*8, seen[s], err)
		}
		seen[s] = true
	}
	if first, again := r.Token("a", "b"), r.Token("a", "b"); first != again {
		t.Error("a derived token changes")
	}
	if got, want := hex.EncodeToString(HashToken("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; got != want {
		t.Errorf("HashToken = %s, want SHA-256 %s", got, want)
	}
}

func TestEqualComparesTextAndBytes(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"", "", true}, {"123456", "123456", true}, {"123456", "123457", false}, {"123456", "12345", false}, {"", "1", false}} {
		if Equal(c.a, c.b) != c.want || Equal([]byte(c.a), []byte(c.b)) != c.want {
			t.Errorf("Equal(%q, %q) is not %v", c.a, c.b, c.want)
		}
	}
}

// Values that were sealed with a key that has since left the keyset do not open: taking a key out is final.
func TestAKeysetWithoutTheKeyDoesNotOpen(t *testing.T) {
	text, err := newMaster()
	if err != nil {
		t.Fatal(err)
	}
	h, err := parseMaster(text)
	if err != nil {
		t.Fatal(err)
	}
	e, err := h.Primary()
	if err != nil {
		t.Fatal(err)
	}
	m := keyset.NewManagerFromHandle(h)
	next, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.SetPrimary(next), m.Delete(e.KeyID())); err != nil {
		t.Fatal(err)
	}
	if h, err = m.Handle(); err != nil {
		t.Fatal(err)
	}
	without, err := masterText(h)
	if err != nil {
		t.Fatal(err)
	}
	with, err := Open(Config{MasterJSON: string(text), IndexKey: NewRoot()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(Config{MasterJSON: string(without), IndexKey: NewRoot()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.System().Open("t", "c", "r", with.System().Seal("t", "c", "r", nil)); !errors.Is(err, ErrSealed) {
		t.Errorf("it opens: %v", err)
	}
}

func ExampleRing_Code() {
	r, err := Open(Config{MasterJSON: exampleMaster, IndexKey: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="})
	if err != nil {
		panic(err)
	}
	first, second := r.Code("registration", "01arz3ndektsv4rrffq69g5fav", 1), r.Code("registration", "01arz3ndektsv4rrffq69g5fav", 2)
	again := r.Code("registration", "01arz3ndektsv4rrffq69g5fav", 1) // after a crash, from the same row
	fmt.Println(len(first), Equal(first, again), Equal(first, second))
	// Output: 6 true false
}

func ExampleKey_Seal() {
	r, err := Open(Config{MasterJSON: exampleMaster, IndexKey: "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="})
	if err != nil {
		panic(err)
	}
	sealed := r.System().Seal("staff", "totp", "01arz3ndektsv4rrffq69g5fav", []byte("JBSWY3DPEHPK3PXP"))
	plain, err := r.System().Open("staff", "totp", "01arz3ndektsv4rrffq69g5fav", sealed)
	fmt.Println(string(plain), err)
	_, err = r.System().Open("staff", "totp", "another employee", sealed)
	fmt.Println(err)
	// Output:
	// JBSWY3DPEHPK3PXP <nil>
	// open staff.totp of another employee: keyring: the value does not open here
}

var exampleMaster = func() string {
	b, err := newMaster()
	if err != nil {
		panic(err)
	}
	return string(b)
}()
