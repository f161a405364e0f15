package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/kubenova/kubenova/test/restcontract"
)

// stepTimeout bounds one command. Section 10 waits for namespaces to go.
const stepTimeout = 3 * time.Minute

// scratchSection is the section that empties its cluster.
const scratchSection = "10"

// runner runs the guide once.
type runner struct {
	options
	rest, target, scratch door
	shell                 *shell
	judge                 judge
	home                  string
	out                   io.Writer
}

// run runs the steps in a new shell and removes what they made. It goes on after
// a command that did not do what the table says.
func run(ctx context.Context, o options, g guide, steps []step, out io.Writer) (err error) {
	root, err := os.MkdirTemp("", "guide-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	r := runner{options: o, out: out, home: filepath.Join(root, "home")}
	if err := r.open(ctx, g); err != nil {
		return err
	}
	if err := r.refuseLeftovers(ctx); err != nil {
		return err
	}
	if r.shell, err = r.newShell(root); err != nil {
		return err
	}
	err = r.steps(ctx, steps)
	// What was asked for is cleaned up also when the run was ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*settle)
	defer cancel()
	return errors.Join(err, r.shell.close(), r.cleanUp(ctx))
}

func (r *runner) open(ctx context.Context, g guide) (err error) {
	r.rest = door{client: http.DefaultClient, base: r.base + "/api/v1", token: r.token}
	if r.target, err = clusterDoor(r.options.target); err != nil {
		return err
	}
	if r.scratch, err = clusterDoor(r.options.scratch); err != nil {
		return err
	}
	if r.scratch.base == r.target.base {
		return fmt.Errorf("section %s would empty the target %s: the scratch cluster must be another one", scratchSection, r.target.base)
	}
	status, body, err := r.rest.call(ctx, http.MethodGet, "/openapi.json", nil)
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("reading the contract of %s: %d %w", r.base, status, err)
	}
	contract, err := restcontract.New(body)
	if err != nil {
		return fmt.Errorf("reading the contract of %s: %w", r.base, err)
	}
	r.judge = judge{contract: contract, examples: g.examples}
	return nil
}

// steps runs every step. Its error counts those that are not as they should be.
func (r *runner) steps(ctx context.Context, steps []step) error {
	failed := 0
	for i, s := range steps {
		if s.section == scratchSection && (i == 0 || steps[i-1].section != scratchSection) {
			if err := r.enterScratch(ctx); err != nil {
				return err
			}
		}
		problems, err := r.step(ctx, s)
		if err != nil {
			return fmt.Errorf("line %d, %s: %w", s.line, s.name, err)
		}
		if len(problems) > 0 {
			failed++
		}
		for _, problem := range problems {
			fmt.Fprintf(r.out, "       %s\n", problem)
		}
	}
	fmt.Fprintf(r.out, "%d commands, %d failed\n", len(steps), failed)
	if failed > 0 {
		return fmt.Errorf("%d commands of the guide did not do what the table says", failed)
	}
	return nil
}

// step runs a command, looks at what it did, and waits for its effects.
func (r *runner) step(ctx context.Context, s step) ([]error, error) {
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	o, err := r.shell.run(limited, s.text)
	if err != nil {
		return nil, err
	}
	problems := r.judge.check(s, o)
	if len(problems) == 0 { // else there is nothing to wait for
		deadline := time.Now().Add(settle)
		if err := checkKubeconfig(ctx, deadline, s, o); err != nil {
			problems = append(problems, fmt.Errorf("effect: %w", err))
		}
		for _, e := range s.Effects {
			if err := r.await(ctx, deadline, s, e); err != nil {
				problems = append(problems, fmt.Errorf("effect: %w", err))
			}
		}
	}
	result := "ok    "
	if len(problems) > 0 {
		result = "FAILED"
	}
	status := ""
	if s.Status != 0 {
		status = fmt.Sprintf(" %d", s.Status)
	}
	effects := ""
	if len(s.Effects)+len(s.Kubeconfig) > 0 {
		effects = fmt.Sprintf(", effects after %.1fs", (time.Since(start) - o.took).Seconds())
	}
	fmt.Fprintf(r.out, "%s %3d  %s%s (%.2fs%s)\n", result, s.line, s.name, status, o.took.Seconds(), effects)
	return problems, nil
}

func (r *runner) await(ctx context.Context, deadline time.Time, s step, e effect) error {
	switch {
	case e.REST != "":
		return r.rest.await(ctx, deadline, e.REST, e)
	case s.section == scratchSection:
		return r.scratch.await(ctx, deadline, e.Target, e)
	default:
		return r.target.await(ctx, deadline, e.Target, e)
	}
}
