package catalog

import (
	"context"
	"io/fs"

	"k8s.io/apimachinery/pkg/api/operation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	registry "github.com/kubenova/kubenova/pkg/registry/catalog"
	"github.com/kubenova/kubenova/pkg/render"
)

// policySetEntry is an entry of policysets.json, in the form that the REST door
// takes policy sets in.
type policySetEntry struct {
	Name                   string `json:"name"`
	v1alpha1.PolicySetSpec `json:",inline"`
}

func readPolicySets(files fs.FS) ([]v1alpha1.CatalogPolicySet, error) {
	entries, err := read(files, PolicySetsFile, func(e policySetEntry) string { return e.Name })
	if err != nil {
		return nil, err
	}
	out := make([]v1alpha1.CatalogPolicySet, 0, len(entries))
	var errs field.ErrorList
	for _, entry := range entries {
		set := v1alpha1.CatalogPolicySet{
			ObjectMeta: metav1.ObjectMeta{Name: entry.Name},
			Spec:       v1alpha1.CatalogPolicySetSpec{PolicySetSpec: entry.PolicySetSpec},
		}
		path := field.NewPath("policysets").Key(entry.Name)
		errs = append(errs, checked(entry.Name, v1alpha1.CheckPolicySetName(entry.Name), path.Child("name"))...)
		errs = append(errs, checkSet(set.Spec.PolicySetSpec, path)...)
		out = append(out, set)
	}
	return out, invalid(PolicySetsFile, errs)
}

// checkSet checks the form of a policy set, and then whether an app could be
// deployed with it.
func checkSet(spec v1alpha1.PolicySetSpec, path *field.Path) field.ErrorList {
	errs := v1alpha1.Validate_PolicySetSpec(context.Background(), create(), path, &spec, nil)
	errs = append(errs, registry.ValidatePolicySet(spec, path)...)
	if len(errs) > 0 {
		return errs
	}
	return render.CheckRules(spec.Rules, path.Child("rules"))
}

func create() operation.Operation { return operation.Operation{Type: operation.Create} }
