package store

import (
	"strings"

	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership"
)

// Sees says whether an object, by namespace and name, is in a view.
type Sees func(view membership.View, namespace, name string) bool

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

// SeesTenant sees tenants.
func SeesTenant(view membership.View, _, name string) bool { return view.Tenant(name) }

// SeesProject sees projects.
func SeesProject(view membership.View, namespace, name string) bool {
	tenant, _ := splitNamespace(namespace)
	return view.Project(tenant, name)
}

// SeesInTenant sees what belongs to a tenant as a whole, such as policy sets.
func SeesInTenant(view membership.View, namespace, _ string) bool {
	tenant, _ := splitNamespace(namespace)
	return view.Tenant(tenant)
}

// SeesInProject sees what belongs to a project, such as apps.
func SeesInProject(view membership.View, namespace, _ string) bool {
	return view.Project(splitNamespace(namespace))
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
