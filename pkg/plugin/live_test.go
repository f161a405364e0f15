package plugin

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestLive shows three states on a terminal, where they take each other's place, and
// elsewhere, where only changes are written.
func TestLive(t *testing.T) {
	states := [][]step{
		{{"web", markBusy, "Ready:0/1"}, {"hello", markBusy, "Deploying"}},
		{{"web", markDone, "Ready:1/1"}, {"hello", markBusy, "Deploying"}},
		{{"hello", markDone, "Running,\nand a message that is much longer than the terminal"}},
	}
	for name, c := range map[string]struct {
		live live
		want string
	}{
		"terminal": {live{width: 24}, "\r\x1b[2K  … web: Ready:0/1\n\r\x1b[2K  … hello: Deploying\n\x1b[J" +
			"\x1b[2A\r\x1b[2K  ✔ web: Ready:1/1\n\r\x1b[2K  … hello: Deploying\n\x1b[J" +
			"\x1b[2A\r\x1b[2K  ✔ hello: Running, an…\n\x1b[J"},
		"file": {live{}, "  … web: Ready:0/1\n  … hello: Deploying\n  ✔ web: Ready:1/1\n" +
			"  ✔ hello: Running, and a message that is much longer than the terminal\n"},
		"colours": {live{colours: true}, "  \x1b[90m… web: Ready:0/1\x1b[0m\n  \x1b[90m… hello: Deploying\x1b[0m\n  \x1b[32m✔ web: Ready:1/1\x1b[0m\n" +
			"  \x1b[32m✔ hello: Running, and a message that is much longer than the terminal\x1b[0m\n"},
	} {
		var out strings.Builder
		c.live.out = &out
		for _, state := range states {
			c.live.show(state)
		}
		if out.String() != c.want {
			t.Errorf("%s: got %q, want %q", name, out.String(), c.want)
		}
	}
}

// TestUsageTable shows what is known, and a dash for what is not.
func TestUsageTable(t *testing.T) {
	amounts := func(pairs ...string) v1alpha1.ResourceAmounts {
		out := v1alpha1.ResourceAmounts{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = resource.MustParse(pairs[i+1])
		}
		return out
	}
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	o := &usageOptions{session: &session{IOStreams: streams}, span: "24h"}
	o.output = newOutput(&cobra.Command{}, "")
	err := o.describe(v1alpha1.UsageStatus{
		Source: v1alpha1.UsageLive,
		Used:   amounts("cpu", "1500m", "memory", "1610612736", "pods", "3"),
		Quotas: amounts("cpu", "6", "memory", "10Gi", "services", "7"),
		History: &v1alpha1.UsageWindow{
			Samples: 12, CoveredPercent: 50, Average: amounts("cpu", "1200m"), Peak: amounts("cpu", "2"),
		},
	})
	want := `RESOURCE   USED     QUOTA   OF QUOTA   AVERAGE   PEAK
cpu        1500m    6       25%        1200m     2
memory     1536Mi   10Gi    15%        -         -
pods       3        -       -          -         -
services   -        7       -          -         -

Now: live. Over 24h: 12 samples, which cover 50%.
`
	if err != nil || out.String() != want {
		t.Errorf("%v, got\n%s", err, out.String())
	}
	for in, want := range map[string]string{"1536Mi": "1536Mi", "12345678Ki": "12Gi", "1610612736": "1536Mi", "9999": "9999"} {
		if got := readable("memory", resource.MustParse(in)); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}
