package authz

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership"
)

// TestBasis says what requests are decided by, and what membership says of them.
func TestBasis(t *testing.T) {
	index := membership.NewIndex()
	index.Written(&v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", ResourceVersion: "1"},
		Spec:       v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "olga"}}},
	})
	index.Written(&v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "kn-acme", ResourceVersion: "2"},
		Spec: v1alpha1.ProjectSpec{Access: []v1alpha1.ProjectMember{
			{Kind: v1alpha1.SubjectUser, Name: "dan", Role: v1alpha1.RoleProjectDev}, {Kind: v1alpha1.SubjectGroup, Name: "readers", Role: v1alpha1.RoleReadOnly},
		}},
	})
	for _, c := range []struct {
		who, group, verb, resource, namespace, name string
		basis                                       Basis
		may                                         bool
	}{
		{"olga", "", "create", "apps", "kn-acme--web", "", ByMembership, true},
		{"olga", "", "update", "tenants", "", "acme", ByMembership, false},
		{"dan", "", "create", "apps", "kn-acme--web", "", ByMembership, true},
		{"dan", "", "create", "apps", "kn-acme--other", "", ByMembership, false},
		{"dan", "", "delete", "projects", "kn-acme", "web", ByMembership, false},
		{"eve", "readers", "get", "apps", "kn-acme--web", "hello", ByMembership, true},
		{"eve", "readers", "delete", "apps", "kn-acme--web", "hello", ByMembership, false},
		{"mallory", "", "get", "tenants", "", "acme", ByMembership, false},
		{"mallory", "", "list", "tenants", "", "", ByNarrowing, false},
		{"mallory", "", "get", "plans", "", "gold", ByNarrowing, false},
		{"mallory", "", "listall", "tenants", "", "", ByHost, false},
		{"mallory", "", "create", "clusters", "", "", ByHost, false},
		{"root", user.SystemPrivilegedGroup, "create", "apps", "kn-acme--web", "", ByHost, false},
	} {
		a := authorizer.AttributesRecord{
			User: &user.DefaultInfo{Name: c.who, Groups: []string{c.group}}, Verb: c.verb, Namespace: c.namespace, Name: c.name,
			APIGroup: v1alpha1.GroupName, APIVersion: "v1alpha1", Resource: c.resource, ResourceRequest: true,
		}
		if got := BasisOf(a); got != c.basis {
			t.Errorf("%s %s %s is decided by %d, want %d", c.who, c.verb, c.resource, got, c.basis)
		}
		if _, got := MembersMay(index, a); got != c.may {
			t.Errorf("membership lets %s %s %s: %v", c.who, c.verb, c.resource, got)
		}
	}
}
