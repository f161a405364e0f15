package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// marker names a folder as one of ours, so that down never removes another.
const marker = ".localcluster"

// layout knows where everything of one cluster lies.
type layout struct{ root string }

// newLayout takes the default folder of the checkout when none is named.
func newLayout(repo, dir string) (layout, error) {
	if dir == "" {
		dir = filepath.Join(repo, "_data", "up")
	}
	root, err := filepath.Abs(dir)
	if err != nil {
		return layout{}, fmt.Errorf("finding the cluster folder %s: %w", dir, err)
	}
	return layout{root: root}, nil
}

func (l layout) path(elem ...string) string {
	return filepath.Join(append([]string{l.root}, elem...)...)
}

func (l layout) log(process string) string       { return l.path("logs", process+".log") }
func (l layout) pid(process string) string       { return l.path("pids", process+".json") }
func (l layout) cert(name string) string         { return l.path("certs", name+".crt") }
func (l layout) key(name string) string          { return l.path("certs", name+".key") }
func (l layout) kubeconfigOf(name string) string { return l.path("kubeconfigs", name) }
func (l layout) kubeconfig() string              { return l.path("kubeconfig") }

// create makes the folders of a new cluster; all of them are private, since
// keys and tokens lie in them.
func (l layout) create() error {
	for _, dir := range []string{"certs", "data", "kubeconfigs", "logs", "pids", "tmp"} {
		if err := os.MkdirAll(l.path(dir), 0o700); err != nil {
			return fmt.Errorf("creating the cluster folder: %w", err)
		}
	}
	return os.WriteFile(l.path(marker), nil, 0o600)
}

// ours says whether the folder holds a cluster; a folder with other content is
// an error.
func (l layout) ours() (bool, error) {
	entries, err := os.ReadDir(l.root)
	if errors.Is(err, os.ErrNotExist) || (err == nil && len(entries) == 0) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the cluster folder: %w", err)
	}
	if _, err := os.Stat(l.path(marker)); err != nil {
		return false, fmt.Errorf("%s is not a cluster folder: it has no %s", l.root, marker)
	}
	return true, nil
}

func (l layout) remove() error {
	ours, err := l.ours()
	if err != nil || !ours {
		return err
	}
	if err := os.RemoveAll(l.root); err != nil {
		return fmt.Errorf("removing the cluster folder: %w", err)
	}
	return nil
}
