package token

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// RevocationREST serves revocations.
type RevocationREST struct{ *genericregistry.Store }

// Categories implements rest.CategoriesProvider.
func (*RevocationREST) Categories() []string { return []string{"kubenova"} }

// NewRevocations returns the storage of revocations. etcd drops each one when every
// token that it could meet has expired.
func NewRevocations(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter) (*RevocationREST, error) {
	s, err := store.New(store.Resource[*v1alpha1.TokenRevocation]{
		Plural: "tokenrevocations", Singular: "tokenrevocation",
		New:      func() *v1alpha1.TokenRevocation { return &v1alpha1.TokenRevocation{} },
		NewList:  func() runtime.Object { return &v1alpha1.TokenRevocationList{} },
		Strategy: newRevocationStrategy(scheme),
		Columns:  revocationColumns(),
	}, optsGetter)
	if err != nil {
		return nil, err
	}
	s.TTLFunc = func(runtime.Object, uint64, bool) (uint64, error) {
		return v1alpha1.MaxTokenTTLSeconds + uint64(2*authn.Leeway.Seconds()), nil
	}
	return &RevocationREST{s}, nil
}

func revocationColumns() store.Columns[*v1alpha1.TokenRevocation] {
	return store.Columns[*v1alpha1.TokenRevocation]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Token", "Id of the token that ended."),
			store.Column("Subject", "Subject whose tokens ended."),
			store.Column("All", "Whether every token ended."),
			store.Column("Reason", "Why."),
		},
		Cells: func(r *v1alpha1.TokenRevocation) []any {
			return []any{r.Spec.TokenID, r.Spec.Subject, fmt.Sprint(r.Spec.All), r.Spec.Reason}
		},
	}
}

type revocationStrategy struct{ store.Base }

func newRevocationStrategy(scheme *runtime.Scheme) revocationStrategy {
	checkName := func(name string) []string { return validation.NameIsDNSSubdomain(name, false) }
	return revocationStrategy{store.NewBase(scheme, false, checkName)}
}

func (revocationStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields()
}

func (revocationStrategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	obj.(*v1alpha1.TokenRevocation).Generation = 1
}

func (revocationStrategy) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}

func (s revocationStrategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	revocation := obj.(*v1alpha1.TokenRevocation)
	return append(s.ValidateName(revocation), checkRevocation(revocation.Spec)...)
}

func (revocationStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.ValidateImmutableField(obj.(*v1alpha1.TokenRevocation).Spec, old.(*v1alpha1.TokenRevocation).Spec, field.NewPath("spec"))
}

// checkRevocation wants exactly one thing said.
func checkRevocation(spec v1alpha1.TokenRevocationSpec) field.ErrorList {
	said := 0
	for _, there := range []bool{spec.TokenID != "", spec.Subject != "", spec.All} {
		if there {
			said++
		}
	}
	if said == 1 {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("spec"), "", "exactly one of tokenID, subject and all must be set")}
}
