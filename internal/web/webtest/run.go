package webtest

// Reaches asks from the page whether the address can be reached.
func (b *Browser) Reaches(address string) bool {
	b.t.Helper()
	var ok bool
	b.eval(&ok, "() => fetch("+quote(address)+").then(() => true, () => false)")
	return ok
}

// Run runs a function of the test's own in the page and decodes what it returns, for what no person does one by one.
func (b *Browser) Run(into any, function string) {
	b.t.Helper()
	b.eval(into, function)
}
