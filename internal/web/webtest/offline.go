package webtest

import "github.com/chromedp/cdproto/network"

// Offline takes the network away from the window, or gives it back.
func (b *Browser) Offline(on bool) {
	b.t.Helper()
	b.mu.Lock()
	b.offline = on
	b.mu.Unlock()
	call(b, "take the network away", network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	call(b, "take the network away", network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: on, DownloadThroughput: -1, UploadThroughput: -1})
}

// Reaches asks from the page whether the portal can be reached.
func (b *Browser) Reaches(path string) bool {
	b.t.Helper()
	var ok bool
	b.eval(&ok, "() => fetch("+quote(path)+").then(() => true, () => false)")
	return ok
}

// Run runs a function of the test's own in the page and decodes what it returns, for what no person does one by one.
func (b *Browser) Run(into any, function string) {
	b.t.Helper()
	b.eval(into, function)
}
