package catalog

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// ValidatePlan says what declarative validation of a plan cannot. The catalog's
// files are held against it before they get here.
func ValidatePlan(spec v1alpha1.PlanSpec, path *field.Path) field.ErrorList {
	errs := store.ValidateAmounts(spec.Quotas, v1alpha1.CheckQuota, path.Child("quotas"))
	for i, revision := range spec.Revisions {
		for j, set := range revision.PolicySets {
			at := path.Child("revisions").Index(i).Child("policySets").Index(j)
			errs = append(errs, ValidatePolicySet(set.Spec, at.Child("spec"))...)
		}
	}
	return errs
}

// ValidatePolicySet says what declarative validation of a policy set cannot.
func ValidatePolicySet(spec v1alpha1.PolicySetSpec, path *field.Path) field.ErrorList {
	return store.ValidateRules(spec.Rules, path.Child("rules"))
}

func validateItem(item *v1alpha1.CatalogItem) field.ErrorList {
	var errs field.ErrorList
	for _, problem := range validation.IsDNS1123Label(item.Spec.Name) {
		errs = append(errs, field.Invalid(field.NewPath("spec", "name"), item.Spec.Name, problem))
	}
	if wanted := v1alpha1.CatalogItemName(item.Spec.Type, item.Spec.Name); item.Name != wanted {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), item.Name,
			fmt.Sprintf("must be <spec.type>-<spec.name>: %s", wanted)))
	}
	return append(errs, store.ValidateProperties(item.Spec.Schema, field.NewPath("spec", "schema"))...)
}
