// Command localcluster runs a whole KubeNova platform as plain processes on
// loopback: etcd, Kubernetes, kwok, Capsule, KubeVela and KubeNova itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: localcluster <command> [flags]

  tools   [--print-path]                   build the binaries the cluster runs
  up      [--dir D] [--kubenova B] [--without a,b]
                                           start everything and wait for it
  down    [--dir D]                        stop everything and remove D
  start   [--dir D] <process>              start a stopped process again
  restart [--dir D] <process>              stop (SIGTERM) and start a process
  kill    [--dir D] <process>              kill a process (SIGKILL)
  status  [--dir D]                        list the processes
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "localcluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return errors.New("no command given")
	}
	commands := map[string]func(context.Context, []string) error{
		"tools":   runTools,
		"up":      runUp,
		"down":    runDown,
		"start":   runStart,
		"restart": runRestart,
		"kill":    runKill,
		"status":  runStatus,
	}
	command, ok := commands[args[0]]
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		return fmt.Errorf("unknown command %q", args[0])
	}
	return command(ctx, args[1:])
}

// flags returns the flag set of a subcommand, with the --dir that all but
// tools share.
func flags(name string) (*flag.FlagSet, *string) {
	set := flag.NewFlagSet(name, flag.ExitOnError)
	return set, set.String("dir", "", "folder of the cluster: data, certificates, logs and pids (default: _data/up of the checkout)")
}
