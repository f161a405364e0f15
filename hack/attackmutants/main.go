// Command attackmutants shows that the attacks of test/attack can fail. Each patch in
// test/attack/mutants switches one defence off. They are compiled into a KubeNova of
// their own, by go build's -overlay, so that the checkout stays as it is; which one is
// in effect stands in a file. With all defences on, the attacks that the patches name
// must come as expected; with one off, each that its patch names must not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "attackmutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("attackmutants", flag.ContinueOnError)
	platform := flags.Bool("platform", false, "try the mutants that need a whole platform as well, on one that is started for them")
	only := flags.String("run", "", "the mutants that are tried, as a regular expression over their names")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("--run: %w", err)
	}
	begun := time.Now()
	all, err := readMutants("test/attack/mutants")
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "kn-mutants-") // a short path: sockets lie in it
	if err != nil {
		return fmt.Errorf("making a scratch folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	binary, err := build(ctx, scratch, all)
	if err != nil {
		return err
	}
	fmt.Printf("built with %d mutants after %s\n", len(all), time.Since(begun).Round(time.Second))
	places := []place{onStandalone, onNewStandalone}
	if *platform {
		places = append(places, onPlatform)
	}
	survived, tried := 0, 0
	for _, where := range places {
		there := slices.DeleteFunc(slices.Clone(all), func(m mutant) bool { return m.where != where || !wanted.MatchString(m.name) })
		if len(there) == 0 {
			continue
		}
		tried += len(there)
		n, err := try(ctx, where, scratch, binary, there)
		if err != nil {
			return fmt.Errorf("trying the mutants of %q: %w", where, err)
		}
		survived += n
	}
	fmt.Printf("%d mutants tried in %s, %d survived\n", tried, time.Since(begun).Round(time.Second), survived)
	if survived > 0 || tried == 0 {
		return errors.New("an attack does not tell whether its defence is there")
	}
	return nil
}
