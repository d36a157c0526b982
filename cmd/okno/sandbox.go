package main

import (
	"context"
	"fmt"

	"okno/internal/sandbox"
)

// sandboxCmd are parts of the outside world that can stand alone.
type sandboxCmd struct {
	CA caCmd `cmd:"" name:"ca" help:"Run test certification authorities: certificates for made-up people, lists of revoked ones, OCSP."`
}

type caCmd struct {
	Dir  string `help:"Folder that keeps the authorities and their keys." default:"data/ca" type:"path"`
	Addr string `help:"Address to listen on; it stands in the certificates." default:"127.0.0.1:8095"`
}

// Run serves the authorities until it is told to stop.
func (c *caCmd) Run(ctx context.Context) error {
	return sandbox.ServeAuthorities(ctx, c.Dir, c.Addr, func(url, trusted string) {
		fmt.Printf("Test authorities at %s. Everybody may have their keys: trust them on a test portal only.\n\n"+
			"  people and their files   %s/demo/signatures\n  for the portal           OKNO_SIGNATURE_AUTHORITIES=%s OKNO_SIGNATURE_INSIDE=127.0.0.0/8\n", url, url, trusted)
	})
}
