package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// section measures some rows. Sections run in order, since later ones build on
// the objects of earlier ones.
type section struct {
	name    string
	measure func(context.Context) ([]row, error)
}

// sections is the list of everything that is measured. A full platform would be in
// the way of all others, and so has a platform of its own.
func (p *platform) sections() []section {
	if p.options.full {
		return []section{{"steady", p.steady}}
	}
	return []section{
		{"clusters", p.clusters}, // on a platform at rest, for what is normal
		{"convergence", p.convergence},
		{"failover", p.failover}, // the next one stops the controllers
		{"native", p.native},
		{"watch", p.watchFanOut},
		{"aggregator", p.aggregator},
		{"etcd", p.etcdPut},
		{"rest", p.rest},
		{"fairness", p.fairness},
		{"growth", p.growth},
		{"start", p.start},
	}
}

func (p *platform) measure(ctx context.Context) ([]row, error) {
	rows, err := p.options.former()
	if err != nil {
		return nil, err
	}
	for _, s := range p.sections() {
		if !p.options.rows.MatchString(s.name) {
			continue
		}
		began := time.Now()
		fmt.Printf("# %s\n", s.name)
		measured, err := s.measure(ctx)
		if err != nil {
			return nil, fmt.Errorf("measuring %s: %w", s.name, err)
		}
		fmt.Printf("# %s took %s\n", s.name, time.Since(began).Round(time.Second))
		printTable(os.Stdout, measured)
		rows = append(rows, measured...)
		// What was measured stays, also when a later section fails.
		if err := p.save(rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
