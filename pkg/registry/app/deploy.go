package app

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
	"github.com/kubenova/kubenova/pkg/render"
)

// DeployREST serves apps/deploy: POST renders the app as it is now into its next
// revision. Creating the revision is the whole of the deploy: controllers carry
// the revision with the highest number to the cluster.
type DeployREST struct {
	action[v1alpha1.AppDeploy, *v1alpha1.AppDeploy]
	apps, revisions, policySets *genericregistry.Store

	plans       Plans
	definitions *definitions
}

var _ rest.NamedCreater = &DeployREST{}

func newDeployREST(apps, revisions, policySets *genericregistry.Store, plans Plans, homes Homes) *DeployREST {
	return &DeployREST{apps: apps, revisions: revisions, policySets: policySets, plans: plans, definitions: newDefinitions(homes)}
}

// Create deploys the app and answers with the revision that it made. A dry run
// answers with the revision that it would make.
func (r *DeployREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	deploy := obj.(*v1alpha1.AppDeploy)
	if err := store.Begin(ctx, deploy, name, validate); err != nil {
		return nil, err
	}
	revision, err := r.revise(ctx, name, deploy.UID, r.contentOf, options)
	if err != nil {
		return nil, err
	}
	deploy.Status = answer(revision)
	return deploy, nil
}

// contentOf makes the app as it is now the content of its next revision.
func (r *DeployREST) contentOf(ctx context.Context, app *v1alpha1.App, _ []v1alpha1.AppRevision) (next, error) {
	spec, err := r.render(ctx, app)
	spec.AppGeneration = app.Generation
	return next{spec: spec}, err
}

// app returns an app that is not being deleted.
func (r *DeployREST) app(ctx context.Context, name string) (*v1alpha1.App, error) {
	obj, err := r.apps.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	app := obj.(*v1alpha1.App)
	if app.DeletionTimestamp != nil {
		return nil, beingDeleted(name)
	}
	return app, nil
}

func (r *DeployREST) render(ctx context.Context, app *v1alpha1.App) (v1alpha1.AppRevisionSpec, error) {
	tenant, project, ok := v1alpha1.SplitNamespace(app.Namespace)
	if !ok {
		return v1alpha1.AppRevisionSpec{}, apierrors.NewInternalError(fmt.Errorf("app in namespace %q, which is no project's", app.Namespace))
	}
	sets, err := r.policySetsOf(ctx, tenant)
	if err != nil {
		return v1alpha1.AppRevisionSpec{}, err
	}
	planSets, err := r.plans.setsOf(ctx, app, tenant)
	if err != nil {
		return v1alpha1.AppRevisionSpec{}, err
	}
	rendered, errs := render.Render(render.Input{App: app, Tenant: tenant, Project: project, PlanSets: planSets, PolicySets: sets})
	if len(errs) > 0 {
		return v1alpha1.AppRevisionSpec{}, invalid(app, errs)
	}
	size, err := json.Marshal(rendered)
	if err != nil {
		return v1alpha1.AppRevisionSpec{}, apierrors.NewInternalError(fmt.Errorf("encoding the rendered app: %w", err))
	}
	if len(size) > maxRenderedBytes {
		return v1alpha1.AppRevisionSpec{}, invalid(app, field.ErrorList{field.TooLong(field.NewPath("spec"), "", maxRenderedBytes)})
	}
	return rendered, nil
}

// maxRenderedBytes bounds a rendered app: traits that apply to every component
// multiply, and etcd refuses objects above 1.5 MiB.
const maxRenderedBytes = 1 << 20

func invalid(app *v1alpha1.App, errs field.ErrorList) error {
	return apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("App").GroupKind(), app.Name, errs)
}

func (r *DeployREST) policySetsOf(ctx context.Context, tenant string) ([]v1alpha1.PolicySet, error) {
	ctx = genericapirequest.WithNamespace(ctx, v1alpha1.TenantNamespace(tenant))
	obj, err := r.policySets.List(ctx, &internalversion.ListOptions{})
	if err != nil {
		return nil, err
	}
	return obj.(*v1alpha1.PolicySetList).Items, nil
}
