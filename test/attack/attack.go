// Package attack plays those who mean harm against a running KubeNova: a hostile
// tenant, a hostile developer of a project, hostile kubeconfigs, a hostile cluster
// and a caller without a name. It is one list: make attack, the end-to-end tests and
// the mutation check run the same one.
package attack

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// Attack is one attempt.
type Attack struct {
	// Name says what is attempted. It is unique within its group.
	Name string
	// Expected is what Try returns while all defences hold.
	Expected string
	// Needs says what must be there for the attempt to mean anything.
	Needs Needs
	// Try attempts it and says what happened: the answer and, above all, the effect.
	Try func(ctx context.Context, f *Field) string
}

// Needs of an attack.
type Needs int

// What an attack can need.
const (
	// Anything is enough, such as a standalone KubeNova.
	Anything Needs = iota
	// Everything is a host cluster with Capsule and KubeVela, as make up has it.
	Everything
)

// Group is what one attacker attempts, in this order.
type Group struct {
	Attacker string
	Attacks  []Attack
}

// Groups is the list of all attacks, by attacker.
func Groups() []Group {
	return []Group{
		{"anonymous caller", anonymousAttacks()},
		{"hostile tenant", tenantAttacks()},
		{"hostile developer", developerAttacks()},
		{"issued kubeconfig", issuedAttacks()},
		{"hostile kubeconfig", kubeconfigAttacks()},
		{"hostile cluster", clusterAttacks()},
	}
}

// Result is what came of an attack.
type Result struct {
	Attacker, Name, Expected, Seen string
	Took                           time.Duration
}

// Held says whether it came as expected.
func (r Result) Held() bool { return r.Seen == r.Expected }

// Row names an attack in the table: <attacker>: <attack>.
func (r Result) Row() string { return r.Attacker + ": " + r.Name }

// attemptTimeout bounds one attack.
const attemptTimeout = 60 * time.Second

// Run attacks a platform and returns what came of each attack that wanted selects
// and that the platform has the parts for. The groups run at the same time.
func Run(ctx context.Context, p *Platform, wanted func(row string) bool) ([]Result, error) {
	field, err := prepare(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("preparing the field: %w", err)
	}
	groups := Groups()
	results := make([][]Result, len(groups))
	var running sync.WaitGroup
	for i, group := range groups {
		running.Go(func() { results[i] = field.run(ctx, group, wanted) })
	}
	running.Wait()
	if err := field.clear(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("clearing the field: %w", err)
	}
	return slices.Concat(results...), nil
}

func (f *Field) run(ctx context.Context, group Group, wanted func(string) bool) (out []Result) {
	for _, a := range group.Attacks {
		result := Result{Attacker: group.Attacker, Name: a.Name, Expected: a.Expected}
		if a.Needs > f.has || !wanted(result.Row()) {
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, attemptTimeout)
		begun := time.Now()
		result.Seen = a.Try(bounded, f)
		result.Took = time.Since(begun).Round(time.Millisecond)
		cancel()
		out = append(out, result)
	}
	return out
}

// Print writes the table, and at its end how many attacks came otherwise than expected.
func Print(to io.Writer, results []Result) (different int) {
	table := tabwriter.NewWriter(to, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "\tATTACKER\tATTACK\tEXPECTED\tSEEN\tTOOK")
	for _, r := range results {
		mark, seen := "ok", "as expected"
		if !r.Held() {
			mark, seen = "DIFFERS", oneLine(r.Seen)
			different++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", mark, r.Attacker, r.Name, r.Expected, seen, r.Took.Round(10*time.Millisecond))
	}
	_ = table.Flush()
	fmt.Fprintf(to, "%d attacks, %d not as expected\n", len(results), different)
	return different
}

// oneLine keeps what was seen within a row.
func oneLine(text string) string {
	const longest = 1200
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longest {
		return text[:longest] + "..."
	}
	return text
}
