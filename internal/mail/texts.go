package mail

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/account"
)

// nameless marks the variant of a section for mails without a name.
const nameless = " nameless"

// sections are the texts of one file by their names.
type sections map[string]string

var heading = regexp.MustCompile(`^\[([a-zA-Z_ ]+)\]$`)

// parse reads a file of words.
func parse(source string) (sections, error) {
	all := sections{}
	name := ""
	for line := range strings.Lines(source) {
		if found := heading.FindStringSubmatch(strings.TrimSpace(line)); found != nil {
			name = found[1]
			if _, twice := all[name]; twice {
				return nil, fmt.Errorf("section [%s] is there twice", name)
			}
			all[name] = ""
			continue
		}
		if name == "" && strings.TrimSpace(line) != "" {
			return nil, fmt.Errorf("text before the first section")
		}
		all[name] += line
	}
	delete(all, "")
	return all, nil
}

var placeholder = regexp.MustCompile(`\{([A-Z][A-Za-z]*)\}`)

// fill puts values in the place of their names, once: a value that looks like a
// name stays as it is.
func fill(text string, values map[string]string) (string, error) {
	var unknown string
	filled := placeholder.ReplaceAllStringFunc(text, func(found string) string {
		value, known := values[found[1:len(found)-1]]
		if !known {
			unknown = found
		}
		return value
	})
	if unknown != "" {
		return "", fmt.Errorf("there is no %s here", unknown)
	}
	return filled, nil
}

// withName adds a name to the values, unless nobody knows it: words that name it
// all the same are a mistake.
func withName(field, name string, values map[string]string) map[string]string {
	if name != "" {
		values[field] = name
	}
	return values
}

// dictionary is what the mails of one language share.
type dictionary struct{ sections }

// newDictionary checks that everything is there.
func newDictionary(shared sections) (dictionary, error) {
	d := dictionary{shared}
	for _, name := range []string{"direction", "months", "date", "linkhelp", roleSection(account.Owner), roleSection(account.Admin), roleSection(account.Member)} {
		if words(shared[name]) == "" {
			return d, fmt.Errorf("section [%s] is missing", name)
		}
	}
	if n := len(strings.Fields(shared["months"])); n != 12 {
		return d, fmt.Errorf("section [months] has %d months", n)
	}
	_, err := fill(shared["date"], d.calendar(time.Time{}))
	return d, err
}

func (d dictionary) calendar(t time.Time) map[string]string {
	t = t.UTC()
	return map[string]string{
		"Day": strconv.Itoa(t.Day()), "Month": strings.Fields(d.sections["months"])[t.Month()-1],
		"Year": strconv.Itoa(t.Year()), "Time": t.Format("15:04"),
	}
}

// date writes a time, which is UTC: a mail does not know its reader's zone.
func (d dictionary) date(t time.Time) string {
	text, err := fill(words(d.sections["date"]), d.calendar(t))
	if err != nil { // newDictionary has tried it
		return ""
	}
	return text
}

// role writes a role as it stands in a sentence.
func (d dictionary) role(r account.Role) string {
	if text := words(d.sections[roleSection(r)]); text != "" {
		return text
	}
	return words(d.sections[roleSection(account.Member)])
}

func roleSection(r account.Role) string { return "role " + string(r) }

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
	inFolder := []string{sharedFile}
	for _, kind := range kinds {
		inFolder = append(inFolder, string(kind)+extension)
	}
	for name := range replaced {
		folder, file := path.Split(name)
		layout := slices.Contains([]string{layoutText, layoutHTML, paragraphHTML}, name)
		if !layout && (folder == "" || !slices.Contains(inFolder, file)) {
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
