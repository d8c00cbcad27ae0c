package product_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/account"
	"hearth/internal/product"
)

// A configuration is whole and valid, or none.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"", "{}", "null", `{"graceDays":90}`, `{"languages":["x"]}`, `{"appUrl":"https://a"} {}`, `{"corsOrigins":["https://a/"]}`, "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, overrides string) {
		c, err := product.Config(overrides)
		switch {
		case err != nil && !cmp.Equal(c, account.Config{}):
			t.Errorf("%q is refused, and yet %+v", overrides, c)
		case err == nil && c.Validate() != nil:
			t.Errorf("%q is taken: %v", overrides, c.Validate())
		}
	})
}
