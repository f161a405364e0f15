package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	registry "github.com/kubenova/kubenova/pkg/registry/catalog"
	"github.com/kubenova/kubenova/pkg/render"
)

// planEntry is an entry of plans.json.
type planEntry struct {
	Name         string                   `json:"name"`
	Description  string                   `json:"description"`
	TenantQuotas v1alpha1.ResourceAmounts `json:"tenantQuotas"`
	PolicySets   []string                 `json:"policysets"`
	Rollout      rolloutEntry             `json:"rollout"`
}

// rolloutEntry is what a file says of the rollout of a plan.
type rolloutEntry struct {
	BatchSize int32 `json:"batchSize"`
	Paused    bool  `json:"paused"`
}

func readPlans(files fs.FS, policySets []v1alpha1.CatalogPolicySet) ([]v1alpha1.Plan, error) {
	entries, err := read(files, PlansFile, func(e planEntry) string { return e.Name })
	if err != nil {
		return nil, err
	}
	known := map[string]*v1alpha1.CatalogPolicySet{}
	for i := range policySets {
		known[policySets[i].Name] = &policySets[i]
	}
	out := make([]v1alpha1.Plan, 0, len(entries))
	var errs field.ErrorList
	for _, entry := range entries {
		plan, err := entry.plan(known)
		if err != nil {
			return nil, err
		}
		path := field.NewPath("plans").Key(entry.Name)
		errs = append(errs, checked(entry.Name, v1alpha1.CheckPlanName(entry.Name), path.Child("name"))...)
		errs = append(errs, v1alpha1.Validate_PlanSpec(context.Background(), create(), path, &plan.Spec, nil)...)
		errs = append(errs, registry.ValidatePlan(plan.Spec, path)...)
		if problems := checkPolicySets(entry.PolicySets, known, path.Child("policysets")); len(problems) > 0 {
			errs = append(errs, problems...)
		} else {
			errs = append(errs, checkTogether(plan, path.Child("policysets"))...)
		}
		out = append(out, plan)
	}
	return out, invalid(PlansFile, errs)
}

// plan returns the entry as an object of the API, with the defaults that the API
// would fill in: what is stored is compared with it.
func (e planEntry) plan(known map[string]*v1alpha1.CatalogPolicySet) (v1alpha1.Plan, error) {
	sets := e.sets(known)
	revision, err := digest(e.TenantQuotas, sets)
	if err != nil {
		return v1alpha1.Plan{}, fmt.Errorf("%s: plan %s: %w", PlansFile, e.Name, err)
	}
	plan := v1alpha1.Plan{
		ObjectMeta: metav1.ObjectMeta{Name: e.Name},
		Spec: v1alpha1.PlanSpec{
			Description: e.Description, Revision: revision,
			Quotas: e.TenantQuotas, PolicySets: e.PolicySets,
			Revisions: []v1alpha1.PlanRevision{{Revision: revision, PolicySets: sets}},
			Rollout:   v1alpha1.PlanRollout{BatchSize: e.Rollout.BatchSize, Paused: e.Rollout.Paused},
		},
	}
	v1alpha1.SetObjectDefaults_Plan(&plan)
	return plan, nil
}

// sets returns the policy sets of the plan with what matters of them to apps. One
// that is not known is refused elsewhere.
func (e planEntry) sets(known map[string]*v1alpha1.CatalogPolicySet) (out []v1alpha1.PlanPolicySet) {
	for _, name := range e.PolicySets {
		set := v1alpha1.PlanPolicySet{Name: name}
		if found := known[name]; found != nil {
			set.Spec = *found.Spec.PolicySetSpec.DeepCopy()
			set.Spec.Description = ""
		}
		out = append(out, set)
	}
	return out
}

// maxRevisionBytes bounds the rules of a plan: it is stored with those of its
// former revisions that tenants still have.
const maxRevisionBytes = 64 << 10

// checkTogether refuses policy sets of a plan that no app could be deployed with
// at once, such as two without an image registry in common, and rules that are too
// many.
func checkTogether(plan v1alpha1.Plan, path *field.Path) field.ErrorList {
	in := render.Input{App: &v1alpha1.App{}}
	for _, set := range plan.Spec.Revisions[0].PolicySets {
		if len(render.CheckRules(set.Spec.Rules, field.NewPath("rules"))) > 0 {
			return nil // the policy set itself is refused
		}
		in.PlanSets = append(in.PlanSets, render.PlanPolicySet{
			Plan: plan.Name, Set: v1alpha1.PolicySet{ObjectMeta: metav1.ObjectMeta{Name: set.Name}, Spec: set.Spec},
		})
	}
	_, errs := render.Render(in)
	if encoded, err := json.Marshal(plan.Spec.Revisions[0]); err != nil || len(encoded) > maxRevisionBytes {
		errs = append(errs, field.TooLong(path, "", maxRevisionBytes))
	}
	return errs
}

func checkPolicySets(wanted []string, known map[string]*v1alpha1.CatalogPolicySet, path *field.Path) (errs field.ErrorList) {
	seen := map[string]bool{}
	for i, name := range wanted {
		if known[name] == nil {
			errs = append(errs, field.NotFound(path.Index(i), name))
		}
		if seen[name] {
			errs = append(errs, field.Duplicate(path.Index(i), name))
		}
		seen[name] = true
	}
	return errs
}

// digest is short for what tenants get of a plan. The spelling of amounts and
// properties makes no difference; the order of policy sets does, since the later
// one wins.
func digest(quotas v1alpha1.ResourceAmounts, sets []v1alpha1.PlanPolicySet) (string, error) {
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(quotas)) {
		amount := quotas[name].DeepCopy() // AsDec changes what it is called on
		canonical := resource.NewDecimalQuantity(*amount.AsDec(), resource.DecimalSI)
		fmt.Fprintf(hash, "quota %q %q\n", name, canonical.String())
	}
	for _, set := range sets {
		spec, err := canonical(set.Spec)
		if err != nil {
			return "", fmt.Errorf("the policy set %s: %w", set.Name, err)
		}
		fmt.Fprintf(hash, "policyset %q %s\n", set.Name, spec)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

// canonical returns the JSON of a value with the keys of all objects in order.
func canonical(value any) ([]byte, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return nil, err
	}
	return json.Marshal(decoded)
}
