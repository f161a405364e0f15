package capsule

import (
	"testing"

	capsulev1beta2 "github.com/projectcapsule/capsule/api/v1beta2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestObjectsHaveCapsulesForm decodes what is applied into Capsule's own types:
// a field that those do not have would be dropped by the cluster without a word.
func TestObjectsHaveCapsulesForm(t *testing.T) {
	tenant := &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", Labels: map[string]string{"team": "a"}},
		Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{
			{Kind: v1alpha1.SubjectUser, Name: "alice"}, {Kind: v1alpha1.SubjectGroup, Name: "dev"},
			{Kind: v1alpha1.SubjectServiceAccount, Name: "system:serviceaccount:ci:bot"},
		},
			Quotas: amountsOf("cpu", "4", "limits.memory", "8Gi", "storage", "10Gi"),
			Limits: amountsOf("pods", "50", "cpu", "2", "memory", "64Mi", "ephemeral-storage", "1Gi"),
			NetworkPolicies: &v1alpha1.TenantNetworkPolicies{
				DefaultDeny: true, AllowWithinTenant: true,
				AllowFromNamespaces: []string{"ingress"}, AllowToCIDRs: []string{"192.0.2.0/24"},
			},
			Cordoned: true, PreventDeletion: true,
		},
	}
	project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	decoded := &capsulev1beta2.Tenant{}
	strictly(t, TenantFor(tenant, EffectiveQuotas(tenant)), decoded)
	if len(decoded.Spec.Owners) != 3 || decoded.Spec.Owners[1].Kind != "Group" || decoded.Spec.Owners[1].Name != "dev" {
		t.Errorf("Capsule reads the owners %+v", decoded.Spec.Owners)
	}
	for _, owner := range OwnersFor(tenant) {
		strictly(t, owner, &capsulev1beta2.TenantOwner{})
	}
	strictly(t, NamespaceFor("acme", project), &corev1.Namespace{})
}

func strictly(t *testing.T, object *unstructured.Unstructured, into any) {
	t.Helper()
	const returnUnknownFields = true
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, into, returnUnknownFields); err != nil {
		t.Errorf("decoding %s %s: %v", object.GetKind(), object.GetName(), err)
	}
}
