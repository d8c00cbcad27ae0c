package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// stageConfig returns the product's configuration of a stage in cdk.json, as
// JSON for a function; what only a deployment needs stands beside it there. A
// product without the file or the stage gets its defaults.
func stageConfig(path, stage string) (string, error) {
	content, err := os.ReadFile(path) //nolint:gosec // the project's own file
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("configuration: %w", err)
	}
	var file struct {
		Context struct {
			Stages map[string]struct {
				Configuration json.RawMessage `json:"configuration"`
			} `json:"stages"`
		} `json:"context"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return "", fmt.Errorf("configuration: cdk.json: %w", err)
	}
	return string(file.Context.Stages[stage].Configuration), nil
}
