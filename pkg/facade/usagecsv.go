package facade

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/munnerz/goautoneg"
	kuberesource "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const csvType = "text/csv"

// wantsCSV says whether the answer is to be CSV: by the query, or else by Accept.
func (c *call) wantsCSV() (bool, error) {
	if !c.query.Has("format") {
		accept := strings.Join(c.request.Header.Values("Accept"), ",")
		return goautoneg.Negotiate(accept, []string{plainType, csvType}) == csvType, nil
	}
	switch format := c.query.Get("format"); format {
	case "csv":
		return true, nil
	case "json":
		return false, nil
	default:
		return false, invalid(field.NotSupported(field.NewPath("format"), format, []string{"json", "csv"}))
	}
}

// tenantOf is the name of the tenant that a tenant or a project is of.
func tenantOf(object metav1.Object) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	tenant, _, _ := v1alpha1.SplitNamespace(object.GetNamespace())
	return tenant
}

// usageCSV writes the pieces of a window, one a line. A gap has empty cells.
func usageCSV(tenant string, status v1alpha1.UsageStatus) (reply, error) {
	lines := [][]string{{
		"tenant", "project", "from", "seconds", "samples",
		"cpuAverage", "cpuPeak", "memoryAverage", "memoryPeak", "podsAverage", "podsPeak",
	}}
	if status.History != nil {
		for _, piece := range status.History.Series {
			lines = append(lines, csvLine(tenant, piece))
		}
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true // as RFC 4180 has it
	if err := w.WriteAll(lines); err != nil {
		return reply{}, fmt.Errorf("writing usage as CSV: %w", err)
	}
	return reply{text: &text{contentType: csvType + "; charset=utf-8", content: out.Bytes()}}, nil
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

// text is an answer in another form than JSON.
type text struct {
	contentType string
	content     []byte
}

func writeText(w http.ResponseWriter, r *http.Request, answer *text) {
	w.Header().Set("Content-Type", answer.contentType)
	writeHeader(w, http.StatusOK)
	writeBody(w, r, answer.content)
}
