package authz

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// hostRoles reads what users may do on the host cluster.
func hostRoles(t *testing.T) map[string][]rbacv1.PolicyRule {
	t.Helper()
	manifests, err := os.ReadFile("../../artifacts/rbac/users.yaml")
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string][]rbacv1.PolicyRule{}
	for manifest := range strings.SplitSeq(string(manifests), "\n---\n") {
		var role rbacv1.ClusterRole
		if err := yaml.Unmarshal([]byte(manifest), &role); err != nil {
			t.Fatal(err)
		}
		if role.Kind == "ClusterRole" {
			roles[role.Name] = role.Rules
		}
	}
	return roles
}

func rulesAllow(rules []rbacv1.PolicyRule, verb, resource string) bool {
	return slices.ContainsFunc(rules, func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.APIGroups, v1alpha1.GroupName) && slices.Contains(rule.Resources, resource) && slices.Contains(rule.Verbs, verb)
	})
}

// TestHostLetsMembersThrough compares the roles to which members are bound on the
// host with the table of what they may do: kube-apiserver lets that through, and
// of writes nothing else.
func TestHostLetsMembersThrough(t *testing.T) {
	roles, allowed := hostRoles(t), newTable()
	for role, name := range map[Role]string{RoleReadOnly: "kubenova-view", RoleProjectDev: "kubenova-edit", RoleTenantOwner: "kubenova-admin"} {
		host := append(slices.Clone(roles[name]), roles["kubenova:members"]...)
		for _, request := range asked() {
			verb, resource, _ := strings.Cut(request, " ")
			main, sub, _ := strings.Cut(resource, "/")
			if !isMembers(main) || verb == VerbListAll {
				continue
			}
			want := allowed.allow(role, authorizer.AttributesRecord{
				Verb: verb, APIGroup: v1alpha1.GroupName, Resource: main, Subresource: sub, ResourceRequest: true,
			})
			got := rulesAllow(host, verb, resource)
			if want && !got {
				t.Errorf("%s may %s %s, which %s does not let through", role, verb, resource, name)
			}
			if got && !want && !slices.Contains(reads, verb) {
				t.Errorf("%s lets %s %s through, which %s may not", name, verb, resource, role)
			}
		}
	}
}

// TestHostCountsForWhoSeesAll has a host that allows some verbs.
func TestHostCountsForWhoSeesAll(t *testing.T) {
	for _, c := range []struct {
		resource string
		allowed  []string
		want     bool
	}{
		{"apps", []string{"create"}, false},
		{"apps", []string{"create", VerbListAll}, true},
		{"apps", []string{VerbListAll}, false},
		{"accessgrants", []string{"create"}, false},
		{"clusters", []string{"create"}, true},
	} {
		host := authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
			if slices.Contains(c.allowed, a.GetVerb()) {
				return authorizer.DecisionAllow, "", nil
			}
			return authorizer.DecisionNoOpinion, "", nil
		})
		decision, _, err := NewHostAuthorizer(host).Authorize(t.Context(), authorizer.AttributesRecord{
			User: &user.DefaultInfo{Name: "dora"}, Verb: "create", APIGroup: v1alpha1.GroupName,
			Resource: c.resource, Subresource: "some", Namespace: "kn-acme--web", ResourceRequest: true,
		})
		if got := decision == authorizer.DecisionAllow; err != nil || got != c.want {
			t.Errorf("%s with %v: %v, %v", c.resource, c.allowed, got, err)
		}
	}
}
