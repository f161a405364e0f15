package app

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/registry/home"
)

// Homes is what leads from an app to the cluster that it runs on.
type Homes struct {
	Tenants *genericregistry.Store
	home.Homes
}

// LogsREST serves apps/logs: GET streams what the pods of a component write, from
// the cluster, one JSON object a line.
type LogsREST struct {
	deploy *DeployREST
	homes  Homes
	places *tenantPlaces

	authorizer authorizer.Authorizer
}

var (
	_ rest.GetterWithOptions = &LogsREST{}
	_ rest.StorageMetadata   = &LogsREST{}
)

func newLogsREST(deploy *DeployREST, homes Homes, authorizer authorizer.Authorizer) *LogsREST {
	return &LogsREST{deploy: deploy, homes: homes, places: newTenantPlaces(maxLogsPerTenant), authorizer: authorizer}
}

// Limits of a request for logs.
const (
	defaultTail = 200
	maxTail     = 10_000
	// maxLogsPerTenant is how many requests for logs of one tenant may be under way.
	maxLogsPerTenant = 16
	// busyRetry is when to try again, in seconds, when there are as many.
	busyRetry = 5
)

// New implements rest.Storage.
func (*LogsREST) New() runtime.Object { return &v1alpha1.App{} }

// Destroy implements rest.Storage: the main paths own the underlying stores.
func (*LogsREST) Destroy() {}

// NewGetOptions implements rest.GetterWithOptions.
func (*LogsREST) NewGetOptions() (options runtime.Object, includeSubpath bool, subpathKey string) {
	return &v1alpha1.AppLogOptions{}, false, ""
}

// ProducesMIMETypes implements rest.StorageMetadata.
func (*LogsREST) ProducesMIMETypes(string) []string { return []string{logType} }

// ProducesObject implements rest.StorageMetadata.
func (*LogsREST) ProducesObject(string) any { return "" }

// Get opens the logs of a component.
func (r *LogsREST) Get(ctx context.Context, name string, opts runtime.Object) (runtime.Object, error) {
	options := opts.(*v1alpha1.AppLogOptions)
	if errs := validateLogOptions(options); len(errs) > 0 {
		return nil, apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("AppLogOptions").GroupKind(), name, errs)
	}
	obj, err := r.deploy.apps.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	app := obj.(*v1alpha1.App)
	if err := r.requireComponent(ctx, app, options.Component); err != nil {
		return nil, err
	}
	tenant, project, _ := v1alpha1.SplitNamespace(app.Namespace)
	connection, err := r.homes.connect(ctx, tenant)
	if err != nil {
		return nil, err
	}
	pods := podSources{
		connection: connection, namespace: v1alpha1.TargetNamespace(tenant, project),
		app: app.Name, component: options.Component, options: podLogOptions(options),
	}
	first, _, err := pods.list(ctx)
	if err != nil {
		return nil, err
	}
	take := func() (func(), bool) { return r.places.take(tenant) }
	out := &logStream{connection: connection, sources: pods.sources(first), tail: *options.TailLines, take: take}
	if options.Follow {
		out.later, out.allowed = newLaterPods(pods, first), r.mayRead(ctx, app)
	}
	return out, nil
}

func validateLogOptions(options *v1alpha1.AppLogOptions) (errs field.ErrorList) {
	if options.Component == "" {
		errs = append(errs, field.Required(field.NewPath("component"), ""))
	}
	if options.TailLines == nil {
		options.TailLines = new(int64(defaultTail))
	}
	if tail := *options.TailLines; tail < 1 || tail > maxTail {
		errs = append(errs, field.Invalid(field.NewPath("tailLines"), tail, "must be from 1 to 10000"))
	}
	if since := options.SinceSeconds; since != nil && *since < 1 {
		errs = append(errs, field.Invalid(field.NewPath("sinceSeconds"), *since, "must be at least 1"))
	}
	return errs
}

// requireComponent refuses a component that neither the app nor its newest
// revision has.
func (r *LogsREST) requireComponent(ctx context.Context, app *v1alpha1.App, component string) error {
	named := func(c v1alpha1.Component) bool { return c.Name == component }
	if slices.ContainsFunc(app.Spec.Components, named) {
		return nil
	}
	revisions, err := r.deploy.revisionsOf(ctx, app.Name)
	if err != nil {
		return err
	}
	if kept := keptOf(app, revisions); len(kept) > 0 && slices.ContainsFunc(kept[0].Spec.Rendered.Components, named) {
		return nil
	}
	missing := apierrors.NewNotFound(v1alpha1.Resource("apps/logs"), component)
	missing.ErrStatus.Message = "app \"" + app.Name + "\" has no component \"" + component + "\""
	return missing
}

// connect returns the connection to a tenant's cluster.
func (h Homes) connect(ctx context.Context, tenant string) (*connections.Connection, error) {
	obj, err := h.Tenants.Get(genericapirequest.WithNamespace(ctx, ""), tenant, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return h.Connect(ctx, obj.(*v1alpha1.Tenant))
}

// home returns a tenant's cluster.
func (h Homes) home(ctx context.Context, tenant string) (*v1alpha1.Cluster, error) {
	obj, err := h.Tenants.Get(genericapirequest.WithNamespace(ctx, ""), tenant, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return h.Cluster(ctx, obj.(*v1alpha1.Tenant))
}
