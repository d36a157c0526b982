package portal

import (
	"net/url"
	"strconv"

	"okno/internal/web/ui"
)

// paging is which part of a long list a page shows.
type paging struct {
	page, pages, size int
}

// pageOf is the page of a list of n things that the address asks for. One after the last is the last: lists become shorter.
func pageOf(asked string, n, size int) paging {
	g := paging{size: max(size, 1)}
	g.pages = max((n+g.size-1)/g.size, 1)
	g.page, _ = strconv.Atoi(asked) //nolint:errcheck // what is no number is the first page
	g.page = min(max(g.page, 1), g.pages)
	return g
}

// bounds are the bounds of the part in a list of n things.
func (g paging) bounds(n int) (first, last int) {
	return min((g.page-1)*g.size, n), min(g.page*g.size, n)
}

// links lead to the other pages of the address: to the first, the last and those around. The first page has no number in its address.
func (g paging) links(path string, query url.Values) (out ui.Pagination) {
	if g.pages == 1 {
		return out
	}
	at := func(n int) string {
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		if n > 1 {
			q.Set("page", strconv.Itoa(n))
		}
		if len(q) == 0 {
			return path
		}
		return path + "?" + q.Encode()
	}
	if g.page > 1 {
		out.Prev = at(g.page - 1)
	}
	if g.page < g.pages {
		out.Next = at(g.page + 1)
	}
	last := 0
	for n := 1; n <= g.pages; n++ {
		if n != 1 && n != g.pages && (n < g.page-1 || n > g.page+1) {
			continue
		}
		if n > last+1 {
			out.Pages = append(out.Pages, ui.Link{})
		}
		out.Pages, last = append(out.Pages, ui.Link{Label: strconv.Itoa(n), URL: at(n), Current: n == g.page}), n
	}
	return out
}
