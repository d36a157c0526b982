package authority

import (
	"context"
	"crypto/x509"
)

// Bundle is the certificate and its key as PEM: what OpenSSL and programs that know GOST read.
func (i *Identity) Bundle() []byte { return append(pemOf(i.Certificate), i.Key...) }

// PFX is certificate, chain and key as PKCS #12 under the Password.
func (i *Identity) PFX(ctx context.Context) ([]byte, error) {
	args := []string{"pkcs12", "-export", "-in", "all.pem", "-passout", "pass:" + Password, "-name", "sandbox"}
	if i.Algorithm.GOST() {
		args = append(args, "-engine", "gost")
	}
	all := i.Bundle()
	if i.by != nil {
		all = append(all, pemOf(i.by.Certificate)...)
	}
	return run(ctx, nil, map[string][]byte{"all.pem": all}, args...)
}

// Form is how a signature is to look.
type Form struct {
	Attached bool     // the signed bytes stand in the file
	Plain    bool     // without the attribute that makes it CAdES-BES
	PEM      bool     // as text
	Timeless bool     // without the hour at which it was signed, which OpenSSL always names
	More     []string // arguments of openssl cms

	Also    *Identity         // signs, too
	Instead *x509.Certificate // stands in the file in the place of the signer's, which is named by its key
}

// Sign signs bytes as the person's own program would: OpenSSL does it. A timeless one is DER.
func (i *Identity) Sign(ctx context.Context, content []byte, f Form) ([]byte, error) {
	args := []string{"cms", "-sign", "-binary", "-in", "content", "-signer", "cert.pem", "-inkey", "key.pem", "-md", i.Algorithm.digest(), "-outform", "DER"}
	if f.PEM {
		args[len(args)-1] = "PEM"
	}
	if f.Attached {
		args = append(args, "-nodetach")
	}
	if !f.Plain {
		args = append(args, "-cades")
	}
	if i.Algorithm.GOST() {
		args = append(args, "-engine", "gost")
	}
	files := map[string][]byte{"content": content, "cert.pem": pemOf(i.Certificate), "key.pem": i.Key}
	if f.Instead != nil {
		files["other.pem"] = pemOf(f.Instead)
		args = append(args, "-keyid", "-nocerts", "-certfile", "other.pem")
	}
	if f.Also != nil {
		files["also.pem"] = f.Also.Bundle()
		args = append(args, "-signer", "also.pem")
	}
	file, err := run(ctx, nil, files, append(args, f.More...)...)
	if err != nil || !f.Timeless {
		return file, err
	}
	k, err := readKey(ctx, i.Algorithm, i.Key)
	if err != nil {
		return nil, err
	}
	return k.resignTimeless(ctx, file)
}
