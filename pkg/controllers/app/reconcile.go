package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/kubevela"
	"github.com/kubenova/kubenova/pkg/render"
)

// Reconciler makes an Application of the newest revision of each app.
type Reconciler struct {
	Client    client.Client
	Live      client.Reader
	Placement base.Placement

	written base.Written
}

// place is where an app lives.
type place struct {
	tenant, project string
	app             *v1alpha1.App
}

func (p place) namespace() string { return v1alpha1.TargetNamespace(p.tenant, p.project) }

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var app v1alpha1.App
	if err := r.Client.Get(ctx, request.NamespacedName, &app); apierrors.IsNotFound(err) {
		r.written.Forget(request.NamespacedName)
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the app %s: %w", request, err)
	}
	if r.written.Behind(&app) {
		return reconcile.Result{}, nil
	}
	tenant, project, ok := v1alpha1.SplitNamespace(app.Namespace)
	if !ok || project == "" {
		return reconcile.Result{}, reconcile.TerminalError(fmt.Errorf("the app %s is in a namespace of no project", request))
	}
	before := app.DeepCopy()
	step := r.apply
	if app.DeletionTimestamp != nil {
		step = r.cleanup
	}
	err := step(ctx, place{tenant, project, &app})
	if err == nil && app.DeletionTimestamp != nil {
		return reconcile.Result{}, base.Release(ctx, r.Client, &app)
	}
	app.Status.ObservedGeneration = app.Generation
	if app.DeletionTimestamp != nil {
		base.ReportDeletion(&app.Status.ConditionedStatus, app.Generation, err, time.Now())
	}
	result, err := reportError(&app, err)
	reportProgress(&app)
	return result, errors.Join(err, r.written.PatchStatus(ctx, r.Client, before, &app))
}

// apply carries the newest revision to the cluster.
func (r *Reconciler) apply(ctx context.Context, p place) error {
	revisions, err := r.revisions(ctx, p.app)
	if err != nil {
		return err
	}
	revision, err := r.newest(ctx, revisions)
	if err != nil {
		return err
	}
	if revision == nil {
		reportIdle(p.app, 0, "NotDeployed", "The app was never deployed.")
		return nil
	}
	if len(revision.Spec.Rendered.Components) == 0 {
		err = r.stop(ctx, p, revision)
	} else {
		err = r.deploy(ctx, p, revision, revisions)
	}
	if err != nil {
		return err
	}
	return r.prune(ctx, p.app, revisions)
}

// deploy makes the Application and reports what KubeVela says of it.
func (r *Reconciler) deploy(ctx context.Context, p place, revision *v1alpha1.AppRevision, revisions []numbered) error {
	reportUnderWay(p.app, revision)
	if errs := render.Check(revision.Spec.Rendered); len(errs) > 0 {
		return refused(p.app, "RevisionNotAllowed", "The revision is not what a deploy makes: "+errs.ToAggregate().Error())
	}
	if err := r.requireProject(ctx, p); err != nil {
		return err
	}
	cluster, err := r.Placement.ClusterOf(ctx, p.tenant)
	if err != nil {
		return err
	}
	version, live, err := publishVersion(ctx, cluster, p, revision)
	if err != nil {
		return err
	}
	rendered := revision.Spec.Rendered
	if p.app.Spec.Suspended {
		rendered = render.Suspended(rendered)
	}
	desired, err := kubevela.ApplicationFor(revision, rendered, version, p.tenant, p.project)
	if err != nil {
		return reconcile.TerminalError(err)
	}
	if err := restrict(ctx, cluster, p, revision.Spec.Rendered.Network); err != nil {
		return err
	}
	live, err = cluster.EnsureFrom(ctx, live, desired, deployer(p))
	switch {
	case base.NamespaceMissing(err):
		return projectNotReady()
	case apierrors.IsNotFound(err):
		return refused(p.app, "AppDeliveryNotInstalled", "KubeVela is not installed on the cluster; bootstrap its component app-delivery.")
	case apierrors.IsForbidden(err):
		// The rights of a new project's deployer take a moment to be known.
		return &base.Blocked{Reason: "Forbidden", Message: err.Error(), Recheck: base.Recheck / 5}
	case err != nil:
		return err
	}
	pods := cluster.Pods(p.namespace(), p.app.Name)
	status := kubevela.WithPods(kubevela.StatusOf(live, version), pods)
	reportApplication(p.app, revision, status, rendered, pods)
	run := v1alpha1.WorkflowRun{ID: string(revision.UID), Revision: revision.Spec.Revision, Phase: v1alpha1.WorkflowPending}
	if !p.app.Spec.Suspended {
		run = kubevela.RunOf(live, revision, version)
	}
	recordRun(p.app, run, revisions)
	return release(ctx, cluster, p, revision.Spec.Rendered.Network)
}

// stop removes the Application of an app whose newest revision has nothing to run.
func (r *Reconciler) stop(ctx context.Context, p place, revision *v1alpha1.AppRevision) error {
	p.app.Status.Phase, p.app.Status.Revision = v1alpha1.AppPending, revision.Spec.Revision
	cluster, err := r.Placement.ClusterOf(ctx, p.tenant)
	if err != nil {
		return err
	}
	if err := remove(ctx, cluster, p); err != nil {
		return err
	}
	if err := release(ctx, cluster, p, nil); err != nil {
		return err
	}
	reportIdle(p.app, revision.Spec.Revision, "NoComponents", "The newest revision has no components.")
	return nil
}

// requireProject waits for the project's namespace.
func (r *Reconciler) requireProject(ctx context.Context, p place) error {
	var project v1alpha1.Project
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: v1alpha1.TenantNamespace(p.tenant), Name: p.project}, &project)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the project %s/%s: %w", p.tenant, p.project, err)
	}
	if err != nil || project.Status.Namespace == "" {
		return projectNotReady()
	}
	return nil
}

func projectNotReady() error {
	return &base.Blocked{Reason: "ProjectNotReady", Message: "The project's namespace is not yet there.", Recheck: base.Recheck}
}

func deployer(p place) clusters.Identity {
	return clusters.Identity{User: kubevela.DeployerUser(p.tenant, p.project), Groups: []string{kubevela.DeployerGroup}}
}

func isOurs(application *unstructured.Unstructured, app string) bool {
	return application.GetLabels()[v1alpha1.LabelApp] == app
}
