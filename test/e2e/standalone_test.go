//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startStandalone starts kubenova standalone on free ports and returns the URL of its REST door.
func (p platform) startStandalone(t *testing.T) string {
	t.Helper()
	base, _ := p.startStandaloneAt(t, t.TempDir())
	return base
}

// startStandaloneAt starts it on a data directory, and returns also what stops it.
func (p platform) startStandaloneAt(t *testing.T, dataDir string) (base string, stop func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, filepath.Join(p.root, "bin", "kubenova"), "standalone",
		"--data-dir", dataDir, "--http-address", address, "--secure-port", "0", "--auth=off")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = time.Minute
	log := &strings.Builder{}
	command.Stderr = log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := command.Wait(); err != nil && command.ProcessState.ExitCode() != 0 {
			t.Errorf("standalone ended with %v\n%s", err, log)
		}
	})
	t.Cleanup(stop)
	base = "http://" + address
	eventually(t, "standalone is ready", func() error {
		response, err := http.Get(base + "/api/v1/readyz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz answers %s", response.Status)
		}
		return nil
	})
	return base, stop
}
