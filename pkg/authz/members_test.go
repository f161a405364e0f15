package authz

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
)

// BenchmarkMembership decides for a member with the groups of an identity
// provider, among 10,000 tenants.
func BenchmarkMembership(b *testing.B) {
	tenants := make([]v1alpha1.Tenant, 0, 10_000)
	projects := make([]v1alpha1.Project, 0, 10_000)
	for i := range cap(tenants) {
		name := fmt.Sprintf("tenant-%d", i)
		tenants = append(tenants, v1alpha1.Tenant{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "owner of " + name}}},
		})
		projects = append(projects, v1alpha1.Project{
			ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: v1alpha1.TenantNamespace(name)},
			Spec:       v1alpha1.ProjectSpec{Access: []v1alpha1.ProjectMember{{Kind: v1alpha1.SubjectGroup, Name: "devs", Role: v1alpha1.RoleProjectDev}}},
		})
	}
	decider := NewMemberAuthorizer(membershiptest.Start(b, tenants, projects))
	u := &user.DefaultInfo{Name: "dora", Groups: []string{user.AllAuthenticated}}
	for i := range 20 {
		u.Groups = append(u.Groups, fmt.Sprintf("group-%d", i))
	}
	for name, groups := range map[string][]string{"member": append(u.Groups, "devs"), "stranger": u.Groups} {
		asked := &authorizer.AttributesRecord{
			User: &user.DefaultInfo{Name: "dora", Groups: groups}, Verb: "create", APIGroup: v1alpha1.GroupName, ResourceRequest: true,
			Resource: "apps", Subresource: "deploy", Namespace: "kn-tenant-77--web", Name: "hello",
		}
		want := map[string]authorizer.Decision{"member": authorizer.DecisionAllow, "stranger": authorizer.DecisionNoOpinion}[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if decision, _, err := decider.Authorize(b.Context(), asked); err != nil || decision != want {
					b.Fatal(decision, err)
				}
			}
		})
	}
}
