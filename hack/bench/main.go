// Command bench measures KubeNova against its peers on one local platform, in
// one run: the same objects as a custom resource of the real kube-apiserver, and
// etcd itself. Each comparison is interleaved, round by round, so that what the
// machine does otherwise meets both sides alike.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

// options of a run.
type options struct {
	dir     string
	out     string
	charts  string
	rows    *regexp.Regexp
	rounds  int
	clients int
	objects int
	apps    int
	tenants int
	full    bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	o, err := parse(os.Args[1:])
	if err != nil {
		return err
	}
	p, err := open(ctx, o)
	if err != nil {
		return err
	}
	rows, err := p.measure(ctx)
	if err != nil {
		return err
	}
	printTable(os.Stdout, rows)
	return nil
}

func parse(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.StringVar(&o.dir, "dir", "_data/bench", "folder of the local platform to measure")
	set.StringVar(&o.out, "out", "_out", "folder for bench.json")
	set.StringVar(&o.charts, "charts", "", "folder for charts and the description of the machine; empty writes none")
	set.IntVar(&o.rounds, "rounds", 5, "rounds of each comparison")
	set.IntVar(&o.clients, "clients", 16, "concurrent clients")
	set.IntVar(&o.objects, "objects", 10_000, "objects of each kind that lists return")
	set.IntVar(&o.apps, "apps", 100_000, "apps in the store at the end of the growth rows")
	set.IntVar(&o.tenants, "tenants", 10_000, "tenants of the full platform, with two projects and five apps each")
	set.BoolVar(&o.full, "full", false, "measure a full platform at rest, which wants a platform of its own, and add it to the results")
	rows := set.String("run", "", "measure only the sections that this expression matches")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if o.rounds < 1 || o.clients < 1 || o.objects < 1000 || o.apps < 2*appsInProject || o.tenants < 1 {
		return o, fmt.Errorf("--rounds, --clients and --tenants must be positive, --objects at least 1000 and --apps 2000")
	}
	expression, err := regexp.Compile(*rows)
	if err != nil {
		return o, fmt.Errorf("--run: %w", err)
	}
	o.rows = expression
	return o, nil
}
