//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// kstatus is what kstatus, and with it Flux, makes of an object.
func (p platform) kstatus(t *testing.T, object ...string) (status.Status, error) {
	t.Helper()
	raw, err := p.tryKubectl(t, "", append([]string{"get", "-o", "json"}, object...)...)
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, raw)
	}
	var read unstructured.Unstructured
	if err := read.UnmarshalJSON([]byte(raw)); err != nil {
		return "", err
	}
	result, err := status.Compute(&read)
	if err != nil {
		return "", err
	}
	return result.Status, nil
}

// TestKstatus has kstatus look at one object of every kind that controllers carry
// out, and at two that cannot be.
func TestKstatus(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.newApp(t, "kstatus", guideApp)
	until := func(want status.Status, object ...string) {
		t.Helper()
		eventually(t, fmt.Sprintf("%v is %s", object, want), func() error {
			got, err := p.kstatus(t, object...)
			if err != nil || got != want {
				return fmt.Errorf("%s %w", got, err)
			}
			return nil
		})
	}
	hello := []string{"apps.kubenova.io", "hello", "-n", "kn-kstatus--web"}
	until(status.InProgressStatus, hello...) // never deployed
	p.rest(t, "POST", app.path+":deploy", "", 202, nil)
	until(status.CurrentStatus, hello...)
	until(status.CurrentStatus, "projects.kubenova.io", "web", "-n", "kn-kstatus")
	until(status.CurrentStatus, "tenants.kubenova.io", "kstatus")
	until(status.CurrentStatus, "clusters.kubenova.io", "local")

	p.kubectl(t, `{"apiVersion":"kubenova.io/v1alpha1","kind":"Cluster","metadata":{"name":"kstatus-nowhere"}}`, "create", "-f", "-")
	t.Cleanup(func() { p.kubectl(t, "", "delete", "clusters.kubenova.io", "kstatus-nowhere", "--timeout=60s") })
	until(status.InProgressStatus, "clusters.kubenova.io", "kstatus-nowhere")
}
