package catalog_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"

	"github.com/kubenova/kubenova/pkg/catalog"
)

// watched is a source that runs on a directory, and what it logs.
type watched struct {
	*testing.T
	dir    string
	source *catalog.Source
	log    chan string
}

func watch(t *testing.T, dir string) watched {
	t.Helper()
	w := watched{T: t, dir: dir, log: make(chan string, 100)}
	w.source = catalog.NewSource(dir, funcr.New(func(_, args string) { w.log <- args }, funcr.Options{}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.source.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the source ended with %v", err)
		}
	})
	return w
}

func (w watched) write(dir, file, content string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
		w.Fatal(err)
	}
}

// until waits for the plans to be these, and for the files to be refused or not.
func (w watched) until(plans string, refused bool) {
	w.Helper()
	var got string
	var problem error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var current *catalog.Catalog
		if current, problem = w.source.Current(); current == nil {
			continue
		}
		var names []string
		for _, plan := range current.Plans {
			names = append(names, plan.Name)
		}
		if got = strings.Join(names, " "); got == plans && (problem != nil) == refused {
			return
		}
	}
	w.Fatalf("plans are %q, refused for %v; want %q, refused %v", got, problem, plans, refused)
}

func plansFile(names ...string) string {
	var entries []string
	for _, name := range names {
		entries = append(entries, `{"name":"`+name+`"}`)
	}
	return "[" + strings.Join(entries, ",") + "]"
}

func TestWithoutDirectoryItIsBuiltIn(t *testing.T) {
	watch(t, "").until("baseline gold", false)
}

func TestEditsAreTakenUp(t *testing.T) {
	w := watch(t, t.TempDir())
	w.until("baseline gold", false) // of an empty directory
	w.write(w.dir, "plans.json", plansFile("one"))
	w.until("one", false)
	w.write(w.dir, "plans.json", `[{"name":"two"},`)
	w.until("one", true)
	if line := <-w.log; !strings.Contains(line, "plans.json") || !strings.Contains(line, "the catalog is refused") {
		t.Errorf("logged is %s", line)
	}
	w.write(w.dir, "plans.json", plansFile("two", "three"))
	w.until("three two", false)

	if err := os.Remove(filepath.Join(w.dir, "plans.json")); err != nil {
		t.Fatal(err)
	}
	w.until("three two", true) // and not the built-in one

	// As editors do it: another file takes the place.
	w.write(w.dir, ".new", plansFile("four"))
	if err := os.Rename(filepath.Join(w.dir, ".new"), filepath.Join(w.dir, "plans.json")); err != nil {
		t.Fatal(err)
	}
	w.until("four", false)
}

// TestConfigMapsAreTakenUp changes the directory as the kubelet does: the files
// are links through ..data, which is made to point to another directory.
func TestConfigMapsAreTakenUp(t *testing.T) {
	dir := t.TempDir()
	publish := func(version, plans string) {
		content := filepath.Join(dir, version)
		if err := os.Mkdir(content, 0o700); err != nil {
			t.Fatal(err)
		}
		watched{T: t}.write(content, "plans.json", plans)
		if err := os.Symlink(version, filepath.Join(dir, "..data_tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	publish("..1", plansFile("one"))
	if err := os.Symlink("..data/plans.json", filepath.Join(dir, "plans.json")); err != nil {
		t.Fatal(err)
	}
	w := watch(t, dir)
	w.until("one", false)
	publish("..2", plansFile("two"))
	w.until("two", false)
	publish("..3", plansFile("broken/name"))
	w.until("two", true)
	publish("..4", plansFile("four"))
	w.until("four", false)
}
