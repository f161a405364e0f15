package capsule

import "github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"

// guarded are the labels of a namespace that say whose it is and what may run in
// it. Whoever owns the tenant on the cluster may patch its namespaces, but not these.
const guarded = `^(kubenova\..*|kubenova\.io/.*|pod-security\.kubernetes\.io/.*|.*capsule\.clastix\.io/.*|.*projectcapsule\.dev/.*)$`

// namespaceOptions keep namespaces in a tenant to those of its projects. Owners
// are users of Capsule, which lets those make namespaces; here a namespace must
// have labels that only KubeNova, an administrator of Capsule, can set or remove.
func namespaceOptions(tenant string) map[string]any {
	return map[string]any{
		"requiredMetadata": map[string]any{"labels": map[string]any{
			v1alpha1.LabelTenant:  "^" + tenant + "$",
			v1alpha1.LabelProject: "^.+$",
			labelPodSecurity:      "^" + podSecurity + "$",
		}},
		"forbiddenLabels": map[string]any{"deniedRegex": guarded},
	}
}
