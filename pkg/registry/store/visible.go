package store

import (
	"strings"

	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership"
)

// Scope is where the objects of a resource belong.
type Scope struct {
	// sees says whether an object, by namespace and name, is in a view.
	sees func(view membership.View, namespace, name string) bool
	// spaces returns those that have all of the objects in a view, and the version
	// since which it is these at the latest.
	spaces func(index *membership.Index, view membership.View) ([]space, uint64)
}

// visible selects by fields what is visible as well.
type visible struct {
	fields.Selector
	sees func(fields.Fields) bool
}

// Matches implements fields.Selector.
func (v visible) Matches(f fields.Fields) bool { return v.sees(f) && v.Selector.Matches(f) }

// Empty implements fields.Selector: it always selects.
func (visible) Empty() bool { return false }

// DeepCopySelector implements fields.Selector.
func (v visible) DeepCopySelector() fields.Selector {
	return visible{Selector: v.Selector.DeepCopySelector(), sees: v.sees}
}

// Transform implements fields.Selector.
func (v visible) Transform(fn fields.TransformFunc) (fields.Selector, error) {
	transformed, err := v.Selector.Transform(fn)
	return visible{Selector: transformed, sees: v.sees}, err
}

// Tenants is the scope of tenants themselves.
func Tenants() Scope {
	return Scope{spaces: tenantsOf, sees: func(view membership.View, _, name string) bool { return view.Tenant(name) }}
}

// Projects is the scope of projects themselves.
func Projects() Scope {
	return Scope{spaces: ofTenants, sees: func(view membership.View, namespace, name string) bool {
		tenant, _ := splitNamespace(namespace)
		return view.Project(tenant, name)
	}}
}

// InTenant is the scope of what belongs to a tenant as a whole, such as policy sets.
func InTenant() Scope {
	return Scope{spaces: ofTenants, sees: func(view membership.View, namespace, _ string) bool {
		tenant, _ := splitNamespace(namespace)
		return view.Tenant(tenant)
	}}
}

// InProject is the scope of what belongs to a project, such as apps.
func InProject() Scope {
	return Scope{spaces: ofProjects, sees: func(view membership.View, namespace, _ string) bool {
		return view.Project(splitNamespace(namespace))
	}}
}

func tenantsOf(_ *membership.Index, view membership.View) (spaces []space, changed uint64) {
	for _, tenant := range view.Tenants() {
		spaces = append(spaces, space{name: tenant})
	}
	return spaces, view.Changed
}

func ofTenants(_ *membership.Index, view membership.View) (spaces []space, changed uint64) {
	for _, tenant := range view.Tenants() {
		spaces = append(spaces, space{namespace: v1alpha1.TenantNamespace(tenant)})
	}
	return spaces, view.Changed
}

func ofProjects(index *membership.Index, view membership.View) (spaces []space, changed uint64) {
	projects, changed := index.Projects(view)
	for _, p := range projects {
		spaces = append(spaces, space{namespace: v1alpha1.ProjectNamespace(p.Tenant, p.Name)})
	}
	return spaces, changed
}

// splitNamespace takes a namespace apart without checking the names in it: what
// is in the store has been checked, and what cannot be a name is in no view.
func splitNamespace(namespace string) (tenant, project string) {
	rest, ok := strings.CutPrefix(namespace, v1alpha1.TenantNamespace(""))
	if !ok {
		return "", ""
	}
	tenant, project, _ = strings.Cut(rest, v1alpha1.TargetNamespace("", ""))
	return tenant, project
}
