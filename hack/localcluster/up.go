package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The parts that up can leave out.
const (
	kubenova = "kubenova"
	vela     = "vela"
)

type upOptions struct {
	kubenova string // the binary
	without  map[string]bool
	audit    bool
}

func runUp(ctx context.Context, args []string) error {
	root, err := repoRoot()
	if err != nil {
		return err
	}
	set, dir := flags("up")
	binary := set.String("kubenova", filepath.Join(root, "bin", "kubenova"), "the kubenova binary")
	without := set.String("without", "", "parts to leave out, comma-separated: kubenova, capsule, vela")
	withoutKubeNova := set.Bool("without-kubenova", false, "the same as --without=kubenova")
	audit := set.Bool("audit", false, "have kube-apiserver write an audit log of everything that writes")
	_ = set.Parse(args)
	options, err := newUpOptions(*binary, *without, *withoutKubeNova)
	if err != nil {
		return err
	}
	options.audit = *audit
	l, err := newLayout(root, *dir)
	if err != nil {
		return err
	}
	if err := clearStale(l); err != nil {
		return err
	}
	bin, err := buildTools(ctx, root)
	if err != nil {
		return err
	}
	return up(ctx, root, bin, l, options)
}

func newUpOptions(binary, without string, withoutKubeNova bool) (upOptions, error) {
	path, err := filepath.Abs(binary)
	if err != nil {
		return upOptions{}, fmt.Errorf("finding the kubenova binary: %w", err)
	}
	options := upOptions{kubenova: path, without: map[string]bool{kubenova: withoutKubeNova}}
	for part := range strings.SplitSeq(without, ",") {
		switch part {
		case "":
		case kubenova, capsule, vela:
			options.without[part] = true
		default:
			return upOptions{}, fmt.Errorf("--without: there is no part %q", part)
		}
	}
	if _, err := os.Stat(path); err != nil && !options.without[kubenova] {
		return upOptions{}, fmt.Errorf("no kubenova binary, build it first (make build): %w", err)
	}
	return options, nil
}

// clearStale removes what a cluster that is gone has left; one that runs is
// not touched.
func clearStale(l layout) error {
	if ours, err := l.ours(); err != nil || !ours {
		return err
	}
	records, err := loadRecords(l)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.alive() {
			return fmt.Errorf("a cluster is up in %s (%s has pid %d): run down first", l.root, r.Name, r.PID)
		}
	}
	return l.remove()
}

func up(ctx context.Context, root, bin string, l layout, options upOptions) error {
	start := time.Now()
	c, err := newCluster(root, bin, l, options)
	if err != nil {
		return err
	}
	progress := newProgress(start)
	if err := runTasks(ctx, c.tasks(), progress.report); err != nil {
		return c.abandon(ctx, err)
	}
	fmt.Printf("up in %.1fs, %s\n", time.Since(start).Seconds(), l.root)
	fmt.Printf("  . %s\n", l.path("env"))
	return nil
}

// abandon stops what was started and shows why; the logs stay.
func (c *cluster) abandon(ctx context.Context, cause error) error {
	var failed *notReady
	if errors.As(cause, &failed) {
		fmt.Fprintf(os.Stderr, "--- the last lines of %s\n%s\n---\n", failed.log, tail(failed.log, tailLines))
	}
	// The caller's context may be what ended: stop all the same.
	if err := stopAll(context.WithoutCancel(ctx), c.layout); err != nil {
		return errors.Join(cause, err)
	}
	fmt.Fprintf(os.Stderr, "everything is stopped again; the logs are in %s\n", c.layout.path("logs"))
	return cause
}

// progress prints a line for each step that is done.
type progress struct {
	mu    sync.Mutex
	start time.Time
}

func newProgress(start time.Time) *progress {
	fmt.Printf("%-28s %8s %8s\n", "STEP", "TOOK", "AT")
	return &progress{start: start}
}

func (p *progress) report(name string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Printf("%-28s %7.1fs %7.1fs\n", name, took.Seconds(), time.Since(p.start).Seconds())
}
