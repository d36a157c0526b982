package authority

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// moment is a key that Go's library signs with before the right one does.
func moment() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

var oidSigningTime = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}

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

// resignTimeless takes the hour of signing out of a message of one signer, DER, and has the key sign what is left.
func (k *key) resignTimeless(ctx context.Context, der []byte) ([]byte, error) {
	explicit := tag.Tag(0).ContextSpecific().Constructed()
	in := cryptobyte.String(der)
	var info, kind, outer, signers, signer cryptobyte.String
	if !in.ReadASN1(&info, tag.SEQUENCE) || !info.ReadASN1Element(&kind, tag.OBJECT_IDENTIFIER) || !info.ReadASN1(&outer, explicit) {
		return nil, errCompose
	}
	message, err := parts(outer)
	if err != nil {
		return nil, err
	}
	last := len(message) - 1
	set := cryptobyte.String(message[last])
	if !set.ReadASN1(&signers, tag.SET) || !signers.ReadASN1Element(&signer, tag.SEQUENCE) || !signers.Empty() {
		return nil, errCompose
	}
	of, err := parts(signer) // version, certificate, digest, attributes, algorithm, signature
	if err != nil || len(of) < 6 {
		return nil, errors.Join(errCompose, err)
	}
	left, err := untimed(of[3], explicit)
	if err != nil {
		return nil, err
	}
	as := func(t tag.Tag, inside []byte) ([]byte, error) {
		var b cryptobyte.Builder
		b.AddASN1(t, func(b *cryptobyte.Builder) { b.AddBytes(inside) })
		return b.Bytes()
	}
	text, err := as(tag.SET, left) // attributes are signed as a set (RFC 5652, 5.4)
	if err != nil {
		return nil, err
	}
	signature, err := k.sign(ctx, text)
	if err != nil {
		return nil, err
	}
	var errs [4]error
	of[3], errs[0] = as(explicit, left)
	of[5], errs[1] = as(tag.OCTET_STRING, signature)
	signer, errs[2] = sequence(of...)
	message[last], errs[3] = as(tag.SET, signer)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if outer, err = sequence(message...); err != nil {
		return nil, err
	}
	if outer, err = as(explicit, outer); err != nil {
		return nil, err
	}
	return sequence(kind, outer)
}

// untimed are the attributes of an element without the hour of signing. One that has none is not what was asked for.
func untimed(element []byte, t tag.Tag) ([]byte, error) {
	in := cryptobyte.String(element)
	var attributes cryptobyte.String
	if !in.ReadASN1(&attributes, t) {
		return nil, errCompose
	}
	var left []byte
	found := false
	for !attributes.Empty() {
		var one, body cryptobyte.String
		var kind asn1.ObjectIdentifier
		if !attributes.ReadASN1Element(&one, tag.SEQUENCE) {
			return nil, errCompose
		}
		if all := one; !all.ReadASN1(&body, tag.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&kind) {
			return nil, errCompose
		}
		if kind.Equal(oidSigningTime) {
			found = true
			continue
		}
		left = append(left, one...)
	}
	if !found {
		return nil, errCompose
	}
	return left, nil
}
