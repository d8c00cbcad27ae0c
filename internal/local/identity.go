package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// identity is what names this host's pool and clients. It is made once and
// kept, because tokens, SRP and the browser's storage depend on it.
type identity struct {
	UserPoolID     string `json:"userPoolId"`
	WebClientID    string `json:"webClientId"`
	ServerClientID string `json:"serverClientId"`
}

// loadIdentity returns the identity kept in the folder, or makes it and reports
// that it is new.
func loadIdentity(dir string) (id identity, made bool, err error) {
	path := filepath.Join(dir, "identity.json")
	content, err := os.ReadFile(path) //nolint:gosec // the host's own file
	switch {
	case err == nil:
		if json.Unmarshal(content, &id) != nil || id.UserPoolID == "" || id.WebClientID == "" || id.ServerClientID == "" {
			return identity{}, false, fmt.Errorf("%s is damaged: `make reset` starts over", path)
		}
		return id, false, nil
	case !errors.Is(err, os.ErrNotExist):
		return identity{}, false, fmt.Errorf("identity: %w", err)
	}
	id = identity{
		UserPoolID:     region + "_" + rand.Text()[:9],
		WebClientID:    strings.ToLower(rand.Text()),
		ServerClientID: strings.ToLower(rand.Text()),
	}
	if content, err = json.MarshalIndent(id, "", "  "); err != nil {
		return identity{}, false, fmt.Errorf("identity: %w", err)
	}
	// Written aside and renamed, so that a kill cannot leave half of it.
	if err := os.WriteFile(path+".new", append(content, '\n'), 0o600); err != nil {
		return identity{}, false, fmt.Errorf("identity: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return identity{}, false, fmt.Errorf("identity: %w", err)
	}
	return id, true, nil
}
