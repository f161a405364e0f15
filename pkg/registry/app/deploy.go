package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/apprevision"
	"github.com/kubenova/kubenova/pkg/registry/store"
	"github.com/kubenova/kubenova/pkg/render"
)

// DeployREST serves apps/deploy: POST renders the app as it is now into its next
// revision. Creating the revision is the whole of the deploy: controllers carry
// the revision with the highest number to the cluster.
type DeployREST struct{ apps, revisions, policySets *genericregistry.Store }

var _ rest.NamedCreater = &DeployREST{}

func newDeployREST(apps, revisions, policySets *genericregistry.Store) *DeployREST {
	return &DeployREST{apps: apps, revisions: revisions, policySets: policySets}
}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements
// rest.SubresourceObjectMetaPreserver: a uid in the body is a precondition.
func (*DeployREST) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// New implements rest.Storage.
func (*DeployREST) New() runtime.Object { return &v1alpha1.AppDeploy{} }

// Destroy implements rest.Storage: the main paths own the underlying stores.
func (*DeployREST) Destroy() {}

// Create deploys the app and answers with the revision that it made. A dry run
// answers with the revision that it would make.
func (r *DeployREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	deploy := obj.(*v1alpha1.AppDeploy)
	if err := store.NameFromPath(deploy, name); err != nil {
		return nil, err
	}
	if validate != nil {
		if err := validate(ctx, deploy.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	revision, err := r.deploy(ctx, name, deploy.UID, options)
	if err != nil {
		return nil, err
	}
	deploy.Status = v1alpha1.AppDeployStatus{Revision: revision.Spec.Revision, Rendered: &revision.Spec.Rendered}
	return deploy, nil
}

// maxClaims bounds the attempts to claim a number while others deploy the same app.
const maxClaims = 32

// deploy claims the next number by creating the revision: the create fails for
// all but one of those who try the same number. Every attempt takes the number
// first and reads the app after it, so that a revision never holds an older app
// than the revision before it.
func (r *DeployREST) deploy(ctx context.Context, name string, uid types.UID, options *metav1.CreateOptions) (*v1alpha1.AppRevision, error) {
	for range maxClaims {
		number, err := r.nextNumber(ctx, name)
		if err != nil {
			return nil, err
		}
		app, err := r.app(ctx, name)
		if err != nil {
			return nil, err
		}
		if uid != "" && uid != app.UID {
			return nil, apierrors.NewConflict(v1alpha1.Resource("apps"), name, store.ErrRecreated)
		}
		rendered, err := r.render(ctx, app)
		if err != nil {
			return nil, err
		}
		// What is deployed is the newest revision, so a number that was seen in
		// use is not used again, even if its revision was deleted by hand.
		number = max(number, app.Status.Revision+1)
		obj, err := r.revisions.Create(store.InternalRequest(ctx, "create", "apprevisions"),
			newRevision(app, rendered, number), rest.ValidateAllObjectFunc, options)
		if apierrors.IsAlreadyExists(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		revision := obj.(*v1alpha1.AppRevision)
		return revision, r.recheck(ctx, app, revision, options)
	}
	return nil, apierrors.NewConflict(v1alpha1.Resource("apps"), name, errTooMany)
}

func (r *DeployREST) app(ctx context.Context, name string) (*v1alpha1.App, error) {
	obj, err := r.apps.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	app := obj.(*v1alpha1.App)
	if app.DeletionTimestamp != nil {
		return nil, apierrors.NewConflict(v1alpha1.Resource("apps"), name, errBeingDeleted)
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
	rendered, errs := render.Render(render.Input{App: app, Tenant: tenant, Project: project, PolicySets: sets})
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

var (
	errBeingDeleted = errors.New("the app is being deleted")
	errTooMany      = errors.New("other deploys of the app were faster each time; try again")
)

// recheck takes the revision back when the app went away meanwhile: whoever
// removed the app's revisions may not have seen this one, and an app of the same
// name would inherit it.
func (r *DeployREST) recheck(ctx context.Context, app *v1alpha1.App, revision *v1alpha1.AppRevision, options *metav1.CreateOptions) error {
	current, err := r.app(ctx, app.Name)
	if err == nil && current.UID != app.UID {
		err = apierrors.NewConflict(v1alpha1.Resource("apps"), app.Name, store.ErrRecreated)
	}
	if err == nil || len(options.DryRun) > 0 {
		return err
	}
	deleteOptions := metav1.NewPreconditionDeleteOptions(string(revision.UID))
	_, _, deleteErr := r.revisions.Delete(store.InternalRequest(ctx, "delete", "apprevisions"), revision.Name, rest.ValidateAllObjectFunc, deleteOptions)
	if deleteErr != nil && !apierrors.IsNotFound(deleteErr) {
		return deleteErr
	}
	return err
}

func (r *DeployREST) nextNumber(ctx context.Context, app string) (int64, error) {
	obj, err := r.revisions.List(ctx, &internalversion.ListOptions{
		FieldSelector: fields.OneTermEqualSelector(apprevision.FieldApp, app),
	})
	if err != nil {
		return 0, err
	}
	var last int64
	for _, revision := range obj.(*v1alpha1.AppRevisionList).Items {
		last = max(last, revision.Spec.Revision)
	}
	return last + 1, nil
}

func newRevision(app *v1alpha1.App, rendered v1alpha1.AppRevisionSpec, number int64) *v1alpha1.AppRevision {
	return &v1alpha1.AppRevision{
		ObjectMeta: metav1.ObjectMeta{
			Name:            v1alpha1.RevisionName(app.Name, number),
			Namespace:       app.Namespace,
			OwnerReferences: []metav1.OwnerReference{v1alpha1.AppOwner(app)},
		},
		Spec: v1alpha1.AppRevisionSpec{App: app.Name, Revision: number, AppGeneration: app.Generation, Rendered: *rendered.Rendered.DeepCopy(), Origins: rendered.Origins},
	}
}
