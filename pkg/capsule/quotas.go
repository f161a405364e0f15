package capsule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// EffectiveQuotas returns what bounds all namespaces of a tenant together: the
// quotas of the plan that was applied to it, its own over them, and the counts
// of its limits where they are smaller.
func EffectiveQuotas(t *v1alpha1.Tenant) v1alpha1.ResourceAmounts {
	out := v1alpha1.ResourceAmounts{}
	if plan := t.Status.Plan; plan != nil && t.Spec.Plan != "" && plan.Name == t.Spec.Plan {
		overlay(out, plan.Quotas)
	}
	overlay(out, t.Spec.Quotas)
	for name, amount := range t.Spec.Limits {
		if v1alpha1.IsContainerLimit(name) {
			continue
		}
		if have, found := out[name]; !found || amount.Cmp(have) < 0 {
			out[name] = amount.DeepCopy()
		}
	}
	return out
}

// overlay copies amounts. The two names of storage are one.
func overlay(into, from v1alpha1.ResourceAmounts) {
	for name, amount := range from {
		if name == string(corev1.ResourceRequestsStorage) {
			name = string(corev1.ResourceStorage)
		}
		into[name] = amount.DeepCopy()
	}
}

// AtLeast returns quotas raised to what is in use. Capsule refuses a quota below
// that, and with it every other change of the Tenant; at exactly that it admits
// nothing more. exceeded are the names that were raised.
func AtLeast(quotas, used v1alpha1.ResourceAmounts) (raised v1alpha1.ResourceAmounts, exceeded []string) {
	raised = maps.Clone(quotas)
	for _, name := range slices.Sorted(maps.Keys(quotas)) {
		amount := quotas[name]
		if in, found := used[name]; found && in.Cmp(amount) > 0 {
			raised[name] = in
			exceeded = append(exceeded, name)
		}
	}
	return raised, exceeded
}

// QuotaObject is the name of the cluster-scoped GlobalResourceQuota that holds a
// tenant's quotas, and whose status.total says what is used of them. It is empty
// without quotas. Capsule refuses to take a resource out of a quota while it is
// in use, so the name goes with the set of resources: another set is another object.
func QuotaObject(tenant string, quotas v1alpha1.ResourceAmounts) string {
	if len(quotas) == 0 {
		return ""
	}
	return tenant + "-" + quotaName(quotas)
}

func quotaName(quotas v1alpha1.ResourceAmounts) string {
	sum := sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(quotas)), ",")))
	return "kubenova-" + hex.EncodeToString(sum[:4])
}

// quotaRules are the rules by which Capsule holds quotas over all namespaces of
// the tenant, at admission. Its older resourceQuotas are summed up afterwards
// and can be overshot.
func quotaRules(quotas v1alpha1.ResourceAmounts) []any {
	if len(quotas) == 0 {
		return []any{}
	}
	return []any{map[string]any{"quota": []any{map[string]any{
		"name": quotaName(quotas),
		"hard": hard(quotas),
	}}}}
}

// hard names resources as a ResourceQuota does.
func hard(quotas v1alpha1.ResourceAmounts) map[string]any {
	out := make(map[string]any, len(quotas))
	for name, amount := range quotas {
		if name == string(corev1.ResourceStorage) {
			name = string(corev1.ResourceRequestsStorage)
		}
		out[name] = amount.String()
	}
	return out
}

// amounts is the inverse of hard for what a cluster says. What is no quantity is
// left out.
func amounts(list map[string]any) v1alpha1.ResourceAmounts {
	out := v1alpha1.ResourceAmounts{}
	for name, value := range list {
		text, ok := value.(string)
		if !ok {
			continue
		}
		amount, err := v1alpha1.ParseAmount(text)
		if err != nil {
			continue
		}
		if name == string(corev1.ResourceRequestsStorage) {
			name = string(corev1.ResourceStorage)
		}
		out[name] = amount
	}
	return out
}

// quotasText is what AnnotationQuotas says.
func quotasText(quotas v1alpha1.ResourceAmounts) string {
	text, err := json.Marshal(hard(quotas))
	if err != nil { // a map of strings always encodes
		return "{}"
	}
	return string(text)
}
