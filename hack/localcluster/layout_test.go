package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRemoveSparesForeignFolders(t *testing.T) {
	l := layout{root: t.TempDir()}
	file := filepath.Join(l.root, "precious")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.remove(); err == nil {
		t.Error("a folder that is no cluster was removed without complaint")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestClearStale(t *testing.T) {
	l := testLayout(t)
	r := launchShell(t, l, "sleeper", "exec sleep 60", 0)
	if err := clearStale(l); err == nil {
		t.Error("a running cluster counts as stale")
	}
	if err := r.kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := clearStale(l); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(l.root); !os.IsNotExist(err) {
		t.Errorf("the stale folder is still there: %v", err)
	}
}

func TestFreePortsAreDifferent(t *testing.T) {
	ports, err := freePorts(50)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] || port < firstPort || port > lastPort {
			t.Errorf("port %d was given twice or is out of range", port)
		}
		seen[port] = true
	}
}
