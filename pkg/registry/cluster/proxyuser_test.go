package cluster

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"
	"pgregory.net/rapid"
)

// TestOnTarget has callers with any names: none may be one that a cluster gives a
// meaning to by itself.
func TestOnTarget(t *testing.T) {
	names := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "system:admin", "system:anonymous", "system:masters", "kubenova:deployer:acme:web", "kubevela:x", "alice@example.com",
	}))
	rapid.Check(t, func(t *rapid.T) {
		caller := &user.DefaultInfo{Name: names.Draw(t, "name"), Groups: rapid.SliceOf(names).Draw(t, "groups"), UID: "x"}
		as, err := onTarget(caller)
		if caller.Name == "" || caller.Name == user.Anonymous {
			if err == nil {
				t.Fatal("someone without a name got one")
			}
			return
		}
		if err != nil || as.UserName != "kubenova:user:"+caller.Name || as.UID != "" {
			t.Fatalf("%q is %+v, %v", caller.Name, as, err)
		}
		if slices.ContainsFunc(as.Groups, func(g string) bool { return !strings.HasPrefix(g, "kubenova:group:") }) {
			t.Fatalf("groups %q are %q", caller.Groups, as.Groups)
		}
	})
	as, err := onTarget(&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}, Extra: map[string][]string{"a.b/C": {"x"}}})
	if err != nil || !slices.Equal(as.Groups, []string{"kubenova:group:system:masters"}) || as.Extra["caller.kubenova.io/a.b.c"][0] != "x" {
		t.Errorf("got %+v, %v", as, err)
	}
}

func TestPathOnTarget(t *testing.T) {
	const at = "/apis/kubenova.io/v1alpha1/clusters/dev/proxy"
	for path, want := range map[string]string{
		at: "/", at + "/": "/", at + "/api/v1/pods": "/api/v1/pods", at + "/api/": "/api/", at + "/a%2Fb": "/a%2Fb",
		at + "/apis/kubenova.io/v1alpha1/clusters/dev/proxy/x": "/apis/kubenova.io/v1alpha1/clusters/dev/proxy/x",
	} {
		if got := pathOnTarget(path, "dev"); got != want {
			t.Errorf("%s leads to %s, want %s", path, got, want)
		}
	}
}
