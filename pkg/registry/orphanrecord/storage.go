// Package orphanrecord stores what is still to be let go of on clusters, after
// the tenants and projects that it was of are gone.
package orphanrecord

import (
	"context"

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// FieldTenant selects records by the name of their tenant.
const FieldTenant = "spec.tenant"

// REST serves orphan records.
type REST struct{ *genericregistry.Store }

// NewStorage returns the storage of orphan records.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter) (*REST, error) {
	s, err := store.New(store.Resource[*v1alpha1.OrphanRecord]{
		Plural: "orphanrecords", Singular: "orphanrecord",
		New:      func() *v1alpha1.OrphanRecord { return &v1alpha1.OrphanRecord{} },
		NewList:  func() runtime.Object { return &v1alpha1.OrphanRecordList{} },
		Strategy: newStrategy(scheme),
		Columns:  columns(),
		Fields:   Fields(),
	}, optsGetter)
	if err != nil {
		return nil, err
	}
	return &REST{s}, nil
}

// Fields that field selectors may name.
func Fields() []store.Field[*v1alpha1.OrphanRecord] {
	return []store.Field[*v1alpha1.OrphanRecord]{
		{Name: FieldTenant, Value: func(r *v1alpha1.OrphanRecord) string { return r.Spec.Tenant }},
	}
}

func columns() store.Columns[*v1alpha1.OrphanRecord] {
	return store.Columns[*v1alpha1.OrphanRecord]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Cluster", "Cluster on which it is let go of."),
			store.Column("Tenant", "Tenant that it was."),
			store.Column("Project", "Project that it was; none for all of the tenant."),
		},
		Cells: func(r *v1alpha1.OrphanRecord) []any {
			return []any{r.Spec.ClusterRef.Name, r.Spec.Tenant, r.Spec.Project}
		},
	}
}

type strategy struct{ store.Base }

func newStrategy(scheme *runtime.Scheme) strategy {
	checkName := func(name string) []string { return validation.NameIsDNSSubdomain(name, false) }
	return strategy{store.NewBase(scheme, false, checkName)}
}

// GetResetFields implements rest.ResetFieldsStrategy.
func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set { return store.ResetFields() }

// PrepareForCreate implements rest.RESTCreateStrategy.
func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	record := obj.(*v1alpha1.OrphanRecord)
	record.Generation = 1
	store.SetLabel(record, v1alpha1.LabelTenant, record.Spec.Tenant)
}

// PrepareForUpdate implements rest.RESTUpdateStrategy.
func (strategy) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}

// Validate implements rest.RESTCreateStrategy.
func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	return s.ValidateName(obj.(*v1alpha1.OrphanRecord))
}

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (strategy) ValidateUpdate(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	return nil
}
