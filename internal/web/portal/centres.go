package portal

import (
	"context"
	_ "embed"

	"go.yaml.in/yaml/v3"

	"okno/internal/i18n"
)

//go:embed centres.yaml
var centresFile []byte

// office is a service centre as its file tells.
type office struct {
	Code    string    `yaml:"code"`
	Name    i18n.Text `yaml:"name"`
	Address i18n.Text `yaml:"address"`
	Hours   i18n.Text `yaml:"hours"`
}

// everyCentre is read-only after the program's start.
var everyCentre = func() []office {
	var list []office
	if err := yaml.Unmarshal(centresFile, &list); err != nil {
		panic("portal: centres.yaml: " + err.Error())
	}
	return list
}()

// centre is a service centre in the language of the page.
type centre struct{ Name, Address, Hours string }

func centres(ctx context.Context) []centre {
	out := make([]centre, 0, len(everyCentre))
	for _, c := range everyCentre {
		out = append(out, centre{c.Name.In(ctx), c.Address.In(ctx), c.Hours.In(ctx)})
	}
	return out
}

// CentreName is what the centre of the code is called, empty when there is none.
func CentreName(code string) i18n.Text {
	for _, c := range everyCentre {
		if c.Code == code {
			return c.Name
		}
	}
	return i18n.Text{}
}
