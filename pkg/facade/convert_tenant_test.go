package facade

import (
	"reflect"
	"testing"

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
