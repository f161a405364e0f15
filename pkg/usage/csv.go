package usage

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	kuberesource "k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// WriteCSV writes the pieces of a window, one a line. A gap has empty cells.
func WriteCSV(out io.Writer, tenant string, window *v1alpha1.UsageWindow) error {
	lines := [][]string{{
		"tenant", "project", "from", "seconds", "samples",
		"cpuAverage", "cpuPeak", "memoryAverage", "memoryPeak", "podsAverage", "podsPeak",
	}}
	if window != nil {
		for _, piece := range window.Series {
			lines = append(lines, csvLine(tenant, piece))
		}
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true // as RFC 4180 has it
	if err := w.WriteAll(lines); err != nil {
		return fmt.Errorf("writing usage as CSV: %w", err)
	}
	return nil
}

func csvLine(tenant string, piece v1alpha1.UsagePiece) []string {
	line := []string{
		csvText(tenant), csvText(piece.Project), piece.From.UTC().Format(time.RFC3339),
		strconv.FormatInt(piece.Seconds, 10), strconv.FormatInt(piece.Samples, 10),
	}
	for _, name := range []string{"cpu", "memory", "pods"} {
		for _, amounts := range []v1alpha1.ResourceAmounts{piece.Average, piece.Peak} {
			amount, found := amounts[name]
			if !found || piece.Samples == 0 {
				line = append(line, "")
				continue
			}
			line = append(line, csvNumber(amount))
		}
	}
	return line
}

func csvNumber(amount kuberesource.Quantity) string {
	return strconv.FormatFloat(amount.AsApproximateFloat64(), 'f', -1, 64)
}

// csvText keeps a spreadsheet from taking a name for a formula.
func csvText(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
