package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestRuns runs the image's program as the image's user. Where the test may, nothing
// but the image's files is there, as in a container.
func TestRuns(t *testing.T) {
	for _, image := range images(t, open(t, made(t, compiled(t)))) {
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Architecture != runtime.GOARCH {
			continue
		}
		root, _ := rootOf(t, image)
		command := exec.CommandContext(t.Context(), filepath.Join(root, config.Config.Entrypoint[0]))
		isolated := os.Geteuid() == 0
		if isolated {
			reachable(t, root)
			command = exec.CommandContext(t.Context(), config.Config.Entrypoint[0])
			command.Dir = "/"
			command.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		}
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		if said := string(output); isolated && said != "user 65532, certificates true\n" || !strings.HasPrefix(said, "user ") {
			t.Errorf("the program says %s", said)
		}
		return
	}
	t.Fatalf("there is no image for %s", runtime.GOARCH)
}

// reachable lets everyone into a folder of a test.
func reachable(t *testing.T, root string) {
	t.Helper()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
}
