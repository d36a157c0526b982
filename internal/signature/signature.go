package signature

import (
	"context"
	"net/url"
	"time"

	"okno/internal/i18n"
	"okno/internal/keyring"
	"okno/internal/policy"
	"okno/internal/store"
)

// Config is what a Service is made of.
type Config struct {
	DB          *store.DB
	Ring        *keyring.Ring
	Policy      *policy.Policy
	Authorities *Authorities
	Publisher   Publisher
	URL         *url.URL // of the portal, which stands in the texts to be signed
	Name        i18n.Text
	Zone        *time.Location
	Known       func(ctx context.Context, q store.Querier, browser string) (bool, error) // somebody has signed in in the browser before; nil: nobody has
}

// Service verifies signatures and keeps challenges. It may be used by many at once.
type Service struct {
	Config
	openssl *openssl
	cache   cache
}

// New returns a service. Where OpenSSL cannot do GOST, signatures of GOST are refused with ErrCannotCheck; see CanGOST.
func New(c Config) *Service {
	return &Service{Config: c, openssl: newOpenSSL(c.Policy.Signatures.OpenSSL)}
}
