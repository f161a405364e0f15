package capsule

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func amountsOf(namesAndAmounts ...string) v1alpha1.ResourceAmounts {
	out := v1alpha1.ResourceAmounts{}
	for i := 0; i < len(namesAndAmounts); i += 2 {
		out[namesAndAmounts[i]] = resource.MustParse(namesAndAmounts[i+1])
	}
	return out
}

// text is a form to compare in: amounts that are equal may be stored differently.
func text(amounts v1alpha1.ResourceAmounts) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(amounts)) {
		amount := amounts[name]
		out = append(out, name+"="+amount.String())
	}
	return out
}

func TestEffectiveQuotas(t *testing.T) {
	gold := &v1alpha1.AppliedPlan{Name: "gold", Quotas: amountsOf("cpu", "6", "memory", "10Gi", "requests.storage", "1Ti")}
	for name, tc := range map[string]struct {
		spec v1alpha1.TenantSpec
		plan *v1alpha1.AppliedPlan
		want []string
	}{
		"none":                      {},
		"own":                       {spec: v1alpha1.TenantSpec{Quotas: amountsOf("cpu", "4")}, want: []string{"cpu=4"}},
		"own over the plan's":       {v1alpha1.TenantSpec{Plan: "gold", Quotas: amountsOf("cpu", "8", "storage", "2Ti")}, gold, []string{"cpu=8", "memory=10Gi", "storage=2Ti"}},
		"a plan not yet applied":    {v1alpha1.TenantSpec{Plan: "silver", Quotas: amountsOf("cpu", "8")}, gold, []string{"cpu=8"}},
		"a plan taken away":         {v1alpha1.TenantSpec{Quotas: amountsOf("cpu", "8")}, gold, []string{"cpu=8"}},
		"counts of limits":          {spec: v1alpha1.TenantSpec{Limits: amountsOf("pods", "50", "cpu", "1", "memory", "1Gi", "ephemeral-storage", "1Gi")}, want: []string{"pods=50"}},
		"a smaller count of limits": {spec: v1alpha1.TenantSpec{Quotas: amountsOf("pods", "60"), Limits: amountsOf("pods", "50")}, want: []string{"pods=50"}},
		"a larger count of limits":  {spec: v1alpha1.TenantSpec{Quotas: amountsOf("pods", "40"), Limits: amountsOf("pods", "50")}, want: []string{"pods=40"}},
		"a count below the plan's":  {v1alpha1.TenantSpec{Plan: "p", Limits: amountsOf("pods", "5")}, &v1alpha1.AppliedPlan{Name: "p", Quotas: amountsOf("pods", "200")}, []string{"pods=5"}},
	} {
		tenant := &v1alpha1.Tenant{Spec: tc.spec, Status: v1alpha1.TenantStatus{Plan: tc.plan}}
		if got := text(EffectiveQuotas(tenant)); !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

func TestAtLeast(t *testing.T) {
	raised, exceeded := AtLeast(amountsOf("cpu", "1", "pods", "5"), amountsOf("cpu", "1500m", "pods", "5", "memory", "1Gi"))
	if got := text(raised); !slices.Equal(got, []string{"cpu=1500m", "pods=5"}) || !slices.Equal(exceeded, []string{"cpu"}) {
		t.Errorf("got %v, exceeded %v", got, exceeded)
	}
}

// TestQuotaObject has another name for another set of resources, and the same one
// for other amounts.
func TestQuotaObject(t *testing.T) {
	one := QuotaObject("acme", amountsOf("cpu", "1", "pods", "5"))
	if other := QuotaObject("acme", amountsOf("pods", "9", "cpu", "2")); one != other {
		t.Errorf("%s became %s", one, other)
	}
	if other := QuotaObject("acme", amountsOf("cpu", "1")); one == other {
		t.Errorf("both are %s", one)
	}
	if got := QuotaObject("acme", nil); got != "" {
		t.Errorf("no quotas are in %s", got)
	}
}

// TestTenantFor compares the whole spec, so that no field is set by accident.
func TestTenantFor(t *testing.T) {
	no := false
	for name, tc := range map[string]struct {
		spec   v1alpha1.TenantSpec
		labels map[string]string
		want   string
	}{
		"bare": {want: `{"metadata":{"annotations":{"kubenova.io/quotas":"{}"},"labels":{"kubenova.tenant":"acme"},"name":"acme"},"spec":{
			"cordoned":false,"limitRanges":{"items":[{"limits":[{"defaultRequest":{"cpu":"100m","memory":"128Mi"},"type":"Container"}]}]},
			"namespaceOptions":GUARD,"networkPolicies":{"items":[]},"owners":[],"permissions":{"matchOwners":[{"matchLabels":{"kubenova.io/owns":"acme"}}]},"preventDeletion":false,"rules":[]}}`},
		"owners and labels": {
			spec: v1alpha1.TenantSpec{Cordoned: true, PreventDeletion: true, Owners: []v1alpha1.Subject{
				{Name: "a@example.com"}, {Kind: v1alpha1.SubjectGroup, Name: "ops"},
				{Kind: v1alpha1.SubjectServiceAccount, Name: "system:serviceaccount:x:y"},
			}},
			labels: map[string]string{
				"team": "a", "example.com/x": "b", "kubenova.cluster": "uid", "kubenova.tenant": "evil",
				"capsule.clastix.io/tenant": "evil", "projectcapsule.dev/tenant": "evil", "kubernetes.io/metadata.name": "evil",
			},
			want: `{"metadata":{"annotations":{"kubenova.io/quotas":"{}"},
			"labels":{"example.com/x":"b","kubenova.cluster":"uid","kubenova.tenant":"acme","team":"a"},"name":"acme"},"spec":{
			"cordoned":true,"limitRanges":{"items":[{"limits":[{"defaultRequest":{"cpu":"100m","memory":"128Mi"},"type":"Container"}]}]},
			"namespaceOptions":GUARD,"networkPolicies":{"items":[]},
			"owners":[{"clusterRoles":["kubenova:tenant-owner"],"kind":"User","name":"a@example.com"},
			{"clusterRoles":["kubenova:tenant-owner"],"kind":"Group","name":"ops"},
			{"clusterRoles":["kubenova:tenant-owner"],"kind":"ServiceAccount","name":"system:serviceaccount:x:y"}],
			"permissions":{"matchOwners":[{"matchLabels":{"kubenova.io/owns":"acme"}}]},"preventDeletion":true,"rules":[]}}`,
		},
		"quotas and limits": {
			spec: v1alpha1.TenantSpec{
				Quotas: amountsOf("cpu", "4000m", "storage", "10Gi", "limits.memory", "8Gi"),
				Limits: amountsOf("pods", "50", "cpu", "2", "memory", "64Mi"),
			},
			want: `{"metadata":{"annotations":{"kubenova.io/quotas":"{\"cpu\":\"4\",\"limits.memory\":\"8Gi\",\"pods\":\"50\",\"requests.storage\":\"10Gi\"}"},
			"labels":{"kubenova.tenant":"acme"},"name":"acme"},"spec":{
			"cordoned":false,"limitRanges":{"items":[{"limits":[{"default":{"cpu":"2","memory":"64Mi"},
			"defaultRequest":{"cpu":"100m","memory":"64Mi"},"max":{"cpu":"2","memory":"64Mi"},"type":"Container"}]}]},
			"namespaceOptions":GUARD,"networkPolicies":{"items":[]},"owners":[],"permissions":{"matchOwners":[{"matchLabels":{"kubenova.io/owns":"acme"}}]},"preventDeletion":false,
			"rules":[{"quota":[{"hard":{"cpu":"4","limits.memory":"8Gi","pods":"50","requests.storage":"10Gi"},"name":"kubenova-1e0d89eb"}]}]}}`,
		},
		"network": {
			spec: v1alpha1.TenantSpec{NetworkPolicies: &v1alpha1.TenantNetworkPolicies{
				DefaultDeny: true, AllowWithinTenant: true, AllowFromNamespaces: []string{"ingress"}, AllowToCIDRs: []string{"192.0.2.0/24"},
			}},
			want: `{"metadata":{"annotations":{"kubenova.io/quotas":"{}"},"labels":{"kubenova.tenant":"acme"},"name":"acme"},"spec":{
			"cordoned":false,"limitRanges":{"items":[{"limits":[{"defaultRequest":{"cpu":"100m","memory":"128Mi"},"type":"Container"}]}]},
			"namespaceOptions":GUARD,"networkPolicies":{"items":[
			{"podSelector":{},"policyTypes":["Ingress","Egress"]},
			{"egress":[{"to":[{"podSelector":{}},{"namespaceSelector":{"matchLabels":{"capsule.clastix.io/tenant":"acme"}}},{"ipBlock":{"cidr":"192.0.2.0/24"}}]},
			{"ports":[{"port":53,"protocol":"UDP"},{"port":53,"protocol":"TCP"}],"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}}}]}],
			"ingress":[{"from":[{"podSelector":{}},{"namespaceSelector":{"matchLabels":{"capsule.clastix.io/tenant":"acme"}}},
			{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ingress"}}}]}],
			"podSelector":{},"policyTypes":["Ingress","Egress"]}]},"owners":[],"permissions":{"matchOwners":[{"matchLabels":{"kubenova.io/owns":"acme"}}]},"preventDeletion":false,"rules":[]}}`,
		},
		"network without DNS": {
			spec: v1alpha1.TenantSpec{NetworkPolicies: &v1alpha1.TenantNetworkPolicies{DefaultDeny: true, AllowDNS: &no}},
			want: `{"metadata":{"annotations":{"kubenova.io/quotas":"{}"},"labels":{"kubenova.tenant":"acme"},"name":"acme"},"spec":{
			"cordoned":false,"limitRanges":{"items":[{"limits":[{"defaultRequest":{"cpu":"100m","memory":"128Mi"},"type":"Container"}]}]},
			"namespaceOptions":GUARD,"networkPolicies":{"items":[
			{"podSelector":{},"policyTypes":["Ingress","Egress"]},
			{"egress":[{"to":[{"podSelector":{}}]}],"ingress":[{"from":[{"podSelector":{}}]}],"podSelector":{},"policyTypes":["Ingress","Egress"]}]},
			"owners":[],"permissions":{"matchOwners":[{"matchLabels":{"kubenova.io/owns":"acme"}}]},"preventDeletion":false,"rules":[]}}`,
		},
		"no deny, no policies": {
			spec: v1alpha1.TenantSpec{NetworkPolicies: &v1alpha1.TenantNetworkPolicies{AllowWithinTenant: true}},
			want: `{"metadata":{"annotations":{"kubenova.io/quotas":"{}"},"labels":{"kubenova.tenant":"acme"},"name":"acme"},"spec":{
			"cordoned":false,"limitRanges":{"items":[{"limits":[{"defaultRequest":{"cpu":"100m","memory":"128Mi"},"type":"Container"}]}]},
			"namespaceOptions":GUARD,"networkPolicies":{"items":[]},"owners":[],"permissions":{"matchOwners":[{"matchLabels":{"kubenova.io/owns":"acme"}}]},"preventDeletion":false,"rules":[]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "acme", Labels: tc.labels}, Spec: tc.spec}
			same(t, TenantFor(in, EffectiveQuotas(in)).Object, tc.want)
		})
	}
}

// same compares with JSON in which GUARD stands for the guard of namespaces.
func same(t *testing.T, got map[string]any, want string) {
	t.Helper()
	const guard = `{"forbiddenLabels":{"deniedRegex":"^(kubenova\\..*|kubenova\\.io/.*|pod-security\\.kubernetes\\.io/.*|.*capsule\\.clastix\\.io/.*|.*projectcapsule\\.dev/.*)$"},
		"requiredMetadata":{"labels":{"kubenova.project":"^.+$","kubenova.tenant":"^acme$","pod-security.kubernetes.io/enforce":"^baseline$"}}}`
	parsed := map[string]any{}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(want, "GUARD", guard)), &parsed); err != nil {
		t.Fatal(err)
	}
	parsed["apiVersion"], parsed["kind"] = "capsule.clastix.io/v1beta2", "Tenant"
	wanted, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	is, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if string(is) != string(wanted) {
		t.Errorf("got:\n%s\nwant:\n%s", is, wanted)
	}
}
