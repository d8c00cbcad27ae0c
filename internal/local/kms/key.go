package kms

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hearth/internal/local/awsapi"
)

// key is the one key, as the file keeps it.
type key struct {
	ID        string    `json:"keyId"`
	CreatedAt time.Time `json:"createdAt"`
	// Material is the secret, 32 random bytes.
	Material []byte `json:"material"`
}

func (k *key) sign(message []byte) []byte {
	h := hmac.New(sha256.New, k.Material)
	_, _ = h.Write(message) // it never fails
	return h.Sum(nil)
}

const fileName = "key.json"

// openKey returns the key kept in a folder, or makes it.
func openKey(dir string, now func() time.Time) (*key, error) {
	path := filepath.Join(dir, fileName)
	content, err := os.ReadFile(path) //nolint:gosec // the host's own file
	switch {
	case err == nil:
		var k key
		if json.Unmarshal(content, &k) != nil || k.ID == "" || len(k.Material) != sha256.Size {
			return nil, fmt.Errorf("kms: %s is damaged", path)
		}
		return &k, nil
	case !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("kms: %w", err)
	}
	k := &key{ID: awsapi.NewRequestID(), CreatedAt: now().UTC().Truncate(time.Second), Material: make([]byte, sha256.Size)}
	_, _ = rand.Read(k.Material) // since Go 1.24 it never fails
	if content, err = json.Marshal(k); err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	// Written aside and renamed, so that a kill cannot leave half of it.
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	return k, nil
}
