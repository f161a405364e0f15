package app

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

// TestKstatus takes one app through its life and asks kstatus what it makes of it.
func TestKstatus(t *testing.T) {
	app := &v1alpha1.App{TypeMeta: metav1.TypeMeta{APIVersion: "kubenova.io/v1alpha1", Kind: "App"}, ObjectMeta: metav1.ObjectMeta{Name: "hello", Generation: 2}}
	revision := &v1alpha1.AppRevision{Spec: v1alpha1.AppRevisionSpec{Revision: 1}}
	says := func(s kubevela.Status) func() {
		return func() { reportApplication(app, revision, s, v1alpha1.RenderedApp{}, nil) }
	}
	for _, step := range []struct {
		name    string
		report  func()
		suspend bool
		phase   v1alpha1.AppPhase
		want    status.Status
	}{
		{"never deployed", func() { reportIdle(app, 0, "NotDeployed", "x") }, false, v1alpha1.AppPending, status.InProgressStatus},
		{"deploying", says(kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying", Message: "x"}), false, v1alpha1.AppDeploying, status.InProgressStatus},
		{"failed", says(kubevela.Status{Phase: v1alpha1.AppFailed, Reason: "StepFailed", Message: "x"}), false, v1alpha1.AppFailed, status.FailedStatus},
		{"running", says(kubevela.Status{Phase: v1alpha1.AppRunning, Healthy: true, Reason: "Running", Message: "x"}), false, v1alpha1.AppRunning, status.CurrentStatus},
		{"not healthy", says(kubevela.Status{Phase: v1alpha1.AppRunning, Reason: "ComponentsUnhealthy", Message: "x"}), false, v1alpha1.AppRunning, status.InProgressStatus},
		{"suspending", says(kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying", Message: "x"}), true, v1alpha1.AppDeploying, status.InProgressStatus},
		{"suspended", says(kubevela.Status{Phase: v1alpha1.AppRunning, Healthy: true, Reason: "Running", Message: "x"}), true, v1alpha1.AppSuspended, status.CurrentStatus},
		{"refused", func() { _, _ = reportError(app, refused(app, "RevisionNotAllowed", "x")) }, false, v1alpha1.AppFailed, status.FailedStatus},
		{"blocked", func() {
			app.Status.Phase = v1alpha1.AppDeploying
			_, _ = reportError(app, &base.Blocked{Reason: "ProjectNotReady", Message: "x"})
		}, false, v1alpha1.AppDeploying, status.InProgressStatus},
		{"resumed", says(kubevela.Status{Phase: v1alpha1.AppRunning, Healthy: true, Reason: "Running", Message: "x"}), false, v1alpha1.AppRunning, status.CurrentStatus},
	} {
		app.Spec.Suspended = step.suspend
		step.report()
		reportProgress(app)
		app.Status.ObservedGeneration = app.Generation
		object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(app)
		if err != nil {
			t.Fatal(err)
		}
		got, err := status.Compute(&unstructured.Unstructured{Object: object})
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != step.want || app.Status.Phase != step.phase {
			t.Errorf("%s: kstatus says %s %q, phase is %s, want %s %s", step.name, got.Status, got.Message, app.Status.Phase, step.want, step.phase)
		}
	}
}
