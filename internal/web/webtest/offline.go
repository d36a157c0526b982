package webtest

import (
	"github.com/chromedp/cdproto/network"
)

// Offline cuts the browser off: whatever it asks for fails, and it knows that it is off line. That requests fail then is no trouble.
// What it returns puts the line back.
func (b *Browser) Offline() (back func()) {
	b.t.Helper()
	b.cut(true)
	return func() {
		b.t.Helper()
		b.cut(false)
	}
}

func (b *Browser) cut(off bool) {
	b.t.Helper()
	b.mu.Lock()
	b.offline = off
	b.mu.Unlock()
	call(b, "cut the line", network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{URLPattern: "", Offline: off, Latency: 0, DownloadThroughput: -1, UploadThroughput: -1}}})
	call(b, "tell of the line", network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: off, Latency: 0, DownloadThroughput: -1, UploadThroughput: -1})
}
