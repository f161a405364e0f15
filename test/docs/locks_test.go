package docs

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"testing"
)

// lock is what npm's lock file says of each package, by its folder.
type lock struct {
	Packages map[string]struct {
		Resolved             string            `json:"resolved"`
		Dependencies         map[string]string `json:"dependencies"`
		OptionalDependencies map[string]string `json:"optionalDependencies"`
	} `json:"packages"`
}

// TestLockFilesAreWhole wants the packages of every platform in npm's lock files: npm ci
// refuses one that was cut down to the platform of who wrote it. None names a registry.
func TestLockFilesAreWhole(t *testing.T) {
	for _, dir := range []string{"docs", "sdk/typescript", "hack/tools/dockerfile"} {
		content, err := os.ReadFile(filepath.Join(root, dir, "package-lock.json"))
		if err != nil {
			t.Fatal(err)
		}
		var locked lock
		if err := json.Unmarshal(content, &locked); err != nil {
			t.Fatal(err)
		}
		if len(locked.Packages) < 2 {
			t.Errorf("%s locks %d packages", dir, len(locked.Packages))
		}
		for at, found := range locked.Packages {
			if found.Resolved != "" {
				t.Errorf("%s: %s comes from %s", dir, at, found.Resolved)
			}
			for _, needed := range []map[string]string{found.Dependencies, found.OptionalDependencies} {
				for name := range needed {
					if !locked.has(at, name) {
						t.Errorf("%s: %s needs %s, which is not locked", dir, at, name)
					}
				}
			}
		}
	}
}

// has says whether a package in a folder finds another, there or in a folder above.
func (l lock) has(at, name string) bool {
	for {
		if _, found := l.Packages[path.Join(at, "node_modules", name)]; found {
			return true
		}
		if at == "" || at == "." {
			return false
		}
		at = path.Dir(at)
	}
}
