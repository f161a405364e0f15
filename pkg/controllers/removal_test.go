package controllers_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/test/memorycluster"
)

// removeCluster deletes the cluster with a propagation policy.
func (p *platform) removeCluster(name string, policy metav1.DeletionPropagation) error {
	return p.api.Clusters().Delete(p.Context(), name, metav1.DeleteOptions{PropagationPolicy: &policy})
}

func (p *platform) clusterGone(name string) bool {
	p.Helper()
	_, err := p.api.Clusters().Get(p.Context(), name, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		p.Fatal(err)
	}
	return apierrors.IsNotFound(err)
}

// TestRemovalWithTenants removes a cluster along with what its tenants have there.
func TestRemovalWithTenants(t *testing.T) {
	p := newPlatform(t)
	p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	if err := p.removeCluster("dev", metav1.DeletePropagationBackground); !apierrors.IsConflict(err) {
		t.Fatalf("a cluster with a tenant was deleted: %v", err)
	}
	protect := func(is bool) {
		p.change(func() error {
			tenant, err := p.api.Tenants().Get(t.Context(), "acme", metav1.GetOptions{})
			p.must(err)
			tenant.Spec.PreventDeletion = is
			_, err = p.api.Tenants().Update(t.Context(), tenant, metav1.UpdateOptions{})
			return err
		})
	}
	protect(true)
	for _, policy := range []metav1.DeletionPropagation{metav1.DeletePropagationForeground, metav1.DeletePropagationOrphan} {
		if err := p.removeCluster("dev", policy); !apierrors.IsConflict(err) || !strings.Contains(err.Error(), "preventDeletion") {
			t.Fatalf("a tenant that is to be kept was not in the way of %s: %v", policy, err)
		}
	}
	protect(false)
	p.must(p.removeCluster("dev", metav1.DeletePropagationForeground))
	eventually(t, "the cluster to go", func() bool { return p.clusterGone("dev") })
	if !p.tenantGone() {
		t.Error("the cluster went before its tenant")
	}
	if left := p.target.Names(); len(left) > 0 {
		t.Errorf("left on the cluster: %v", left)
	}
}

// TestRemovalOfADeadCluster asks for the deletion of tenants on a cluster that does
// not answer, which waits, and then lets them be.
func TestRemovalOfADeadCluster(t *testing.T) {
	p := newPlatform(t)
	stop := p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	stop()
	p.target.Set(func(c *memorycluster.Cluster) { c.Hang, c.Writes = true, nil })
	p.target.CloseClientConnections()
	p.start()
	p.must(p.removeCluster("dev", metav1.DeletePropagationForeground))
	eventually(t, "the cluster to say why it stays", func() bool {
		cluster, err := p.api.Clusters().Get(t.Context(), "dev", metav1.GetOptions{})
		p.must(err)
		ready := meta.FindStatusCondition(cluster.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Reason == "Deleting"
	})
	p.must(p.removeCluster("dev", metav1.DeletePropagationOrphan))
	p.target.Set(func(c *memorycluster.Cluster) { c.Hang = false })
	eventually(t, "the cluster to go", func() bool { return p.clusterGone("dev") && p.tenantGone() })
	if got := p.target.Names(); !slices.Equal(got, wanted()) {
		t.Errorf("on the cluster that was let be:\n%s", strings.Join(got, "\n"))
	}
	if writes := p.target.CountWrites(); writes > 0 {
		t.Errorf("%d writes to the cluster: %v", writes, p.target.Writes)
	}
}

// openConnections counts the connections to a target.
type openConnections struct {
	mu   sync.Mutex
	open map[net.Conn]bool
}

func countConnections(c *memorycluster.Cluster) *openConnections {
	counted := &openConnections{open: map[net.Conn]bool{}}
	former := c.Config.ConnState
	c.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		former(conn, state)
		counted.mu.Lock()
		defer counted.mu.Unlock()
		if state == http.StateClosed || state == http.StateHijacked {
			delete(counted.open, conn)
		} else {
			counted.open[conn] = true
		}
	}
	return counted
}

func (o *openConnections) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.open)
}

// TestRemovalLeavesNothing registers and removes clusters, 50 at a time: 100, or
// as many times 50 as the environment variable CHURN_ROUNDS says.
func TestRemovalLeavesNothing(t *testing.T) {
	p := newPlatform(t)
	connections := countConnections(p.target)
	p.start()
	p.churn("warm", 20)
	runtime.GC()
	baseline, open := runtime.NumGoroutine(), connections.count()
	const each = 50
	rounds, peak := 2, 0
	if wanted := os.Getenv("CHURN_ROUNDS"); wanted != "" {
		var err error
		rounds, err = strconv.Atoi(wanted)
		p.must(err)
	}
	for round := range rounds {
		peak = max(peak, p.churn(fmt.Sprintf("c%d", round), each))
	}
	if peak < baseline+each {
		t.Errorf("%d goroutines at the most with %d clusters, %d without: the clusters were not run", peak, each, baseline)
	}
	// Idle connections of the API's own client may come and go.
	const slack = 15
	settled := func() bool { return runtime.NumGoroutine() <= baseline+slack && connections.count() <= open }
	for end := time.Now().Add(30 * time.Second); !settled() && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("after %d registrations and removals: goroutines %d before, %d at the most, %d after; connections %d before, %d after",
		rounds*each, baseline, peak, runtime.NumGoroutine(), open, connections.count())
	if !settled() {
		stacks := make([]byte, 1<<20)
		t.Errorf("something is left; goroutines:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
	p.wantNotStored("churned-")
}

// churn registers clusters, waits until each is connected, and removes them. It
// returns how many goroutines there were meanwhile.
func (p *platform) churn(prefix string, count int) (goroutines int) {
	p.Helper()
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprintf("churned-%s-%d", prefix, i)
		_, err := p.api.Clusters().Create(p.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: names[i]}}, metav1.CreateOptions{})
		p.must(err)
		_, err = p.api.Clusters().CreateKubeconfig(p.Context(), names[i], &v1alpha1.ClusterKubeconfig{
			Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: p.target.Kubeconfig()},
		}, metav1.CreateOptions{})
		p.must(err)
	}
	for _, name := range names {
		eventually(p.T, name+" to be connected", func() bool {
			cluster, err := p.api.Clusters().Get(p.Context(), name, metav1.GetOptions{})
			p.must(err)
			return meta.IsStatusConditionTrue(cluster.Status.Conditions, v1alpha1.ClusterConnected)
		})
	}
	goroutines = runtime.NumGoroutine()
	for _, name := range names {
		p.must(p.removeCluster(name, metav1.DeletePropagationBackground))
	}
	return goroutines
}

// wantNotStored looks for names in the keys of the server's etcd.
func (p *platform) wantNotStored(part string) {
	p.Helper()
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{p.server.Etcd}, DialTimeout: 5 * time.Second})
	p.must(err)
	defer etcd.Close()
	all, err := etcd.Get(p.Context(), "", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	p.must(err)
	if len(all.Kvs) == 0 {
		p.Error("etcd is empty: it was not looked at")
	}
	for _, kv := range all.Kvs {
		if strings.Contains(string(kv.Key), part) {
			p.Errorf("left in etcd: %s", kv.Key)
		}
	}
}
