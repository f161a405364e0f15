// Command guide runs the user's guide, docs/kubenova-api-v1-guide.md, word for
// word against a running server, and checks what every command answers and does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// options say where the guide runs.
type options struct {
	base    string // URL of the server, without /api/v1
	token   string // empty with authentication off
	target  string // kubeconfig of the cluster that the guide registers
	scratch string // kubeconfig of the cluster that section 10 empties
	kubectl string // the binary
}

func main() {
	if filepath.Base(os.Args[0]) == "curl" {
		os.Exit(shim(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := start(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guide:", err)
		os.Exit(1)
	}
}

func start(ctx context.Context, args []string) error {
	o := options{token: os.Getenv("KN_TOKEN")}
	flags := flag.NewFlagSet("guide", flag.ExitOnError)
	file := flags.String("guide", "docs/kubenova-api-v1-guide.md", "the guide")
	flags.StringVar(&o.base, "base", os.Getenv("BASE"), "URL of the server, without /api/v1; $KN_TOKEN is the caller's token if it asks for one")
	flags.StringVar(&o.target, "target", "", "kubeconfig of the cluster that the guide registers")
	flags.StringVar(&o.scratch, "scratch", "", "kubeconfig of another cluster, which is emptied")
	flags.StringVar(&o.kubectl, "kubectl", "_tools/bin/kubectl", "the kubectl binary")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.base == "" || o.target == "" || o.scratch == "" {
		return errors.New("-base, -target and -scratch are needed")
	}
	kubectl, err := filepath.Abs(o.kubectl)
	if err != nil {
		return err
	}
	o.kubectl = kubectl
	text, err := os.ReadFile(*file)
	if err != nil {
		return fmt.Errorf("reading the guide: %w", err)
	}
	g, err := readGuide(string(text))
	if err != nil {
		return fmt.Errorf("reading %s: %w", *file, err)
	}
	table, err := readTable()
	if err != nil {
		return err
	}
	steps, err := plan(g, table)
	if err != nil {
		return fmt.Errorf("%s and the table differ:\n%w", *file, err)
	}
	return run(ctx, o, g, steps, os.Stdout)
}
