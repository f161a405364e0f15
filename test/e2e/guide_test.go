//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestGuide runs the user's guide word for word, against the platform with
// authentication and against a standalone server without. Both register the
// platform's own cluster, one after the other: the guide has one name for it.
func TestGuide(t *testing.T) {
	p := open(t)
	t.Parallel()
	program := filepath.Join(t.TempDir(), "guide")
	if output, err := p.run(t, "", "go", "build", "-o", program, "./hack/guide"); err != nil {
		t.Fatalf("building the runner: %v\n%s", err, output)
	}
	t.Run("authentication on", func(t *testing.T) { p.runGuide(t, program, p.base, p.token) })
	t.Run("authentication off", func(t *testing.T) { p.runGuide(t, program, p.startStandalone(t), "") })
}

// runGuide runs the program of hack/guide, whose table says what is right.
func (p platform) runGuide(t *testing.T, program, base, token string) {
	args := []string{
		"-base", base,
		"-target", filepath.Join(filepath.Dir(p.kubeconfig), "kubeconfigs", "target"),
		"-scratch", env(t, "SCRATCH_KUBECONFIG"),
	}
	if guide := os.Getenv("GUIDE"); guide != "" {
		args = append(args, "-guide", guide)
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir, command.Stdout, command.Stderr = p.root, t.Output(), t.Output()
	command.Env = append(os.Environ(), "KN_TOKEN="+token)
	// What it made is removed also when it is stopped.
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 3 * time.Minute
	if err := command.Run(); err != nil {
		t.Errorf("%v", err)
	}
}
