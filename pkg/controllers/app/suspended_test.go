package app

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

// TestSuspendedWithJobs has KubeVela wait for a Job that is suspended.
func TestSuspendedWithJobs(t *testing.T) {
	rendered := v1alpha1.RenderedApp{Components: []v1alpha1.Component{{Name: "web", Type: "webservice"}, {Name: "migrate", Type: "task"}}}
	of := func(web, migrate bool) []v1alpha1.ComponentStatus {
		return []v1alpha1.ComponentStatus{{Name: "migrate", Healthy: migrate}, {Name: "web", Healthy: web}}
	}
	pod := func(phase string) []*unstructured.Unstructured {
		return []*unstructured.Unstructured{{Object: map[string]any{"status": map[string]any{"phase": phase}}}}
	}
	for name, test := range map[string]struct {
		phase      v1alpha1.AppPhase
		components []v1alpha1.ComponentStatus
		pods       []*unstructured.Unstructured
		want       v1alpha1.AppPhase
	}{
		"all there":        {v1alpha1.AppRunning, of(true, true), nil, v1alpha1.AppSuspended},
		"the Job waits":    {v1alpha1.AppDeploying, of(true, false), nil, v1alpha1.AppSuspended},
		"its pod has run":  {v1alpha1.AppDeploying, of(true, false), pod("Succeeded"), v1alpha1.AppSuspended},
		"its pod still is": {v1alpha1.AppDeploying, of(true, false), pod("Pending"), v1alpha1.AppDeploying},
		"web is not down":  {v1alpha1.AppDeploying, of(false, false), nil, v1alpha1.AppDeploying},
		"not delivered":    {v1alpha1.AppDeploying, of(true, false)[:1], nil, v1alpha1.AppDeploying},
		"failed":           {v1alpha1.AppFailed, of(true, false), nil, v1alpha1.AppFailed},
	} {
		got := suspended(kubevela.Status{Phase: test.phase, Components: test.components}, rendered, test.pods)
		if got.Phase != test.want {
			t.Errorf("%s: phase is %s, want %s", name, got.Phase, test.want)
		}
	}
}
