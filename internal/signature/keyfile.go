package signature

import "bytes"

// isKey reports whether the bytes are a private key or a file that holds one, whatever its name says: PKCS #12, PKCS #8 open and encrypted,
// PKCS #1, SEC 1, in DER or in BER, a part of one too. All but the encrypted PKCS #8 begin with the number of a version, a CMS with what it
// is. The page looks in the same way before it sends anything (keyfile.js), so that only browsers without scripts come as far as here.
func isKey(file []byte) bool {
	in, ok := within(file)
	if !ok {
		return false
	}
	if bytes.HasPrefix(in, []byte{2}) {
		return true
	}
	algorithm, ok := within(in)
	return ok && (bytes.HasPrefix(algorithm, []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5}) || // encrypted as PKCS #5 says
		bytes.HasPrefix(algorithm, []byte{6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1})) // or PKCS #12
}

// within is what stands in the sequence with which the bytes begin, and all that follows.
func within(in []byte) ([]byte, bool) {
	if len(in) < 2 || in[0] != 0x30 {
		return nil, false
	}
	head := 2
	if in[1] > 0x80 {
		head += int(in[1] & 0x7f)
	}
	if len(in) < head {
		return nil, false
	}
	return in[head:], true
}
