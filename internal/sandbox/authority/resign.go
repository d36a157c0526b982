package authority

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// moment is a key that Go's library signs with before the right one does.
func moment() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

var errCompose = errors.New("sandbox: what was composed cannot be read")

// algorithm is the element that names the key's algorithm of signatures.
func (k *key) element() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(names[k.algorithm])
		if k.algorithm == RSA {
			b.AddASN1NULL()
		}
	})
	return b.Bytes()
}

// parts cuts a sequence into its elements.
func parts(sequence []byte) ([][]byte, error) {
	in := cryptobyte.String(sequence)
	var body cryptobyte.String
	if !in.ReadASN1(&body, tag.SEQUENCE) {
		return nil, errCompose
	}
	var out [][]byte
	for !body.Empty() {
		var one cryptobyte.String
		var t tag.Tag
		if !body.ReadAnyASN1Element(&one, &t) {
			return nil, errCompose
		}
		out = append(out, one)
	}
	return out, nil
}

func sequence(elements ...[]byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, e := range elements {
			b.AddBytes(e)
		}
	})
	return b.Bytes()
}

// signed is a body with the name of the algorithm and the signature after it, and what else.
func (k *key) signed(ctx context.Context, body []byte, after ...[]byte) ([]byte, error) {
	name, err := k.element()
	if err != nil {
		return nil, err
	}
	signature, err := k.sign(ctx, body)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1BitString(signature)
	bits, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return sequence(append([][]byte{body, name, bits}, after...)...)
}

// resign gives a certificate or a list the algorithm and the signature of the key; at is where the body names the algorithm. A
// certificate gets the key of its owner, too.
func (k *key) resign(ctx context.Context, der []byte, at int, owner *key) ([]byte, error) {
	outer, err := parts(der)
	if err != nil {
		return nil, err
	}
	inner, err := parts(outer[0])
	if err != nil {
		return nil, err
	}
	if inner[at], err = k.element(); err != nil {
		return nil, err
	}
	if owner != nil {
		inner[6] = owner.spki
	}
	body, err := sequence(inner...)
	if err != nil {
		return nil, err
	}
	return k.signed(ctx, body)
}

// resignAnswer does it to an answer of OCSP.
func (k *key) resignAnswer(ctx context.Context, der []byte) ([]byte, error) {
	in := cryptobyte.String(der)
	var response, status, outer, holder, kind, octets, explicit cryptobyte.String
	if !in.ReadASN1(&response, tag.SEQUENCE) || !response.ReadASN1Element(&status, tag.ENUM) || !response.ReadASN1(&explicit, tag.Tag(0).ContextSpecific().Constructed()) ||
		!explicit.ReadASN1(&holder, tag.SEQUENCE) || !holder.ReadASN1Element(&kind, tag.OBJECT_IDENTIFIER) || !holder.ReadASN1(&octets, tag.OCTET_STRING) {
		return nil, errCompose
	}
	outer = octets
	basic, err := parts(outer)
	if err != nil {
		return nil, err
	}
	again, err := k.signed(ctx, basic[0], basic[3:]...)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(status)
		b.AddASN1(tag.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(kind)
				b.AddASN1OctetString(again)
			})
		})
	})
	return b.Bytes()
}
