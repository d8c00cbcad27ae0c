package eventsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
)

// positions say how far one consumer has come in each shard. They are in a file
// that is replaced as a whole after every batch, so that a host that is killed
// delivers a batch again rather than not at all.
type positions struct {
	path string
	file positionsFile
}

type positionsFile struct {
	// Stream is the ARN; positions in another stream are of no use.
	Stream string              `json:"stream"`
	Shards map[string]position `json:"shards"`
}

type position struct {
	// After is the sequence number of the last record that was handled.
	After string `json:"after,omitempty"`
	// Finished shards were read to their end.
	Finished bool `json:"finished,omitempty"`
}

func openPositions(path, streamARN string) (*positions, error) {
	p := &positions{path: path}
	raw, err := os.ReadFile(path) //nolint:gosec // the host's own folder
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("read positions: %w", err)
	default:
		if err := json.Unmarshal(raw, &p.file); err != nil {
			return nil, fmt.Errorf("read positions in %s: %w", path, err)
		}
	}
	if p.file.Stream != streamARN || p.file.Shards == nil {
		p.file = positionsFile{Stream: streamARN, Shards: map[string]position{}}
	}
	return p, nil
}

func (p *positions) of(shardID string) position { return p.file.Shards[shardID] }

// handled notes that a shard's records up to a sequence number were handled.
func (p *positions) handled(shardID, through string) error {
	p.file.Shards[shardID] = position{After: through}
	return p.save()
}

// finish notes that a shard was read to its end.
func (p *positions) finish(shardID string) error {
	p.file.Shards[shardID] = position{After: p.file.Shards[shardID].After, Finished: true}
	return p.save()
}

// keep forgets the shards that the stream has no more.
func (p *positions) keep(shards []shard) error {
	before := len(p.file.Shards)
	listed := make(map[string]bool, len(shards))
	for _, s := range shards {
		listed[s.id] = true
	}
	maps.DeleteFunc(p.file.Shards, func(id string, _ position) bool { return !listed[id] })
	if len(p.file.Shards) == before {
		return nil
	}
	return p.save()
}

func (p *positions) save() error {
	raw, err := json.Marshal(p.file)
	if err != nil {
		return fmt.Errorf("save positions: %w", err)
	}
	temporary := p.path + ".new"
	if err := os.WriteFile(temporary, raw, 0o600); err != nil {
		return fmt.Errorf("save positions: %w", err)
	}
	if err := os.Rename(temporary, p.path); err != nil {
		return fmt.Errorf("save positions: %w", err)
	}
	return nil
}
