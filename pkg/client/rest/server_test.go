package rest_test

import (
	"log"
	"os"
	"testing"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// startServer starts a test server for an example, which is no test of its own.
func startServer() (url string, stop func()) {
	t := &exampleT{}
	return testserver.Start(t).URL, t.cleanup
}

// exampleT is as much of a test as the test server uses.
type exampleT struct {
	testing.TB
	cleanups []func()
}

func (*exampleT) Helper() {}

func (t *exampleT) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

func (*exampleT) Errorf(format string, args ...any) { log.Printf(format, args...) }

func (*exampleT) Fatalf(format string, args ...any) { log.Fatalf(format, args...) }

func (t *exampleT) TempDir() string {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		t.Fatalf("making a folder: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("removing %s: %v", dir, err)
		}
	})
	return dir
}

func (t *exampleT) cleanup() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
