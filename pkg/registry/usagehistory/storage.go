// Package usagehistory stores samples of what tenants used.
package usagehistory

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// REST serves usage histories.
type REST struct{ *genericregistry.Store }

// NewStorage returns the storage of usage histories.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter) (*REST, error) {
	s, err := store.New(store.Resource[*v1alpha1.UsageHistory]{
		Plural: "usagehistories", Singular: "usagehistory",
		New:      func() *v1alpha1.UsageHistory { return &v1alpha1.UsageHistory{} },
		NewList:  func() runtime.Object { return &v1alpha1.UsageHistoryList{} },
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
func Fields() []store.Field[*v1alpha1.UsageHistory] {
	return []store.Field[*v1alpha1.UsageHistory]{store.TenantField[*v1alpha1.UsageHistory]()}
}

func columns() store.Columns[*v1alpha1.UsageHistory] {
	return store.Columns[*v1alpha1.UsageHistory]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Sampled", "When the last sample was taken."),
			store.NumberColumn("Series", "Number of the tenant's projects with samples, and one for the tenant."),
		},
		Cells: func(h *v1alpha1.UsageHistory) []any {
			return []any{h.Spec.SampledAt.UTC().Format("2006-01-02T15:04:05Z"), int64(len(h.Spec.Series))}
		},
	}
}

type strategy struct{ store.Base }

func newStrategy(scheme *runtime.Scheme) strategy {
	return strategy{store.NewBase(scheme, true, checkName)}
}

func checkName(name string) []string {
	if name == v1alpha1.UsageHistoryName {
		return nil
	}
	return []string{fmt.Sprintf("must be %q", v1alpha1.UsageHistoryName)}
}

// GetResetFields implements rest.ResetFieldsStrategy.
func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set { return store.ResetFields() }

// PrepareForCreate implements rest.RESTCreateStrategy.
func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	if tenant, _, ok := v1alpha1.SplitNamespace(obj.(*v1alpha1.UsageHistory).Namespace); ok {
		store.SetLabel(obj.(*v1alpha1.UsageHistory), v1alpha1.LabelTenant, tenant)
	}
}

// PrepareForUpdate implements rest.RESTUpdateStrategy.
func (strategy) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}

// Validate implements rest.RESTCreateStrategy.
func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	history := obj.(*v1alpha1.UsageHistory)
	return append(s.ValidateName(history), store.ValidateTenantNamespace(history)...)
}

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (strategy) ValidateUpdate(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	return nil
}
