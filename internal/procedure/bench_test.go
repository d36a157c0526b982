package procedure

import (
	"os"
	"testing"
)

func BenchmarkCompile(b *testing.B) {
	src, err := os.ReadFile("../catalogue/services/property-extract.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Compile("property-extract.yaml", src); err != nil {
			b.Fatal(err)
		}
	}
}
