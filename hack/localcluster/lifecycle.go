package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

func runDown(ctx context.Context, args []string) error {
	l, _, err := parse("down", args, 0)
	if err != nil {
		return err
	}
	if ours, err := l.ours(); err != nil || !ours {
		return err
	}
	start := time.Now()
	if err := stopAll(ctx, l); err != nil {
		return err
	}
	if err := l.remove(); err != nil {
		return err
	}
	fmt.Printf("down in %.1fs\n", time.Since(start).Seconds())
	return nil
}

func runStart(ctx context.Context, args []string) error {
	l, name, err := parse("start", args, 1)
	if err != nil {
		return err
	}
	r, err := loadRecord(l, name)
	if err != nil {
		return err
	}
	if r.alive() {
		return fmt.Errorf("%s runs already (pid %d)", name, r.PID)
	}
	return startAgain(ctx, l, r)
}

func runRestart(ctx context.Context, args []string) error {
	l, name, err := parse("restart", args, 1)
	if err != nil {
		return err
	}
	r, err := loadRecord(l, name)
	if err != nil {
		return err
	}
	if err := r.stop(ctx, stopGrace); err != nil {
		return err
	}
	return startAgain(ctx, l, r)
}

func startAgain(ctx context.Context, l layout, r record) error {
	start := time.Now()
	again, exited, err := launch(l, r.command)
	if err != nil {
		return err
	}
	if err := waitReady(ctx, l, again, exited); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(l.log(r.Name), tailLines))
	}
	fmt.Printf("%s is ready after %.1fs (pid %d)\n", r.Name, time.Since(start).Seconds(), again.PID)
	return nil
}

func runKill(ctx context.Context, args []string) error {
	l, name, err := parse("kill", args, 1)
	if err != nil {
		return err
	}
	r, err := loadRecord(l, name)
	if err != nil {
		return err
	}
	return r.kill(ctx)
}

func runStatus(_ context.Context, args []string) error {
	l, _, err := parse("status", args, 0)
	if err != nil {
		return err
	}
	records, err := loadRecords(l)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "PROCESS\tPID\tRUNS\tHEALTH\tLOG")
	for _, r := range records {
		fmt.Fprintf(table, "%s\t%d\t%t\t%s\t%s\n", r.Name, r.PID, r.alive(), r.Ready, l.log(r.Name))
	}
	return table.Flush()
}

// parse reads the flags and the process name of a subcommand.
func parse(name string, args []string, want int) (layout, string, error) {
	set, dir := flags(name)
	_ = set.Parse(args)
	if set.NArg() != want {
		return layout{}, "", fmt.Errorf("%s takes %d arguments, not %d", name, want, set.NArg())
	}
	root, err := repoRoot()
	if err != nil {
		return layout{}, "", err
	}
	l, err := newLayout(root, *dir)
	return l, set.Arg(0), err
}
