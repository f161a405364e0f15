package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// place is where mutants are tried.
type place string

// Places.
const (
	onStandalone place = "standalone"
	// onNewStandalone is for what is decided at the first start.
	onNewStandalone place = "standalone, from its first start"
	onPlatform      place = "platform"
)

// mutant is a defence that can be switched off.
type mutant struct {
	name, patch string
	// defence is what is switched off, rows the attacks that must tell.
	defence string
	rows    []string
	where   place
	// files that the patch changes.
	files []string
}

func readMutants(dir string) ([]mutant, error) {
	patches, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil || len(patches) == 0 {
		return nil, fmt.Errorf("finding the patches in %s: %w", dir, err)
	}
	var out []mutant
	for _, patch := range patches {
		m, err := readMutant(patch)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", patch, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func readMutant(patch string) (mutant, error) {
	path, err := filepath.Abs(patch)
	if err != nil {
		return mutant{}, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return mutant{}, err
	}
	m := mutant{name: strings.TrimSuffix(filepath.Base(patch), ".patch"), patch: path}
	lines := bufio.NewScanner(strings.NewReader(string(data)))
	for lines.Scan() {
		line := lines.Text()
		if key, value, ok := strings.Cut(line, ": "); ok && len(m.files) == 0 {
			switch key {
			case "Defence":
				m.defence = value
			case "Row":
				m.rows = append(m.rows, value)
			case "Where":
				m.where = place(value)
			}
		}
		if file, ok := strings.CutPrefix(line, "--- a/"); ok {
			m.files = append(m.files, file)
		}
	}
	known := slices.Contains([]place{onStandalone, onNewStandalone, onPlatform}, m.where)
	if m.defence == "" || len(m.rows) == 0 || len(m.files) == 0 || !known || !strings.Contains(string(data), `mutant("`+m.name+`")`) {
		return m, errors.New("it lacks Defence, Row, Where, a file, or the call of mutant with its name")
	}
	return m, nil
}

// switchSource is added to each package that is patched.
const switchSource = `package %s

import (
	"os"
	"path/filepath"
)

// mutant says whether a defence is switched off.
func mutant(name string) bool {
	now, err := os.ReadFile(filepath.Join(os.TempDir(), %q))
	return err == nil && string(now) == name
}
`

// switchFile names the mutant that is in effect, in the server's folder for temporary files.
const switchFile = "kubenova-mutant"

// build compiles KubeNova with all mutants, none of which is in effect by itself.
func build(ctx context.Context, scratch string, mutants []mutant) (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	source := filepath.Join(scratch, "source")
	overlay := map[string]string{}
	for _, m := range mutants {
		for _, file := range m.files {
			if err := copyOnce(filepath.Join(root, file), filepath.Join(source, file)); err != nil {
				return "", err
			}
			overlay[filepath.Join(root, file)] = filepath.Join(source, file)
		}
		apply := exec.CommandContext(ctx, "git", "apply", m.patch)
		apply.Dir = source
		if output, err := apply.CombinedOutput(); err != nil {
			return "", fmt.Errorf("the code has changed under the mutant %s, write it anew: %w\n%s", m.name, err, output)
		}
	}
	for file, patched := range overlay {
		added := filepath.Join(filepath.Dir(patched), "zz_mutant.go")
		if err := os.WriteFile(added, fmt.Appendf(nil, switchSource, filepath.Base(filepath.Dir(file)), switchFile), 0o600); err != nil {
			return "", err
		}
		overlay[filepath.Join(filepath.Dir(file), "zz_mutant.go")] = added
	}
	data, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return "", err
	}
	list, binary := filepath.Join(scratch, "overlay.json"), filepath.Join(scratch, "kubenova")
	if err := os.WriteFile(list, data, 0o600); err != nil {
		return "", err
	}
	compile := exec.CommandContext(ctx, "go", "build", "-overlay", list, "-o", binary, "./cmd/kubenova")
	if output, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building KubeNova with mutants: %w\n%s", err, output)
	}
	return binary, nil
}

func copyOnce(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}
