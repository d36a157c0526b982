package sandbox

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreeAddr finds an address of this machine where nobody listens, for a program that is started next. Its port lies below those
// that systems lend to outgoing connections (Linux from 32768, IANA from 49152): one of them may be taken between the finding
// and the start.
func FreeAddr() (string, error) {
	var last error
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(20000+rand.IntN(12000))) //nolint:gosec // a port is no secret
		l, err := net.Listen("tcp", addr)                                           //nolint:noctx // closed at once
		if err != nil {
			last = err
			continue
		}
		return addr, l.Close()
	}
	return "", errors.Join(errors.New("no free port from 20000 to 31999"), last)
}
