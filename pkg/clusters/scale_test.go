package clusters

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// deadEnds are two addresses: one accepts connections and never answers, the other
// refuses them.
func deadEnds(t *testing.T) (hanging, refusing string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
		}
	}()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closed.Close() }()
	return listener.Addr().String(), closed.Addr().String()
}

// cpu is what this process has used so far.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// slowest asks the healthy clusters for something, one after the other, and returns
// the 99th percentile.
func slowest(t *testing.T, healthy []*Target) time.Duration {
	t.Helper()
	var took []time.Duration
	for range 10 {
		for _, target := range healthy {
			start := time.Now()
			if _, err := target.GetLive(t.Context(), CapsuleTenant, "", "missing"); !apierrors.IsNotFound(err) {
				t.Fatalf("asking a healthy cluster: %v", err)
			}
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}

// TestManyDeadClusters measures what clusters cost most of which are dead: 200, or
// as many as the environment variable SCALE_CLUSTERS says.
func TestManyDeadClusters(t *testing.T) {
	count := 200
	if wanted := os.Getenv("SCALE_CLUSTERS"); wanted != "" {
		var err error
		if count, err = strconv.Atoi(wanted); err != nil {
			t.Fatal(err)
		}
	}
	set := newTestSet(t)
	set.opts.ProbeInterval = 30 * time.Second
	s := newAPIServer(t)
	var healthy []*Target
	for i := range count / 20 {
		healthy = append(healthy, put(t, set, fmt.Sprintf("healthy-%d", i), s))
	}
	normal := slowest(t, healthy)
	hanging, refusing := deadEnds(t)
	kubeconfig := string(s.kubeconfig())
	address := strings.TrimPrefix(s.URL, "https://")
	for i := range count - len(healthy) {
		to := []string{hanging, refusing}[i%2]
		name := fmt.Sprintf("dead-%d", i)
		if err := set.Put(name, Key{UID: name, Revision: 1}, []byte(strings.Replace(kubeconfig, address, to, 1))); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(12 * time.Second) // each was probed once
	const window = 20 * time.Second
	before := cpu(t)
	time.Sleep(window)
	share := float64(cpu(t)-before) / float64(window)
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	busy := slowest(t, healthy)
	t.Logf("%d clusters, %d of them healthy: %.1f %% of a core, %d MiB, %d goroutines; p99 of healthy ones %s, %s without the dead",
		count, len(healthy), 100*share, memory.Sys>>20, runtime.NumGoroutine(), busy, normal)
	if bound := 0.1 * float64(max(count, 1000)) / 1000; share > bound {
		t.Errorf("more than %.0f %% of a core", 100*bound)
	}
	if memory.Sys > 2<<30 {
		t.Error("more than 2 GiB")
	}
}

// TestRecoveryWithinSeconds has a cluster that hung come back.
func TestRecoveryWithinSeconds(t *testing.T) {
	s := newAPIServer(t)
	set := newTestSet(t)
	set.opts.ProbeInterval = 30 * time.Second
	target := put(t, set, "dev", s)
	s.hang.Store(true)
	s.CloseClientConnections()
	target.probeSoon()
	eventually(t, "the cluster to be away", func() bool { return target.Available() != nil })
	s.hang.Store(false)
	start := time.Now()
	eventually(t, "the cluster to be back", func() bool { return target.Available() == nil })
	t.Logf("back after %s", time.Since(start))
	if took := time.Since(start); took > awayInterval*6/5+2*time.Second {
		t.Errorf("it took %s", took)
	}
}
