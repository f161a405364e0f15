package main

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// writeCharts writes the ratios and the growth, where it was measured, as charts, and
// a page that says what was measured on.
func writeCharts(dir string, rows []row, growths []sizes) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("creating the folder of the charts: %w", err)
	}
	files := map[string]string{"ratios.svg": chart(rows)}
	if len(growths) > 1 {
		files["growth.svg"] = growthChart(growths)
	}
	// A run without the growth leaves the chart of one that had it.
	_, err := os.Stat(filepath.Join(dir, "growth.svg"))
	files["results.md"] = page(rows, len(growths) > 1 || err == nil)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}

const (
	rowHeight  = 34
	labelWidth = 520
	barWidth   = 320
)

// chart draws each ratio relative to its goal, so that one line is the goal of
// every row; whatever is better, a longer bar is better.
func chart(rows []row) string {
	var out strings.Builder
	height := rowHeight*len(rows) + 50
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">`+"\n", labelWidth+barWidth+140, height)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="#ffffff"/><text x="%d" y="20" fill="#555555">goal</text>`+"\n", labelWidth+barWidth/3-12)
	for i, r := range rows {
		y := 30 + i*rowHeight
		length := min(score(r)/3, 1) * barWidth
		colour := "#2f7d4f"
		if !r.reached() {
			colour = "#b5482f"
		}
		fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.1f" height="18" fill="%s"/><text x="%.1f" y="%d">%.2f</text>`+"\n",
			labelWidth-8, y+14, html.EscapeString(r.Name), labelWidth, y, length, colour, labelWidth+length+6, y+14, r.Ratio)
	}
	fmt.Fprintf(&out, `<line x1="%[1]d" y1="24" x2="%[1]d" y2="%[2]d" stroke="#555555" stroke-dasharray="4 3"/>`+"\n</svg>\n", labelWidth+barWidth/3, height-10)
	return out.String()
}

// score is 1 at the goal and grows with what is better.
func score(r row) float64 {
	if r.Better == higher {
		return r.Ratio / r.Goal
	}
	if r.Ratio <= 0 {
		return 3
	}
	return r.Goal / r.Ratio
}

func page(rows []row, growth bool) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Results\n\nMade by `make bench` on %s with %d cores and %s of memory, %s.\nClients, servers and etcd share the machine. etcd runs without fsync for all alike.\n\n![ratios](ratios.svg)\n\n",
		cpuModel(), runtime.NumCPU(), memoryTotal(), runtime.Version())
	if growth {
		out.WriteString("With ever more apps in the store:\n\n![growth](growth.svg)\n\n")
	}
	out.WriteString("| row | KubeNova | peer | ratio | goal |\n|---|---|---|---|---|\n")
	for _, r := range rows {
		sign := "≥"
		if r.Better == lower {
			sign = "≤"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %.2f | %s %.2f |\n", r.Name, r.Ours, r.Peer, r.Ratio, sign, r.Goal)
	}
	return out.String()
}

func cpuModel() string { return procField("/proc/cpuinfo", "model name") }

func memoryTotal() string { return procField("/proc/meminfo", "MemTotal") }

// procField reads the first value of a field of a file of proc(5).
func procField(path, name string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "an unknown machine"
	}
	for line := range strings.Lines(string(data)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "an unknown machine"
}
