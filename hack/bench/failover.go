package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	standbyProcess = "kubenova-controller-manager-standby"
	// failoverLimit is how long work may rest when a leader is lost.
	failoverLimit = 20 * time.Second
)

// failover measures how long nothing is carried to clusters when the controller
// manager that leads is lost and another one stands by.
func (p *platform) failover(ctx context.Context) ([]row, error) {
	if err := p.startStandby(ctx); err != nil {
		return nil, err
	}
	leader, other := controllersProcess, standbyProcess
	// Who leads is known because nobody else is left: the one that was lost is started
	// again only then.
	lose := func(name string, how syscall.Signal, round int) (time.Duration, error) {
		lost, err := p.process(leader)
		if err != nil {
			return 0, err
		}
		began := time.Now()
		if err := syscall.Kill(lost.PID, how); err != nil {
			return 0, fmt.Errorf("ending %s: %w", leader, err)
		}
		if _, _, err := p.carry(ctx, fmt.Sprintf("%s%d", name, round), 1); err != nil {
			return 0, fmt.Errorf("after %s of %s: %w", how, leader, err)
		}
		took := time.Since(began)
		leader, other = other, leader
		return took, p.control(ctx, "start", other)
	}
	var killed, stopped []float64
	for round := range min(3, p.options.rounds) {
		took, err := lose("killed", syscall.SIGKILL, round)
		if err != nil {
			return nil, err
		}
		killed = append(killed, took.Seconds())
		if took, err = lose("stopped", syscall.SIGTERM, round); err != nil {
			return nil, err
		}
		stopped = append(stopped, took.Seconds())
	}
	// Later sections know of one controller manager.
	if err := p.control(ctx, "kill", standbyProcess); err != nil {
		return nil, err
	}
	line := func(what string, seconds []float64) row {
		return row{
			Name:  fmt.Sprintf("a tenant arrives again after the leader is %s, of %.0f s", what, failoverLimit.Seconds()),
			Ratio: median(seconds) / failoverLimit.Seconds(), Goal: 1, Better: lower,
			Ours: fmt.Sprintf("%.1f s", median(seconds)), Peer: fmt.Sprintf("%.0f s", failoverLimit.Seconds()),
		}
	}
	return []row{line("killed", killed), line("stopped", stopped)}, nil
}

// startStandby starts a second controller manager, like the first one but for its ports.
func (p *platform) startStandby(ctx context.Context) error {
	record := map[string]any{}
	data, err := os.ReadFile(filepath.Join(p.options.dir, "pids", controllersProcess+".json"))
	if err != nil {
		return fmt.Errorf("%s does not run: %w", controllersProcess, err)
	}
	if err := json.Unmarshal(data, &record); err != nil {
		return fmt.Errorf("decoding the record of %s: %w", controllersProcess, err)
	}
	args, _ := record["args"].([]any)
	for i, arg := range args {
		name, _, _ := strings.Cut(fmt.Sprint(arg), "=")
		if name != "--health-address" && name != "--profiling-address" {
			continue
		}
		address, err := freeAddress()
		if err != nil {
			return err
		}
		args[i] = name + "=" + address
		if name == "--health-address" {
			record["ready"] = "http://" + address + "/readyz"
		}
	}
	record["name"], record["pid"], record["startTime"] = standbyProcess, 0, 0
	if data, err = json.Marshal(record); err != nil {
		return fmt.Errorf("encoding a record: %w", err)
	}
	if err := os.WriteFile(filepath.Join(p.options.dir, "pids", standbyProcess+".json"), data, 0o600); err != nil {
		return fmt.Errorf("writing a record: %w", err)
	}
	return p.control(ctx, "start", standbyProcess)
}

// freeAddress is an address on loopback that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}
