package product_test

import (
	"os"
	"strings"
	"testing"

	"hearth/internal/product"
)

func TestTheREADMENamesEveryRoute(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range product.Routes() {
		if !strings.Contains(string(text), "`"+route.Key()+"`") {
			t.Errorf("the README does not name %s", route.Key())
		}
	}
}
