//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// may asks the cluster what a user may do.
func (c target) may(t *testing.T, user string, groups []string, verb, group, resource, namespace string) bool {
	t.Helper()
	resource, subresource, _ := strings.Cut(resource, "/")
	review, err := c.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{User: user, Groups: groups, ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: group, Resource: resource, Subresource: subresource,
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

// TestMembersHaveTheirRoles gives each kind of subject each role, and looks what that allows on
// the cluster and what it does not.
func TestMembersHaveTheirRoles(t *testing.T) {
	p := open(t)
	t.Parallel()
	tenant := p.makeSpaces(t, "members", "alice", "web", "other")
	const members = `{"members":[{"subject":"dev@example.com","role":"projectDev"},{"subject":"group:qa","role":"readOnly"},{"subject":"system:serviceaccount:ci:bot","role":"tenantOwner"}]}`
	p.rest(t, "PUT", tenant+"/projects/web/access", members, 200, nil)
	admin := p.target(t, "")
	const here, elsewhere = "members--web", "members--other"
	eventually(t, "the members have their roles", func() error {
		if !admin.may(t, "qa1", []string{"qa"}, "list", "", "pods", here) || !admin.may(t, "dev@example.com", nil, "create", "", "pods/exec", here) ||
			!admin.may(t, "system:serviceaccount:ci:bot", nil, "create", "apps", "deployments", here) {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	for _, refused := range []struct{ verb, group, resource string }{
		{"create", "rbac.authorization.k8s.io", "rolebindings"}, {"create", "rbac.authorization.k8s.io", "roles"},
		{"create", "networking.k8s.io", "networkpolicies"}, {"delete", "networking.k8s.io", "networkpolicies"},
		{"update", "", "resourcequotas"}, {"delete", "", "limitranges"}, {"create", "", "serviceaccounts/token"},
		{"create", "core.oam.dev", "applications"}, {"get", "core.oam.dev", "applicationrevisions"}, {"create", "core.oam.dev", "componentdefinitions"},
		{"delete", "", "namespaces"}, {"patch", "", "namespaces"}, {"impersonate", "", "serviceaccounts"},
	} {
		for user, groups := range map[string][]string{"dev@example.com": nil, "qa1": {"qa"}, "system:serviceaccount:ci:bot": nil} {
			if admin.may(t, user, groups, refused.verb, refused.group, refused.resource, here) {
				t.Errorf("%s may %s %s", user, refused.verb, refused.resource)
			}
		}
	}
	for _, resource := range []string{"secrets", "pods"} {
		for user, groups := range map[string][]string{"dev@example.com": nil, "qa1": {"qa"}, "system:serviceaccount:ci:bot": nil} {
			if admin.may(t, user, groups, "list", "", resource, elsewhere) {
				t.Errorf("%s may list %s in another project", user, resource)
			}
		}
	}
	if admin.may(t, "dev@example.com", nil, "get", "", "secrets", here) || admin.may(t, "qa1", []string{"qa"}, "create", "", "pods/exec", here) {
		t.Error("a role has more than its table says")
	}

	// What somebody takes away on the cluster comes back; what is taken away here leaves nothing.
	p.kubectl(t, "", "delete", "rolebinding", "kubenova-project-dev", "-n", here)
	eventually(t, "the binding is repaired", func() error {
		if !admin.may(t, "dev@example.com", nil, "list", "", "pods", here) {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	p.rest(t, "PUT", tenant+"/projects/web/access", `{"members":[]}`, 200, nil)
	eventually(t, "no role is left", func() error {
		output := p.kubectl(t, "", "get", "roles,rolebindings", "-n", here, "-o", "name")
		for _, name := range []string{"kubenova-project-dev", "kubenova-read-only", "kubenova-tenant-owner"} {
			if strings.Contains(output, name) {
				return fmt.Errorf("%s", output)
			}
		}
		return nil
	})
}

// TestAccessTakesEffectSoon measures from the answer of the REST door until the
// cluster allows and refuses.
func TestAccessTakesEffectSoon(t *testing.T) {
	p := open(t)
	tenant := p.makeSpaces(t, "swift", "alice", "web")
	admin := p.target(t, "")
	var granted, revoked []time.Duration
	for range 25 {
		for body, want := range map[string]bool{`{"members":[{"subject":"dev","role":"projectDev"}]}`: true, `{"members":[]}`: false} {
			if before := admin.may(t, "dev", nil, "list", "", "pods", "swift--web"); before == want {
				continue
			}
			p.rest(t, "PUT", tenant+"/projects/web/access", body, 200, nil)
			took := within(t, 30*time.Second, func() (bool, error) {
				return admin.may(t, "dev", nil, "list", "", "pods", "swift--web") == want, nil
			})
			if want {
				granted = append(granted, took)
			} else {
				revoked = append(revoked, took)
			}
		}
	}
	times(t, "from the answer of PUT access to the grant on the cluster", granted)
	times(t, "from the answer of PUT access to the refusal on the cluster", revoked)
	for _, took := range [][]time.Duration{granted, revoked} {
		if slowest := took[len(took)-1]; slowest > 5*time.Second {
			t.Errorf("the slowest took %s", slowest)
		}
	}
}

// TestKeptTenants refuses the deletion of a tenant that is to be kept, through
// both doors.
func TestKeptTenants(t *testing.T) {
	p := open(t)
	t.Parallel()
	path := p.makeSpaces(t, "kept", "alice", "web")
	set := func(kept bool) {
		p.kubectl(t, "", "patch", "tenants.kubenova.io", "kept", "--type=merge", "-p", fmt.Sprintf(`{"spec":{"preventDeletion":%v}}`, kept))
	}
	set(true)
	p.rest(t, "DELETE", path, "", 409, nil)
	if output, err := p.tryKubectl(t, "", "delete", "tenants.kubenova.io", "kept", "--timeout=10s"); err == nil || !strings.Contains(output, "preventDeletion") {
		t.Errorf("kubectl delete: %v\n%s", err, output)
	}
	p.ready(t, "kept")
	if output, err := p.tryKubectl(t, "", "delete", "tenants.capsule.clastix.io", "kept", "--timeout=10s"); err == nil {
		t.Errorf("the Capsule Tenant was deleted\n%s", output)
	}
	set(false)
	p.rest(t, "DELETE", path, "", 204, nil)
	eventually(t, "nothing is left", func() error { return p.nothingLeft(t, "kept") })
}
