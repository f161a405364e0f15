package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// row is one comparison.
type row struct {
	Name string `json:"name"`
	// Ratio of KubeNova to its peer.
	Ratio float64 `json:"ratio"`
	// Goal that the ratio should reach.
	Goal float64 `json:"goal"`
	// Better says whether a higher or a lower ratio is better.
	Better string `json:"better"`
	// Ours and Peer are the medians that the ratio is made of, with their unit.
	Ours string `json:"ours"`
	Peer string `json:"peer"`
}

const (
	higher = "higher"
	lower  = "lower"
)

func (r row) reached() bool {
	if r.Better == higher {
		return r.Ratio >= r.Goal
	}
	return r.Ratio <= r.Goal
}

// compareRates is a row of throughput.
func compareRates(name string, goal float64, ours, peer []sample) row {
	a, b := median(rates(ours)), median(rates(peer))
	return row{Name: name, Ratio: a / b, Goal: goal, Better: higher, Ours: perSecond(a), Peer: perSecond(b)}
}

// compareLatency is a row of median latency, where lower is better.
func compareLatency(name string, goal float64, ours, peer []sample) row {
	a, b := median(medians(ours)), median(medians(peer))
	return row{Name: name, Ratio: a / b, Goal: goal, Better: lower, Ours: milliseconds(a), Peer: milliseconds(b)}
}

// speedup is a row of median latency told as how many times faster we are.
func speedup(name string, goal float64, ours, peer []sample) row {
	a, b := median(medians(ours)), median(medians(peer))
	return row{Name: name, Ratio: b / a, Goal: goal, Better: higher, Ours: milliseconds(a), Peer: milliseconds(b)}
}

func perSecond(v float64) string    { return fmt.Sprintf("%.0f/s", v) }
func milliseconds(v float64) string { return fmt.Sprintf("%.2f ms", v*1000) }
func mebibytes(v float64) string    { return fmt.Sprintf("%.1f MiB", v/(1<<20)) }

func printTable(w io.Writer, rows []row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "ROW\tKUBENOVA\tPEER\tRATIO\tGOAL\tREACHED\t")
	for _, r := range rows {
		sign, reached := ">=", "yes"
		if r.Better == lower {
			sign = "<="
		}
		if !r.reached() {
			reached = "NO"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.2f\t%s %.2f\t%s\t\n", r.Name, r.Ours, r.Peer, r.Ratio, sign, r.Goal, reached)
	}
	_ = t.Flush()
}

// results is what bench.json holds.
type results struct {
	Rows []row `json:"rows"`
}

func (o options) resultsFile() string { return filepath.Join(o.out, "bench.json") }

// former are the rows that a full platform's are added to.
func (o options) former() ([]row, error) {
	data, err := os.ReadFile(o.resultsFile())
	if !o.full || errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading former results: %w", err)
	}
	var out results
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("decoding former results: %w", err)
	}
	return out.Rows, nil
}

// save writes the results so far.
func (p *platform) save(rows []row) error {
	if err := writeJSON(p.options.resultsFile(), results{rows}); err != nil {
		return err
	}
	if p.options.charts == "" {
		return nil
	}
	return writeCharts(p.options.charts, rows, p.growths)
}

func writeJSON(path string, content any) error {
	data, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the rows: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("creating the folder of the results: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}
