package usage

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	kuberesource "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestCSV(t *testing.T) {
	amounts := func(cpu, memory, pods string) v1alpha1.ResourceAmounts {
		return v1alpha1.ResourceAmounts{"cpu": kuberesource.MustParse(cpu), "memory": kuberesource.MustParse(memory), "pods": kuberesource.MustParse(pods)}
	}
	from := metav1.NewTime(time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC))
	window := &v1alpha1.UsageWindow{Series: []v1alpha1.UsagePiece{
		{From: from, Seconds: 300, Samples: 2, Average: amounts("1500m", "3Gi", "11500m"), Peak: amounts("2", "4Gi", "12")},
		{From: from, Seconds: 300},
		{Project: "=HYPERLINK(\"x\")", From: from, Seconds: 300},
	}}
	var out strings.Builder
	if err := WriteCSV(&out, "acme", window); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(lines) != 4 {
		t.Fatalf("%v in %s", err, out.String())
	}
	for i, want := range map[int]string{
		0: "tenant project from seconds samples cpuAverage cpuPeak memoryAverage memoryPeak podsAverage podsPeak",
		1: "acme  2026-11-23T20:00:00Z 300 2 1.5 2 3221225472 4294967296 11.5 12",
		2: "acme  2026-11-23T20:00:00Z 300 0      ",
		3: `acme '=HYPERLINK("x") 2026-11-23T20:00:00Z 300 0      `,
	} {
		if got := strings.Join(lines[i], " "); got != want {
			t.Errorf("line %d is %q, want %q", i, got, want)
		}
	}
	for cell, want := range map[string]string{"+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "web-1": "web-1", "": ""} {
		if got := csvText(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}
