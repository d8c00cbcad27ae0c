package accounttest

import (
	"testing"

	"hearth/internal/account"
)

func TestModel(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) account.Store { return NewModel() })
}
