package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kubenova/kubenova/test/attack"
)

// server is a KubeNova that can be switched between mutants.
type server struct {
	platform func() (*attack.Platform, error)
	// temporary is its folder for temporary files.
	temporary string
	stop      func()
}

// try tries mutants one after another and returns how many survived.
func try(ctx context.Context, where place, scratch, binary string, mutants []mutant) (survived int, err error) {
	if where == onNewStandalone {
		for _, m := range mutants {
			n, err := tryAll(ctx, m.name, func(first string) (*server, error) { return startStandalone(ctx, scratch, binary, first) }, []mutant{m})
			if err != nil {
				return survived, err
			}
			survived += n
		}
		return survived, nil
	}
	start := func(first string) (*server, error) { return startStandalone(ctx, scratch, binary, first) }
	if where == onPlatform {
		start = func(string) (*server, error) { return startPlatform(ctx, binary) }
	}
	return tryAll(ctx, "", start, mutants)
}

// tryAll starts a server, with a mutant if one is named, and tries all mutants on it.
func tryAll(ctx context.Context, first string, start func(string) (*server, error), mutants []mutant) (survived int, err error) {
	s, err := start(first)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	if first == "" { // what has to be there from the start has no state without it
		var rows []string
		for _, m := range mutants {
			rows = append(rows, m.rows...)
		}
		differing, err := s.differing(ctx, "", rows)
		if err != nil || len(differing) > 0 {
			return 0, errors.Join(err, fmt.Errorf("with all defences on, these differ: %s", strings.Join(differing, ", ")))
		}
	}
	for _, m := range mutants {
		begun := time.Now()
		differing, err := s.differing(ctx, m.name, m.rows)
		if err != nil {
			return survived, fmt.Errorf("%s: %w", m.name, err)
		}
		mark := "killed"
		for _, row := range m.rows {
			if !slices.Contains(differing, row) {
				mark = "SURVIVED " + row
			}
		}
		if mark != "killed" {
			survived++
		}
		fmt.Printf("%-18s %-62s %5.1fs  %s\n", m.name, "without: "+m.defence, time.Since(begun).Seconds(), mark)
	}
	return survived, nil
}

// differing switches to a mutant, attacks, and returns the rows that did not come as expected.
func (s *server) differing(ctx context.Context, name string, rows []string) (out []string, err error) {
	if err := os.WriteFile(filepath.Join(s.temporary, switchFile), []byte(name), 0o600); err != nil {
		return nil, err
	}
	platform, err := s.platform()
	if err != nil {
		return nil, err
	}
	results, err := attack.Run(ctx, platform, func(row string) bool { return slices.Contains(rows, row) })
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if !slices.ContainsFunc(results, func(r attack.Result) bool { return r.Row() == row }) {
			return nil, fmt.Errorf("there is no attack %q here", row)
		}
	}
	for _, r := range results {
		if !r.Held() {
			out = append(out, r.Row())
		}
		if !r.Held() {
			fmt.Printf("%s: expected %s, seen %.200s\n", r.Row(), r.Expected, r.Seen)
		}
	}
	return out, nil
}

// startStandalone starts a standalone KubeNova that has a mutant from its first start.
func startStandalone(ctx context.Context, scratch, binary, first string) (*server, error) {
	dir, err := os.MkdirTemp(scratch, "data-")
	if err != nil {
		return nil, err
	}
	temporary := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(temporary, switchFile), []byte(first), 0o600); err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	data := filepath.Join(dir, "d")
	command := exec.CommandContext(ctx, binary, "standalone", "--data-dir", data, "--http-address", address, "--secure-port", "0", "--allow-target-cidr", "127.0.0.0/8")
	command.Env = append(os.Environ(), "TMPDIR="+temporary)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &server{
		temporary: temporary,
		platform:  func() (*attack.Platform, error) { return attack.Standalone(data, "http://"+address, log.Name()) },
		stop: func() {
			_ = command.Process.Signal(syscall.SIGTERM)
			_ = command.Wait()
		},
	}
	if err := waitReady(ctx, "http://"+address+"/api/v1/readyz"); err != nil {
		s.stop()
		said, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("%w\n%s", err, said)
	}
	return s, nil
}

func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func waitReady(ctx context.Context, url string) error {
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("%s is not ready: %w", url, err)
		}
	}
}

// startPlatform starts a whole platform, as make up does.
func startPlatform(ctx context.Context, binary string) (*server, error) {
	dir, err := filepath.Abs(filepath.Join("_data", "up-mutants"))
	if err != nil {
		return nil, err
	}
	local := func(args ...string) error {
		command := exec.CommandContext(context.WithoutCancel(ctx), "go", append([]string{"run", "./hack/localcluster"}, args...)...)
		command.Stdout, command.Stderr = os.Stdout, os.Stderr
		return command.Run()
	}
	if err := local("up", "--kubenova", binary, "--dir", dir); err != nil {
		return nil, fmt.Errorf("starting the platform: %w", err)
	}
	return &server{
		temporary: filepath.Join(dir, "tmp"),
		platform:  func() (*attack.Platform, error) { return attack.UpIn(dir) },
		stop: func() {
			if err := local("down", "--dir", dir); err != nil {
				fmt.Fprintln(os.Stderr, "stopping the platform:", err)
			}
		},
	}, nil
}
