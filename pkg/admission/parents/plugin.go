// Package parents keeps every object within a living parent: a tenant on a
// registered cluster, a project in a tenant, an app in a project. It stands in
// for NamespaceLifecycle, whose namespaces follow tenants and projects with a delay.
package parents

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/admission"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// PluginName of the plugin.
const PluginName = "ParentLifecycle"

// Plugin is the admission plugin.
type Plugin struct {
	*admission.Handler
	registry *Registry
}

var (
	_ admission.MutationInterface       = &Plugin{}
	_ admission.ValidationInterface     = &Plugin{}
	_ admission.InitializationValidator = &Plugin{}
)

// New returns the plugin. It looks parents up in registry, which is filled once
// the stores exist.
func New(registry *Registry) *Plugin {
	return &Plugin{Handler: admission.NewHandler(admission.Create, admission.Update, admission.Delete), registry: registry}
}

// Register adds the plugin to plugins.
func Register(plugins *admission.Plugins, registry *Registry) {
	plugins.Register(PluginName, func(io.Reader) (admission.Interface, error) { return New(registry), nil })
}

// ValidateInitialization implements admission.InitializationValidator.
func (p *Plugin) ValidateInitialization() error {
	if p.registry == nil {
		return errors.New("ParentLifecycle needs a registry of parents")
	}
	return nil
}

// Admit records the parent of a new object where the object keeps it.
func (p *Plugin) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if a.GetOperation() != admission.Create || a.GetSubresource() != "" {
		return nil
	}
	switch object := a.GetObject().(type) {
	case *v1alpha1.Tenant:
		return p.admitTenant(ctx, a, object)
	case *v1alpha1.AppRevision:
		return p.admitRevision(ctx, a, object)
	}
	return nil
}

// admitTenant records the uid of a tenant's cluster in its labels, as the watch cache
// has it: Validate asks the store.
func (p *Plugin) admitTenant(ctx context.Context, a admission.Attributes, tenant *v1alpha1.Tenant) error {
	cluster, err := p.clusterOf(ctx, a, tenant, p.registry.getCached)
	if err != nil {
		return err
	}
	if tenant.Labels == nil {
		tenant.Labels = map[string]string{}
	}
	tenant.Labels[v1alpha1.LabelCluster] = string(cluster.GetUID())
	return nil
}

// admitRevision has a revision that is written directly, as by a restore, belong
// to the app of today: without one, a later app of that name would run it.
func (p *Plugin) admitRevision(ctx context.Context, a admission.Attributes, revision *v1alpha1.AppRevision) error {
	if revision.Spec.App == "" {
		return nil // validation names the field
	}
	app, err := p.mustLive(ctx, a, v1alpha1.Resource("apps"), a.GetNamespace(), revision.Spec.App)
	if err != nil {
		return err
	}
	revision.OwnerReferences = []metav1.OwnerReference{v1alpha1.AppOwner(app)}
	return nil
}

// Validate refuses objects without a living parent, the deletion of a cluster that
// has tenants, and that apps of cordoned tenants run again.
func (p *Plugin) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if a.GetKind().Group != v1alpha1.GroupName || a.GetSubresource() != "" {
		return nil
	}
	switch {
	case a.GetOperation() == admission.Delete && a.GetResource().Resource == "clusters":
		return p.validateClusterDelete(ctx, a)
	case a.GetOperation() == admission.Create:
		return p.validateCreate(ctx, a)
	case a.GetOperation() == admission.Update && a.GetResource().Resource == "apps":
		return p.validateResume(ctx, a)
	}
	return nil
}

func (p *Plugin) validateCreate(ctx context.Context, a admission.Attributes) error {
	if tenant, ok := a.GetObject().(*v1alpha1.Tenant); ok {
		return p.validateTenant(ctx, a, tenant)
	}
	if a.GetNamespace() == "" {
		return nil
	}
	tenant, project, ok := v1alpha1.SplitNamespace(a.GetNamespace())
	if !ok {
		// The strategy names the field; here it is only that no parent can be found.
		return nil
	}
	parent, namespace, name := v1alpha1.Resource("projects"), v1alpha1.TenantNamespace(tenant), project
	if project == "" {
		parent, namespace, name = v1alpha1.Resource("tenants"), "", tenant
	}
	_, err := p.mustLive(ctx, a, parent, namespace, name)
	return err
}

// validateTenant holds a tenant to the cluster that Admit has recorded.
func (p *Plugin) validateTenant(ctx context.Context, a admission.Attributes, tenant *v1alpha1.Tenant) error {
	cluster, err := p.clusterOf(ctx, a, tenant, p.registry.get)
	if err != nil {
		return err
	}
	if tenant.Labels[v1alpha1.LabelCluster] != string(cluster.GetUID()) {
		return apierrors.NewConflict(v1alpha1.Resource("tenants"), tenant.Name,
			fmt.Errorf("the cluster %s has changed while the tenant was made; try again", cluster.GetName()))
	}
	return nil
}

// getter looks a parent up.
type getter func(ctx context.Context, parent resource, namespace, name string) (metav1.Object, error)

// clusterOf returns the cluster of a tenant, or an error that names the field.
func (p *Plugin) clusterOf(ctx context.Context, a admission.Attributes, tenant *v1alpha1.Tenant, get getter) (metav1.Object, error) {
	name := tenant.Spec.ClusterRef.Name
	at := field.NewPath("spec", "clusterRef", "name")
	invalid := func(err *field.Error) error {
		return apierrors.NewInvalid(a.GetKind().GroupKind(), a.GetName(), field.ErrorList{err})
	}
	if name == "" {
		return nil, invalid(field.Required(at, ""))
	}
	cluster, err := get(ctx, v1alpha1.Resource("clusters"), "", name)
	if apierrors.IsNotFound(err) {
		return nil, invalid(field.NotFound(at, name))
	}
	if err != nil {
		return nil, err
	}
	if cluster.GetDeletionTimestamp() != nil {
		return nil, invalid(field.Invalid(at, name, "the cluster is being deleted"))
	}
	return cluster, nil
}

func (p *Plugin) mustLive(ctx context.Context, a admission.Attributes, parent resource, namespace, name string) (metav1.Object, error) {
	obj, err := p.registry.get(ctx, parent, namespace, name)
	if apierrors.IsNotFound(err) {
		return nil, apierrors.NewNotFound(parent, name)
	}
	if err != nil {
		return nil, err
	}
	if obj.GetDeletionTimestamp() != nil {
		return nil, admission.NewForbidden(a, fmt.Errorf("%s %q is being deleted", parent.Resource, name))
	}
	return obj, nil
}

func (p *Plugin) validateClusterDelete(ctx context.Context, a admission.Attributes) error {
	// A deletion of many names its objects one by one, but not in the attributes.
	cluster, ok := a.GetOldObject().(*v1alpha1.Cluster)
	if !ok {
		return fmt.Errorf("deleting a cluster without its stored object: %T", a.GetOldObject())
	}
	if cluster.DeletionTimestamp != nil {
		return nil // it is on its way out, and takes its tenants along
	}
	tenants, err := p.registry.tenantsOf(genericapirequest.WithNamespace(ctx, ""), cluster.Name)
	if err != nil {
		return err
	}
	why, hint := "TenantExists", "the cluster still has tenants, %d of them; delete them first, or say what becomes of them"
	if options, ok := a.GetOperationOptions().(*metav1.DeleteOptions); ok && v1alpha1.CascadeOf(options) != v1alpha1.CascadeNone {
		tenants = slices.DeleteFunc(tenants, func(t v1alpha1.Tenant) bool { return !t.Spec.PreventDeletion })
		why, hint = "TenantKept", "%d tenants of the cluster have spec.preventDeletion; take it back first"
	}
	if len(tenants) == 0 {
		return nil
	}
	conflict := apierrors.NewConflict(v1alpha1.Resource("clusters"), cluster.Name, fmt.Errorf(hint, len(tenants)))
	for _, tenant := range tenants[:min(len(tenants), maxTenantsNamed)] {
		conflict.ErrStatus.Details.Causes = append(conflict.ErrStatus.Details.Causes, metav1.StatusCause{
			Type: metav1.CauseType(why), Field: "tenants", Message: tenant.Name,
		})
	}
	return conflict
}
