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

// isolated is a product's configuration with isolation on, unless it says
// otherwise: what narrowed credentials do not reach is best found out here. What
// is no JSON object stays as it is, for the functions to refuse.
func isolated(config string) string {
	settings := map[string]json.RawMessage{}
	if config != "" && (json.Unmarshal([]byte(config), &settings) != nil || settings == nil) {
		return config
	}
	if _, said := settings["isolation"]; said {
		return config
	}
	settings["isolation"] = json.RawMessage("true")
	with, err := json.Marshal(settings)
	if err != nil {
		return config
	}
	return string(with)
}
