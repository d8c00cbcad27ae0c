package mail

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"
	"time"
)

// required are the templates that the files of one kind and language define
// together.
var required = []string{"subject", "body", "action", "closing", "direction", "date", "role", "linkhelp"}

// parse reads the words of one language.
func parse(sources Texts, name string) (map[Kind]*template.Template, error) {
	sets := map[Kind]*template.Template{}
	for _, example := range examples() {
		kind := example.kind()
		set := template.New(path.Join(name, string(kind))).Funcs(template.FuncMap{"nth": nth}).Option("missingkey=error")
		for _, file := range []string{sharedFile, string(kind) + extension} {
			source, found := sources[path.Join(name, file)]
			if !found {
				return nil, fmt.Errorf("mail: the words of %s have no %s", name, file)
			}
			if _, err := set.Parse(source); err != nil {
				return nil, fmt.Errorf("mail: %w", err)
			}
		}
		for _, defined := range required {
			if set.Lookup(defined) == nil {
				return nil, fmt.Errorf("mail: the words of %s for %s do not define %q", name, kind, defined)
			}
		}
		sets[kind] = set
	}
	return sets, nil
}

// nth lets words choose by a number that begins with 1: {{nth .Month "January" …}}.
func nth(n any, choices ...string) (string, error) {
	var i int
	switch n := n.(type) {
	case time.Month:
		i = int(n)
	case int:
		i = n
	}
	if i < 1 || i > len(choices) {
		return "", fmt.Errorf("nth: there is no choice %v", n)
	}
	return choices[i-1], nil
}

// merge returns Hearth's sources with those of a product in their place.
func merge(replaced Texts) (Texts, error) {
	sources := Texts{}
	err := fs.WalkDir(files, "texts", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		sources[strings.TrimPrefix(name, "texts/")] = string(content)
		return err //nolint:wrapcheck // embedded: it cannot fail
	})
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	known := []string{sharedFile}
	for _, example := range examples() {
		known = append(known, string(example.kind())+extension)
	}
	for name := range replaced {
		folder, file := path.Split(name)
		if name != layoutText && name != layoutHTML && (folder == "" || !slices.Contains(known, file)) {
			return nil, fmt.Errorf("mail: there is no text %q to replace", name)
		}
	}
	maps.Copy(sources, replaced)
	return sources, nil
}

// languagesOf returns the folders of the sources, sorted.
func languagesOf(sources Texts) []string {
	var names []string
	for name := range sources {
		if folder, _ := path.Split(name); folder != "" {
			names = append(names, strings.TrimSuffix(folder, "/"))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
