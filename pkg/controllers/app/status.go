package app

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/kubevela"
	"github.com/kubenova/kubenova/pkg/render"
)

// reportIdle says that the app has nothing to run.
func reportIdle(app *v1alpha1.App, revision int64, reason, message string) {
	app.Status.Phase, app.Status.Revision = v1alpha1.AppPending, revision
	app.Status.Healthy, app.Status.Components = false, nil
	set(app, v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	set(app, v1alpha1.ConditionHealthy, metav1.ConditionFalse, reason, message)
}

// reportUnderWay says that a revision is on its way, until more is known of it.
func reportUnderWay(app *v1alpha1.App, revision *v1alpha1.AppRevision) {
	if app.Status.Revision != revision.Spec.Revision || app.Status.Phase == v1alpha1.AppPending {
		app.Status.Phase = v1alpha1.AppDeploying
	}
}

// reportApplication says what KubeVela says.
func reportApplication(app *v1alpha1.App, revision *v1alpha1.AppRevision, status kubevela.Status, rendered v1alpha1.RenderedApp, pods []*unstructured.Unstructured) {
	if app.Spec.Suspended {
		status = suspended(status, rendered, pods)
	}
	app.Status.Phase, app.Status.Revision = status.Phase, revision.Spec.Revision
	app.Status.Healthy, app.Status.Components = status.Healthy, status.Components
	healthy := metav1.ConditionFalse
	if status.Healthy {
		healthy = metav1.ConditionTrue
	}
	set(app, v1alpha1.ConditionHealthy, healthy, status.Reason, status.Message)
	// Ready is for what is asked for: that the newest revision runs and is
	// healthy, or that nothing runs.
	ready := healthy
	if app.Spec.Suspended && status.Phase == v1alpha1.AppSuspended {
		ready = metav1.ConditionTrue
	}
	set(app, v1alpha1.ConditionReady, ready, status.Reason, status.Message)
}

// suspended reads the status of an Application of which nothing is to run.
func suspended(status kubevela.Status, rendered v1alpha1.RenderedApp, pods []*unstructured.Unstructured) kubevela.Status {
	if status.Phase == v1alpha1.AppDeploying && stopped(status, rendered, pods) {
		status.Phase = v1alpha1.AppRunning
	}
	switch status.Phase {
	case v1alpha1.AppRunning:
		return kubevela.Status{Phase: v1alpha1.AppSuspended, Reason: "Suspended", Message: "The app is suspended; nothing of it runs."}
	case v1alpha1.AppDeploying:
		status.Reason, status.Message = "Suspending", "The app is being suspended."
	}
	return status
}

// stopped says whether nothing runs of an Application that KubeVela still works
// on: it waits for Jobs to end, which they do not while they are suspended.
func stopped(status kubevela.Status, rendered v1alpha1.RenderedApp, pods []*unstructured.Unstructured) bool {
	delivered := map[string]v1alpha1.ComponentStatus{}
	for _, c := range status.Components {
		delivered[c.Name] = c
	}
	for _, c := range rendered.Components {
		is, found := delivered[c.Name]
		if !found || !is.Healthy && !render.RunsToItsEnd(c.Type) {
			return false
		}
	}
	return len(rendered.Components) > 0 && !slices.ContainsFunc(pods, func(pod *unstructured.Unstructured) bool {
		phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
		return phase != "Succeeded" && phase != "Failed"
	})
}

// refused is the error of an app that someone has to help.
func refused(app *v1alpha1.App, reason, message string) error {
	app.Status.Phase = v1alpha1.AppFailed
	return &base.Blocked{Reason: reason, Message: message, Recheck: time.Minute}
}

// reportError says why the app could not be carried to its cluster. What was
// last seen of it stays: that it cannot be seen now changes nothing there.
func reportError(app *v1alpha1.App, err error) (reconcile.Result, error) {
	if err == nil {
		return reconcile.Result{}, nil
	}
	unavailable, away := clusters.AsUnavailable(err)
	if away && !unavailable.Untold() {
		value, reason, message := base.Explain(err)
		set(app, v1alpha1.ConditionHealthy, value, reason, message)
	}
	return base.Report(&app.Status.ConditionedStatus, app.Generation, err)
}

func set(app *v1alpha1.App, kind string, value metav1.ConditionStatus, reason, message string) {
	base.SetCondition(&app.Status.ConditionedStatus, app.Generation, kind, value, reason, message)
}
