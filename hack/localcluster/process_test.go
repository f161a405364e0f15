package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func testLayout(t *testing.T) layout {
	t.Helper()
	l := layout{root: t.TempDir()}
	if err := l.create(); err != nil {
		t.Fatal(err)
	}
	return l
}

func launchShell(t *testing.T, l layout, name, script string, stage int) record {
	t.Helper()
	r, _, err := launch(l, command{Name: name, Path: "/bin/sh", Args: []string{"-c", script}, Stage: stage})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.kill(context.Background()) })
	return r
}

func TestParseStat(t *testing.T) {
	const tail = " 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 "
	tests := map[string]struct {
		stat  string
		start uint64
		err   bool
	}{
		"plain":               {"42 (etcd) S" + tail + "9876 0", 9876, false},
		"brackets and blanks": {"42 (a ) b) R" + tail + "55 0", 55, false},
		"zombie":              {"42 (etcd) Z" + tail + "9876 0", 0, true},
		"cut short":           {"42 (etcd) S 1 2", 0, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			start, err := parseStat(test.stat)
			if start != test.start || (err != nil) != test.err {
				t.Errorf("got %d, %v", start, err)
			}
		})
	}
}

func TestRecordSurvivesReload(t *testing.T) {
	l := testLayout(t)
	started := launchShell(t, l, "sleeper", "exec sleep 60", 0)
	loaded, err := loadRecord(l, "sleeper")
	if err != nil {
		t.Fatal(err)
	}
	if loaded.PID != started.PID || !loaded.alive() {
		t.Fatalf("loaded %+v, which is not the live process %d", loaded, started.PID)
	}
	if err := loaded.stop(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	if loaded.alive() {
		t.Error("the process outlived its stop")
	}
}

func TestReusedPIDIsNeverSignalled(t *testing.T) {
	l := testLayout(t)
	stranger := launchShell(t, l, "stranger", "exec sleep 60", 0)
	stale := stranger
	stale.StartTime++
	if stale.alive() {
		t.Error("a record with another start time takes the stranger for its own")
	}
	if err := stale.kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !stranger.alive() {
		t.Error("the stranger was killed")
	}
}

func TestStopKillsWhatIgnoresTheTerm(t *testing.T) {
	l := testLayout(t)
	r := launchShell(t, l, "stubborn", "trap '' TERM; echo ready; while :; do sleep 0.05; done", 0)
	for tail(l.log("stubborn"), 1) != "ready" {
		time.Sleep(10 * time.Millisecond)
	}
	if err := r.stop(t.Context(), 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if r.alive() {
		t.Error("the process is still there")
	}
}

func TestStopAllGoesFromTheLastStageToTheFirst(t *testing.T) {
	l := testLayout(t)
	order := l.path("order")
	for stage, name := range []string{"first", "second", "third"} {
		script := "trap 'echo " + name + " >> " + order + "; exit' TERM; echo ready; while :; do sleep 0.02; done"
		launchShell(t, l, name, script, stage)
		for tail(l.log(name), 1) != "ready" {
			time.Sleep(10 * time.Millisecond)
		}
	}
	if err := stopAll(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(order)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != "third\nsecond\nfirst\n" {
		t.Errorf("stopped in the order %q", data)
	}
}

func TestWaitReadyReportsAnEarlyExit(t *testing.T) {
	l := testLayout(t)
	if err := os.WriteFile(l.cert("ca"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	r, exited, err := launch(l, command{
		Name: "failing", Path: "/bin/sh", Args: []string{"-c", "echo no such flag; exit 3"},
		Ready: "http://" + loopback(ports[0]) + "/readyz",
	})
	if err != nil {
		t.Fatal(err)
	}
	var failed *notReady
	if err := waitReady(t.Context(), l, r, exited); !errors.As(err, &failed) || failed.name != "failing" {
		t.Fatalf("got %v", err)
	}
	if got := tail(failed.log, 1); got != "no such flag" {
		t.Errorf("the log ends with %q", got)
	}
}
