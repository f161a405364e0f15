package facade_test

import (
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3" //nolint:depguard // the test loses a cluster, as a restore of a part does

	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestClusterThatIsGone asks everything that has to come from a tenant's cluster:
// while that is away, 503 or, for usage, no numbers; when it is no longer
// registered, one and the same 409.
func TestClusterThatIsGone(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	made := d.grow(t, "t")
	uid := made.project[strings.LastIndex(made.project, "/")+1:]
	asks := []struct {
		method, path string
		away         int
	}{
		{"GET", "/tenants/t-tenant/usage", 200},
		{"GET", "/projects/" + uid + "/usage", 200},
		{"GET", made.tenant + "/summary", 200},
		{"POST", "/tenants/t-tenant/kubeconfig", 503},
		{"GET", made.project + "/kubeconfig", 503},
		{"GET", made.app + "/logs/web", 503},
	}
	for _, ask := range asks {
		d.call(t, ask.method, ask.path, "").want(ask.away)
	}
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Etcd}})
	if err != nil {
		t.Fatal(err)
	}
	defer etcd.Close()
	if found, err := etcd.Delete(t.Context(), "/registry/kubenova.io/kubenova.io/clusters/t-cluster"); err != nil || found.Deleted != 1 {
		t.Fatalf("deleted %v, %v", found, err)
	}
	gone := func(says string) {
		for _, ask := range asks {
			got := d.call(t, ask.method, ask.path, "").want(409)
			if !strings.Contains(got.body, says) || !strings.Contains(got.body, `"field":"clusterRef"`) {
				t.Errorf("%s %s: %s", ask.method, ask.path, got.body)
			}
		}
	}
	gone("The cluster t-cluster is no longer registered.")
	d.register(t, "t-cluster")
	gone("another one has its name")
}
