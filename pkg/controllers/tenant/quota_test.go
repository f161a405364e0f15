package tenant

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestNamespacesAreReportedInOneOrder holds for what a cache lists in any: other words
// would be written, and what is written asks for the next reconciliation.
func TestNamespacesAreReportedInOneOrder(t *testing.T) {
	project := func(name string) v1alpha1.Project { return v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name}} }
	var first, second v1alpha1.Tenant
	reportNamespaces(&first, []v1alpha1.Project{project("a"), project("b")})
	reportNamespaces(&second, []v1alpha1.Project{project("b"), project("a")})
	for _, tenant := range []*v1alpha1.Tenant{&first, &second} {
		tenant.Status.Conditions[0].LastTransitionTime = metav1.Time{}
	}
	if !equality.Semantic.DeepEqual(first, second) {
		t.Errorf("one says %q, the other %q", first.Status.Conditions[0].Message, second.Status.Conditions[0].Message)
	}
}
