// Command attack attacks the platform of make up, whose environment it reads, prints
// what was attempted, what was expected and what was seen, and fails on a difference.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"github.com/kubenova/kubenova/test/attack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("attack", flag.ContinueOnError)
	only := flags.String("run", "", "the rows that are attempted, as a regular expression over <attacker>: <attack>")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("--run: %w", err)
	}
	platform, err := attack.Up()
	if err != nil {
		return err
	}
	results, err := attack.Run(ctx, platform, wanted.MatchString)
	if err != nil {
		return err
	}
	if different := attack.Print(os.Stdout, results); different > 0 {
		return fmt.Errorf("%d of %d attacks came otherwise than expected", different, len(results))
	}
	return nil
}
