package accounttest

import (
	"testing"

	"hearth/internal/account"
)

func TestModel(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) account.Store { return NewModel() })
}

func TestModelData(t *testing.T) {
	t.Parallel()
	RunData(t, func(*testing.T) (account.Store, account.DataStore) {
		m := NewModel()
		return m, ModelData{m}
	})
}
