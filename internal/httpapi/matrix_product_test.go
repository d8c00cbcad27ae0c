package httpapi_test

import (
	"testing"

	"hearth/internal/httpapi"
	"hearth/internal/product"
)

// A product's own route needs a row in the table as Hearth's do.
func TestTheAuthorizationMatrix(t *testing.T) {
	t.Parallel()
	httpapi.AuthorizationMatrix(t, product.Routes(), product.Resources())
}
