package facade

import (
	"reflect"
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestOwners(t *testing.T) {
	cases := []struct {
		owner string
		want  v1alpha1.Subject
	}{
		{"alice@example.com", v1alpha1.Subject{Kind: "User", Name: "alice@example.com"}},
		{"group:devs", v1alpha1.Subject{Kind: "Group", Name: "devs"}},
		{"system:serviceaccount:ci:deployer", v1alpha1.Subject{Kind: "ServiceAccount", Name: "system:serviceaccount:ci:deployer"}},
		{"system:admin", v1alpha1.Subject{Kind: "User", Name: "system:admin"}}, // the API server refuses it
	}
	for _, c := range cases {
		got, err := toOwners([]string{c.owner})
		if err != nil || !reflect.DeepEqual(got, []v1alpha1.Subject{c.want}) {
			t.Errorf("%s: got %v and %v", c.owner, got, err)
		}
		if back := fromOwners(got); back[0] != c.owner {
			t.Errorf("%s comes back as %s", c.owner, back[0])
		}
	}
}

func TestOwnersRefused(t *testing.T) {
	for field, owners := range map[string][]string{
		"owners[1]": {"alice", ""},
		"owners[0]": {"group:"},
		"owners[2]": {"alice", "bob", "alice"},
	} {
		_, err := toOwners(owners)
		if err == nil || translate(err).status != 422 || translate(err).details[0].Field != field {
			t.Errorf("%q: got %v, want 422 for %s", owners, err, field)
		}
	}
}

func TestMemberships(t *testing.T) {
	const account = "system:serviceaccount:ci:deployer"
	tenants := []*v1alpha1.Tenant{
		{ObjectMeta: objectMeta("by-default-kind"), Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Name: "alice"}}}},
		{ObjectMeta: objectMeta("by-user"), Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: "User", Name: "bob"}, {Kind: "User", Name: "alice"}}}},
		{ObjectMeta: objectMeta("by-group"), Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: "Group", Name: "devs"}}}},
		{ObjectMeta: objectMeta("group-like-user"), Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: "Group", Name: "alice"}, {Kind: "User", Name: "devs"}}}},
		{ObjectMeta: objectMeta("by-account"), Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: "ServiceAccount", Name: account}}}},
		{ObjectMeta: objectMeta("account-as-user"), Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Kind: "User", Name: account}, {Kind: "ServiceAccount", Name: "alice"}}}},
	}
	cases := []struct {
		caller user.DefaultInfo
		want   []string
	}{
		{user.DefaultInfo{Name: "alice"}, []string{"by-default-kind", "by-user"}},
		{user.DefaultInfo{Name: "carol", Groups: []string{"devs"}}, []string{"by-group"}},
		{user.DefaultInfo{Name: account}, []string{"by-account"}},
		{user.DefaultInfo{Name: "nobody"}, []string{}},
	}
	for _, c := range cases {
		got := []string{}
		for _, m := range memberships(tenants, &c.caller) {
			if m.Role != "tenantOwner" {
				t.Errorf("%s has role %s", c.caller.Name, m.Role)
			}
			got = append(got, m.Name)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.caller.Name, got, c.want)
		}
	}
}
