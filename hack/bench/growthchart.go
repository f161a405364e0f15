package main

import (
	"fmt"
	"math"
	"strings"
)

const (
	panelWidth, panelHeight = 250, 150
	panelMargin             = 60
	panelsInRow             = 4
)

// growthChart draws what each request takes, and the memory, over the number of apps,
// on a logarithmic axis. Each panel begins at zero: what is flat looks flat.
func growthChart(all []sizes) string {
	panels := []struct {
		name, unit string
		value      func(sizes) float64
	}{
		{"REST page of 200", "ms", func(s sizes) float64 { return 1000 * s.page }},
		{"REST list by label", "ms", func(s sizes) float64 { return 1000 * s.byLabel }},
		{"REST list by owner", "ms", func(s sizes) float64 { return 1000 * s.byOwner }},
		{"native page of 200", "ms", func(s sizes) float64 { return 1000 * s.native }},
		{"native get", "ms", func(s sizes) float64 { return 1000 * s.get }},
		{"native create", "ms", func(s sizes) float64 { return 1000 * s.create }},
		{"live heap of the server", "MiB", func(s sizes) float64 { return s.heap / (1 << 20) }},
	}
	var out strings.Builder
	lines := (len(panels) + panelsInRow - 1) / panelsInRow
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		panelsInRow*(panelWidth+panelMargin), lines*(panelHeight+panelMargin))
	out.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	for i, p := range panels {
		left, top := i%panelsInRow*(panelWidth+panelMargin)+panelMargin/2, i/panelsInRow*(panelHeight+panelMargin)+panelMargin/2
		fmt.Fprintf(&out, `<g transform="translate(%d,%d)"><text y="-8">%s (%s)</text>%s</g>`+"\n", left, top, p.name, p.unit, curve(all, p.value))
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// curve draws one panel.
func curve(all []sizes, value func(sizes) float64) string {
	most := 0.0
	for _, s := range all {
		most = max(most, value(s))
	}
	low, high := math.Log(float64(all[0].apps)), math.Log(float64(all[len(all)-1].apps))
	var points, marks strings.Builder
	for _, s := range all {
		x := (math.Log(float64(s.apps)) - low) / (high - low) * (panelWidth - 40)
		y := panelHeight - value(s)/most*(panelHeight-20)
		fmt.Fprintf(&points, "%.1f,%.1f ", x, y)
		fmt.Fprintf(&marks, `<circle cx="%.1f" cy="%.1f" r="3" fill="#2f7d4f"/><text x="%.1f" y="%.1f">%.3g</text><text x="%.1f" y="%d" fill="#555555">%d</text>`,
			x, y, x+5, y-6, value(s), x, panelHeight+15, s.apps)
	}
	return fmt.Sprintf(`<path d="M0,0 V%d H%d" fill="none" stroke="#555555"/><polyline points="%s" fill="none" stroke="#2f7d4f" stroke-width="2"/>%s`,
		panelHeight, panelWidth, points.String(), marks.String())
}
