package catalogue_test

import (
	"testing"

	"okno/internal/catalogue"
	"okno/internal/form"
)

// SRV-2: whatever is chosen on one page, there is something to choose on the next.
func TestNoChoiceOfAServiceLeadsToAnEmptyList(t *testing.T) {
	c, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, def := range c.All() {
		for _, page := range def.Form.Pages {
			for _, f := range page.Fields {
				over, ok := def.Form.Field(f.Within)
				if f.Within == "" || !ok {
					continue
				}
				for _, o := range over.Options {
					looked++
					if list := f.OptionsFor(form.Answers{}.With(over.Pointer, o.Value), form.Date{}); len(list) == 0 {
						t.Errorf("%s: with %s = %s there is nothing to choose for %s", def.Code, over.Pointer, o.Value, f.Pointer)
					}
				}
			}
		}
	}
	if looked == 0 {
		t.Error("no service has a choice within another")
	}
}
