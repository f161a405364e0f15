package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// loop has one bash run command after command, as a user's shell does: what one
// exports, the next one sees. It reads folders on one pipe and answers with exit
// statuses on another.
const loop = `
export GUIDE_STEP
while IFS= read -r GUIDE_STEP <&3; do
    source "$GUIDE_STEP/command" >"$GUIDE_STEP/stdout" 2>"$GUIDE_STEP/stderr" </dev/null 3<&- 4>&-
    printf '%d\n' "$?" >&4
done
`

// shell is a running bash.
type shell struct {
	process *exec.Cmd
	folders *os.File
	answers *bufio.Reader
	root    string // of the steps' folders
	steps   int
}

// outcome is what a command did in the shell.
type outcome struct {
	folder         string
	exit           int
	stdout, stderr string
	took           time.Duration
}

// startShell starts bash in a folder, with nothing but the given environment.
func startShell(folder, root string, env []string) (*shell, error) {
	foldersRead, foldersWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answersRead, answersWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	process := exec.Command("bash", "--noprofile", "--norc", "-c", loop)
	process.Dir, process.Env, process.Stderr = folder, env, os.Stderr
	process.ExtraFiles = []*os.File{foldersRead, answersWrite}
	// A group of its own, so that a command that hangs can be ended as a whole.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("starting bash: %w", err)
	}
	if err := errors.Join(foldersRead.Close(), answersWrite.Close()); err != nil {
		return nil, err
	}
	return &shell{process: process, folders: foldersWrite, answers: bufio.NewReader(answersRead), root: root}, nil
}

// run runs a command to its end, or ends the shell when ctx is over.
func (s *shell) run(ctx context.Context, text string) (outcome, error) {
	s.steps++
	o := outcome{folder: filepath.Join(s.root, strconv.Itoa(s.steps))}
	if err := os.Mkdir(o.folder, 0o700); err != nil {
		return o, err
	}
	if err := os.WriteFile(filepath.Join(o.folder, "command"), []byte(text), 0o600); err != nil {
		return o, err
	}
	start := time.Now()
	stop := context.AfterFunc(ctx, s.kill)
	defer stop()
	if _, err := fmt.Fprintln(s.folders, o.folder); err != nil {
		return o, fmt.Errorf("the shell has ended: %w", err)
	}
	answer, err := s.answers.ReadString('\n')
	if err != nil {
		return o, fmt.Errorf("the shell ended with the command: %w", errors.Join(err, ctx.Err()))
	}
	o.took = time.Since(start)
	if o.exit, err = strconv.Atoi(strings.TrimSpace(answer)); err != nil {
		return o, err
	}
	stdout, err1 := os.ReadFile(filepath.Join(o.folder, "stdout"))
	stderr, err2 := os.ReadFile(filepath.Join(o.folder, "stderr"))
	o.stdout, o.stderr = string(stdout), string(stderr)
	return o, errors.Join(err1, err2)
}

func (s *shell) kill() { _ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL) }

// close ends the shell.
func (s *shell) close() error {
	err := s.folders.Close()
	if wait := s.process.Wait(); wait != nil {
		err = errors.Join(err, fmt.Errorf("bash: %w", wait))
	}
	return err
}
