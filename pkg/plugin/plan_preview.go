package plugin

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// preview is a tenant as it is and as it would be with a plan.
type preview struct{ before, after *v1alpha1.Tenant }

// preview has the server do as if, for each tenant.
func (o *planApplyOptions) preview(ctx context.Context, api client.KubenovaV1alpha1Interface, plan *v1alpha1.Plan, found []v1alpha1.Tenant) (out []preview, err error) {
	for i := range found {
		after, err := give(ctx, api, plan, found[i].Name, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			return nil, fmt.Errorf("tenant %s cannot have %s: %w", found[i].Name, planName(plan.Name), err)
		}
		after.Status.Plan = nil
		if plan.Name != "" {
			after.Status.Plan = v1alpha1.AppliedPlanOf(plan, found[i].Status.Plan, metav1.Now())
		}
		out = append(out, preview{&found[i], after})
	}
	return out, nil
}

// changes says whether the plan changes what the tenant is meant to have.
func (p preview) changes() bool {
	return p.before.Spec.Plan != p.after.Spec.Plan || len(quotaChanges(p.before.Spec.Quotas, p.after.Spec.Quotas)) > 0
}

// describe tells what changes for a tenant, a line for each.
func (p preview) describe() (lines []string) {
	line := func(what string, before, after string) {
		if before != after {
			lines = append(lines, fmt.Sprintf("%s: %s -> %s", what, orNone(before), orNone(after)))
		}
	}
	line("plan", p.before.Spec.Plan, p.after.Spec.Plan)
	lines = append(lines, quotaChanges(capsule.EffectiveQuotas(p.before), capsule.EffectiveQuotas(p.after))...)
	line("policy sets", policySets(p.before), policySets(p.after))
	return lines
}

func policySets(t *v1alpha1.Tenant) string {
	if t.Status.Plan == nil {
		return ""
	}
	return strings.Join(t.Status.Plan.PolicySets, ", ")
}

// quotaChanges tells which amounts differ.
func quotaChanges(before, after v1alpha1.ResourceAmounts) (lines []string) {
	names := slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after)))
	slices.Sort(names)
	amount := func(of v1alpha1.ResourceAmounts, name string) string {
		if quantity, found := of[name]; found {
			return quantity.String()
		}
		return "unbounded"
	}
	for _, name := range slices.Compact(names) {
		was, will := before[name], after[name]
		if from, to := amount(before, name), amount(after, name); was.Cmp(will) != 0 || (from == "unbounded") != (to == "unbounded") {
			lines = append(lines, fmt.Sprintf("quota %s: %s -> %s", name, from, to))
		}
	}
	return lines
}

// show writes what changes for which tenants, and returns for how many.
func (o *planApplyOptions) show(previews []preview) (changes int, err error) {
	to := o.progressTo(&o.output)
	colours, err := o.colours(to)
	if err != nil {
		return 0, err
	}
	for _, p := range previews {
		if !p.changes() {
			fmt.Fprintf(to, "tenant %s: no change\n", p.before.Name)
			continue
		}
		changes++
		fmt.Fprintf(to, "tenant %s on cluster %s:\n", p.before.Name, p.before.Spec.ClusterRef.Name)
		for _, line := range p.describe() {
			fmt.Fprintf(to, "  %s\n", paint(colours, green, line))
		}
	}
	return changes, nil
}
