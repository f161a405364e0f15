//go:build reliability

package reliability

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopLimit is how long a process may take to end once it was told to.
const stopLimit = 2 * time.Minute

// process is a command that runs again and again.
type process struct {
	name, path, log string
	args            []string

	mu      sync.Mutex
	running *exec.Cmd
	ended   chan struct{}
	// expected says that the end of the process is ours.
	expected bool
	// died is how it ended when nobody asked it to.
	died error
}

func (p *process) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log of %s: %w", p.name, err)
	}
	defer log.Close()
	command := exec.Command(p.path, p.args...)
	command.Stdout, command.Stderr = log, log
	// Also when the test ends without a chance to clean up.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	p.running, p.ended, p.expected = command, make(chan struct{}), false
	go p.wait(command, p.ended)
	return nil
}

func (p *process) wait(command *exec.Cmd, ended chan struct{}) {
	err := command.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.expected {
		p.died = errors.Join(p.died, fmt.Errorf("%s ended by itself: %v, see %s", p.name, command.ProcessState, p.log), err)
	}
	close(ended)
}

// end sends a signal that ends the process, and waits until it has ended.
func (p *process) end(signal syscall.Signal) error {
	p.mu.Lock()
	command, ended := p.running, p.ended
	p.expected = true
	p.mu.Unlock()
	if command == nil {
		return nil
	}
	if err := command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("sending %s to %s: %w", signal, p.name, err)
	}
	select {
	case <-ended:
	case <-time.After(stopLimit):
		return fmt.Errorf("%s has not ended %s after %s", p.name, stopLimit, signal)
	}
	if signal != syscall.SIGKILL && !command.ProcessState.Success() && !signaled(command.ProcessState, signal) {
		return fmt.Errorf("%s ended with %v", p.name, command.ProcessState)
	}
	return nil
}

// signaled says whether a process ended of a signal: etcd has itself ended by the
// one that it was told to stop with.
func signaled(state *os.ProcessState, signal syscall.Signal) bool {
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == signal
}

// kill ends the process without giving it a chance to do anything.
func (p *process) kill() error { return p.end(syscall.SIGKILL) }

// stop ends the process as an administrator does.
func (p *process) stop() error { return p.end(syscall.SIGTERM) }

// pause stops the process for a while: it keeps its connections and says nothing.
func (p *process) pause(length time.Duration) error {
	p.mu.Lock()
	command := p.running
	p.mu.Unlock()
	if err := command.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("pausing %s: %w", p.name, err)
	}
	time.Sleep(length)
	if err := command.Process.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("going on with %s: %w", p.name, err)
	}
	return nil
}

// crashed tells whether the process has ever ended by itself.
func (p *process) crashed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.died
}
