// Command govulncheck runs govulncheck over the module and compares what it
// finds with the checked-in list of accepted findings.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	binary := flag.String("binary", "govulncheck", "govulncheck binary to run")
	database := flag.String("db", "", "vulnerability database: a .tar.gz file, or a URL of a database or of a .tar.gz; empty for govulncheck's own default")
	allowFile := flag.String("allow", "hack/govulncheck-allow.txt", "file of accepted findings")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *binary, *database, *allowFile, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "govulncheck:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, database, allowFile string, patterns []string) error {
	allowed, err := readAllowed(allowFile)
	if err != nil {
		return err
	}
	url, cleanup, err := openDatabase(ctx, database)
	if err != nil {
		return err
	}
	defer cleanup()
	found, err := scan(ctx, binary, url, patterns)
	if err != nil {
		return err
	}
	fmt.Printf("govulncheck: database of %s, %d findings in called code, %d of them accepted in %s\n",
		found.database, len(found.called), len(found.called)-len(unaccepted(found.called, allowed)), allowFile)
	return compare(found.called, allowed)
}

// scan runs govulncheck. In JSON mode its exit code tells of failures only,
// not of findings.
func scan(ctx context.Context, binary, databaseURL string, patterns []string) (*findings, error) {
	args := []string{"-format", "json"}
	if databaseURL != "" {
		args = append(args, "-db", databaseURL)
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, append(args, patterns...)...)
	cmd.Stdout, cmd.Stderr = &output, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("running %s: %w", binary, err)
	}
	return parseFindings(&output)
}
