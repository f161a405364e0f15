package targetrbac

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestNoWayToMore fails when a role may do what would lead to more than the role.
func TestNoWayToMore(t *testing.T) {
	forbidden := map[string][]string{
		"rbac.authorization.k8s.io": {"roles", "rolebindings"},
		"networking.k8s.io":         {"networkpolicies"},
		"":                          {"resourcequotas", "limitranges", "serviceaccounts/token", "namespaces", "endpoints", "pods/ephemeralcontainers"},
		"discovery.k8s.io":          {"endpointslices"},
	}
	for _, role := range Roles() {
		for _, r := range rulesOf(role) {
			writing := slices.ContainsFunc(r.verbs, func(verb string) bool { return !slices.Contains(reads(), verb) })
			for _, resource := range r.resources {
				switch {
				case resource == "*" || r.group == "*" || slices.Contains(r.verbs, "*"):
					t.Errorf("%s has a wildcard in %v", role, r)
				case writing && (slices.Contains(forbidden[r.group], resource) || strings.HasSuffix(r.group, "oam.dev")):
					t.Errorf("%s may %v %s in %q", role, r.verbs, resource, r.group)
				case resource == "secrets" && role != v1alpha1.RoleTenantOwner:
					t.Errorf("%s may %v secrets", role, r.verbs)
				}
			}
		}
	}
	if rules := rulesOf(v1alpha1.RoleReadOnly); slices.ContainsFunc(rules, func(r rule) bool { return !slices.Equal(r.verbs, reads()) }) {
		t.Errorf("readOnly does more than read: %v", rules)
	}
}

func TestFor(t *testing.T) {
	project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.ProjectSpec{Access: []v1alpha1.ProjectMember{
		{Name: "dev@example.com", Role: v1alpha1.RoleProjectDev},
		{Kind: v1alpha1.SubjectGroup, Name: "qa", Role: v1alpha1.RoleProjectDev},
		{Kind: v1alpha1.SubjectServiceAccount, Name: "system:serviceaccount:ci:bot", Role: v1alpha1.RoleProjectDev},
		{Name: "olga", Role: v1alpha1.RoleReadOnly},
	}}}
	objects := For("acme", project, v1alpha1.RoleProjectDev)
	if len(objects) != 2 || len(For("acme", project, v1alpha1.RoleTenantOwner)) != 0 || len(For("acme", project, v1alpha1.RoleReadOnly)) != 2 {
		t.Fatalf("got %v", objects)
	}
	got, err := json.Marshal(objects[1])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{` +
		`"labels":{"kubenova.project":"web","kubenova.tenant":"acme"},"name":"kubenova-project-dev","namespace":"acme--web"},` +
		`"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"kubenova-project-dev"},"subjects":[` +
		`{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"dev@example.com"},` +
		`{"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":"qa"},` +
		`{"kind":"ServiceAccount","name":"bot","namespace":"ci"}]}`
	if string(got) != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestTableIsTrue compares docs/access.md with the rules.
func TestTableIsTrue(t *testing.T) {
	page, err := os.ReadFile("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range table() {
		if !strings.Contains(string(page), want+"\n") {
			t.Errorf("docs/access.md lacks the line\n%s", want)
		}
	}
}
