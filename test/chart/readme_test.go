package chart_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

// documented is a row of the table of values: its name and its default.
var documented = regexp.MustCompile("(?m)^\\| `([a-zA-Z.]+)` \\| `([^`]*)` \\| [^|]+ \\|$")

// TestEveryValueIsDocumented compares the README's table with values.yaml, both ways
// and with the defaults.
func TestEveryValueIsDocumented(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(dir, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(content, &values); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range documented.FindAllStringSubmatch(string(readme), -1) {
		rows[row[1]] = row[2]
	}
	compareValues(t, "", values, rows)
	if len(rows) > 0 {
		t.Errorf("the README has values that there are not: %v", slices.Sorted(maps.Keys(rows)))
	}
}

// compareValues takes what it finds out of rows.
func compareValues(t *testing.T, name string, value any, rows map[string]string) {
	t.Helper()
	if documented, found := rows[name]; found {
		delete(rows, name)
		if actual, err := json.Marshal(value); err != nil || string(actual) != documented {
			t.Errorf("the default of %s is %s, the README says %s (%v)", name, actual, documented, err)
		}
		return
	}
	parts, ok := value.(map[string]any)
	if !ok || len(parts) == 0 {
		t.Errorf("the README has no row for %s", name)
		return
	}
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		full := part
		if name != "" {
			full = name + "." + part
		}
		compareValues(t, full, parts[part], rows)
	}
}
