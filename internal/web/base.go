package web

import "context"

// BaseURL is the address of the portal as people use it, without a slash at its end: what is exported names things by it.
func BaseURL(ctx context.Context) string {
	u := visitOf(ctx).server.URL
	return u.Scheme + "://" + u.Host
}
