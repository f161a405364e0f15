package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// command is what it takes to start a process, and to start it again.
type command struct {
	Name string   `json:"name"`
	Path string   `json:"path"`
	Args []string `json:"args"`
	Env  []string `json:"env,omitempty"`
	// Ready is the URL that answers 200 once the process serves.
	Ready string `json:"ready"`
	// Ports accept connections later than Ready answers: the webhooks'.
	Ports []int `json:"ports,omitempty"`
	// Stage orders the stop: the processes of the highest stage go first.
	Stage int `json:"stage"`
}

// record is a command with the process that ran it last. A pid alone may be
// reused by the time of down; with its start time it names one process only.
type record struct {
	command
	PID       int    `json:"pid"`
	StartTime uint64 `json:"startTime"`
}

func (r record) alive() bool {
	start, err := startTime(r.PID)
	return err == nil && start == r.StartTime
}

// launch starts the command detached from this program and records it. The
// channel yields the exit of the process, for as long as this program runs.
func launch(l layout, c command) (record, <-chan error, error) {
	log, err := os.OpenFile(l.log(c.Name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return record{}, nil, fmt.Errorf("opening the log of %s: %w", c.Name, err)
	}
	defer log.Close()
	cmd := exec.Command(c.Path, c.Args...)
	// HOME and TMPDIR lie in the cluster folder: down leaves nothing behind.
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + l.path("tmp"), "TMPDIR=" + l.path("tmp")}, c.Env...)
	cmd.Dir = l.path("tmp")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return record{}, nil, fmt.Errorf("starting %s: %w", c.Name, err)
	}
	exited := make(chan error, 1)
	r := record{command: c, PID: cmd.Process.Pid}
	r.StartTime, err = startTime(r.PID)
	if err == nil || errors.Is(err, errGone) {
		// A process that ended at once is reported with its log by who waits for it.
		err = r.save(l)
	}
	if err != nil {
		return record{}, nil, errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	go func() { exited <- cmd.Wait() }()
	return r, exited, nil
}

func (r record) save(l layout) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the record of %s: %w", r.Name, err)
	}
	// Renamed into place: a reader never meets half a record.
	temporary := l.pid(r.Name) + ".new"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("writing the record of %s: %w", r.Name, err)
	}
	if err := os.Rename(temporary, l.pid(r.Name)); err != nil {
		return fmt.Errorf("writing the record of %s: %w", r.Name, err)
	}
	return nil
}

// stop ends the process with SIGTERM, and with SIGKILL if it has not gone
// after the grace period.
func (r record) stop(ctx context.Context, grace time.Duration) error {
	if err := r.signal(syscall.SIGTERM); err != nil {
		return err
	}
	if r.waitGone(ctx, grace) {
		return nil
	}
	return r.kill(ctx)
}

func (r record) kill(ctx context.Context) error {
	if err := r.signal(syscall.SIGKILL); err != nil {
		return err
	}
	if !r.waitGone(ctx, 10*time.Second) {
		return fmt.Errorf("%s (pid %d) is still there after SIGKILL", r.Name, r.PID)
	}
	return nil
}

// signal does nothing to a process that is gone, nor to a stranger that has
// its pid by now.
func (r record) signal(signal syscall.Signal) error {
	if !r.alive() {
		return nil
	}
	err := syscall.Kill(r.PID, signal)
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("sending %s to %s (pid %d): %w", signal, r.Name, r.PID, err)
	}
	return nil
}

func (r record) waitGone(ctx context.Context, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for r.alive() {
		if time.Now().After(deadline) || ctx.Err() != nil {
			return false
		}
		time.Sleep(20 * time.Millisecond)
	}
	return true
}
