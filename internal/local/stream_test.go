package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A position moves on only behind records that the stream function has handled.
func TestChangesReachTheStreamFunction(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil)
	handled := func() (shards int) {
		content, err := os.ReadFile(filepath.Join(h.options.Dir, "stream", "stream.json"))
		if err != nil {
			return 0 // none handled yet
		}
		var file struct {
			Shards map[string]struct{ After string }
		}
		if err := json.Unmarshal(content, &file); err != nil {
			t.Fatal(err)
		}
		for _, shard := range file.Shards {
			if shard.After != "" {
				shards++
			}
		}
		return shards
	}
	if handled() != 0 {
		t.Fatal("records before anything was written")
	}
	newPerson(t, h, nil)
	for deadline := time.Now().Add(20 * time.Second); handled() == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no record was handled")
		}
	}
}
