package controllers_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/util/retry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers"
	typed "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/metrics"
	"github.com/kubenova/kubenova/pkg/testserver"
	"github.com/kubenova/kubenova/test/memorycluster"
)

// platform is a real KubeNova server with one registered cluster in memory.
type platform struct {
	*testing.T
	server *testserver.Server
	api    typed.KubenovaV1alpha1Interface
	target *memorycluster.Cluster
	// catalogDir is the directory of the catalog, the built-in one if empty.
	catalogDir string
	// usageInterval is the time between two samples, the default if zero.
	usageInterval time.Duration
	// tracer records the controllers' traces; nil records none.
	tracer trace.TracerProvider
	// metricsAddress serves the controllers' metrics, unless it is empty.
	metricsAddress string
}

func newPlatform(t *testing.T, options ...testserver.Option) *platform {
	t.Helper()
	p := &platform{T: t, server: testserver.Start(t, options...), target: newTarget(t)}
	p.api = p.server.Client.KubenovaV1alpha1()
	_, err := p.api.Clusters().Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{})
	p.must(err)
	_, err = p.api.Clusters().CreateKubeconfig(t.Context(), "dev", &v1alpha1.ClusterKubeconfig{
		ObjectMeta: metav1.ObjectMeta{Name: "dev"},
		Spec:       v1alpha1.ClusterKubeconfigSpec{Kubeconfig: p.target.Kubeconfig()},
	}, metav1.CreateOptions{})
	p.must(err)
	return p
}

// newTarget starts a cluster in memory that ends with the test.
func newTarget(t *testing.T) *memorycluster.Cluster {
	t.Helper()
	c := memorycluster.New()
	t.Cleanup(c.Close)
	t.Cleanup(c.CloseClientConnections)
	return c
}

// change reads and writes an object, once more when a controller wrote in between.
func (p *platform) change(readAndWrite func() error) {
	p.Helper()
	p.must(retry.RetryOnConflict(retry.DefaultBackoff, readAndWrite))
}

func (p *platform) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// run runs the controllers until ctx is done.
func (p *platform) run(ctx context.Context) error {
	return controllers.Run(ctx, controllers.Options{
		Config: p.server.ClientConfig(&user.DefaultInfo{
			Name: "system:kubenova:controller-manager", Groups: []string{user.SystemPrivilegedGroup},
		}),
		AllowTargetCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		CatalogDir:       p.catalogDir,
		UsageInterval:    p.usageInterval,
		Metrics:          metrics.New(),
		MetricsAddress:   p.metricsAddress,
		Tracer:           p.tracer,
	})
}

// start runs the controllers until stop is called or the test ends.
func (p *platform) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	var once atomic.Bool
	stop = func() {
		cancel()
		if once.CompareAndSwap(false, true) {
			if err := <-ended; err != nil {
				p.Errorf("the controllers ended with: %v", err)
			}
		}
	}
	p.Cleanup(stop)
	return stop
}

// create makes a tenant, a project and an app, and deploys it.
func (p *platform) create() {
	p.Helper()
	ctx := p.Context()
	_, err := p.api.Tenants().Create(ctx, &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme"},
		Spec: v1alpha1.TenantSpec{
			ClusterRef: v1alpha1.LocalReference{Name: "dev"},
			Owners:     []v1alpha1.Subject{{Name: "alice@example.com"}},
		},
	}, metav1.CreateOptions{})
	p.must(err)
	_, err = p.api.Projects("kn-acme").Create(ctx, &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "web"}}, metav1.CreateOptions{})
	p.must(err)
	one := int32(1)
	_, err = p.api.Apps("kn-acme--web").Create(ctx, &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Name: "hello"},
		Spec: v1alpha1.AppSpec{RevisionHistoryLimit: &one, Components: []v1alpha1.Component{{
			Name: "web", Type: "webservice", Properties: &runtime.RawExtension{Raw: []byte(`{"image":"nginx"}`)},
		}}},
	}, metav1.CreateOptions{})
	p.must(err)
	p.deploy()
}

func (p *platform) deploy() {
	p.Helper()
	_, err := p.api.Apps("kn-acme--web").Deploy(p.Context(), "hello", &v1alpha1.AppDeploy{ObjectMeta: metav1.ObjectMeta{Name: "hello"}}, metav1.CreateOptions{})
	p.must(err)
}

func (p *platform) app() *v1alpha1.App {
	p.Helper()
	app, err := p.api.Apps("kn-acme--web").Get(p.Context(), "hello", metav1.GetOptions{})
	p.must(err)
	return app
}

func (p *platform) running(revision int64) bool {
	app := p.app()
	return app.Status.Phase == v1alpha1.AppRunning && app.Status.Revision == revision &&
		meta.IsStatusConditionTrue(app.Status.Conditions, v1alpha1.ConditionReady)
}

func (p *platform) tenantGone() bool {
	p.Helper()
	_, err := p.api.Tenants().Get(p.Context(), "acme", metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		p.Fatal(err)
	}
	return apierrors.IsNotFound(err)
}

// wanted are the objects that the app above is on its cluster.
func wanted() []string {
	return []string{
		"/api/v1/namespaces/acme--web",
		"/apis/capsule.clastix.io/v1beta2/tenantowners/kubenova-acme-349aca0c43afb3e0",
		"/apis/capsule.clastix.io/v1beta2/tenants/acme",
		"/apis/core.oam.dev/v1beta1/namespaces/acme--web/applications/hello",
		"/apis/rbac.authorization.k8s.io/v1/clusterroles/kubenova:tenant-owner",
		"/apis/rbac.authorization.k8s.io/v1/namespaces/acme--web/rolebindings/kubenova-deployer",
		"/apis/rbac.authorization.k8s.io/v1/namespaces/acme--web/roles/kubenova-deployer",
	}
}

// versions are the resource versions of everything that controllers write to.
func (p *platform) versions() (out []string) {
	p.Helper()
	clusters, err := p.api.Clusters().List(p.Context(), metav1.ListOptions{})
	p.must(err)
	tenants, err := p.api.Tenants().List(p.Context(), metav1.ListOptions{})
	p.must(err)
	projects, err := p.api.Projects("").List(p.Context(), metav1.ListOptions{})
	p.must(err)
	apps, err := p.api.Apps("").List(p.Context(), metav1.ListOptions{})
	p.must(err)
	out = append(out, clusters.Items[0].ResourceVersion, tenants.Items[0].ResourceVersion)
	return append(out, projects.Items[0].ResourceVersion, apps.Items[0].ResourceVersion)
}

func TestLifecycle(t *testing.T) {
	p := newPlatform(t)
	stop := p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	if got := p.target.Names(); !slices.Equal(got, wanted()) {
		t.Errorf("on the cluster:\n%s", strings.Join(got, "\n"))
	}

	t.Run("revisions are pruned", func(t *testing.T) {
		for revision := int64(2); revision <= 4; revision++ {
			p.deploy()
			eventually(t, "the next revision", func() bool { return p.running(revision) })
		}
		eventually(t, "the oldest to go", func() bool {
			list, err := p.api.AppRevisions("kn-acme--web").List(t.Context(), metav1.ListOptions{})
			p.must(err)
			return len(list.Items) == 2 && list.Items[1].Name == "hello-4"
		})
	})

	t.Run("drift is repaired", func(t *testing.T) {
		p.target.Set(func(c *memorycluster.Cluster) {
			path := "/apis/capsule.clastix.io/v1beta2/tenants/acme"
			drifted := c.Objects[path].DeepCopy()
			p.must(unstructured.SetNestedSlice(drifted.Object, []any{}, "spec", "owners"))
			c.Store(path, drifted, "MODIFIED")
		})
		eventually(t, "the owners to be back", func() bool {
			var owners []any
			p.target.Set(func(c *memorycluster.Cluster) {
				owners, _, _ = unstructured.NestedSlice(c.Objects["/apis/capsule.clastix.io/v1beta2/tenants/acme"].Object, "spec", "owners")
			})
			return len(owners) == 1
		})
	})

	t.Run("the steady state and a restart write nothing", func(t *testing.T) {
		time.Sleep(500 * time.Millisecond)
		writes, versions := p.target.CountWrites(), p.versions()
		time.Sleep(2 * time.Second)
		stop()
		stop = p.start()
		time.Sleep(3 * time.Second)
		if now := p.target.CountWrites(); now != writes {
			t.Errorf("%d writes to the cluster, first %s", now-writes, p.target.Writes[writes])
		}
		if now := p.versions(); !slices.Equal(now, versions) {
			t.Errorf("resource versions went from %v to %v", versions, now)
		}
	})

	t.Run("nothing to run", func(t *testing.T) {
		p.change(func() error {
			app := p.app()
			app.Spec.Components = nil
			_, err := p.api.Apps(app.Namespace).Update(t.Context(), app, metav1.UpdateOptions{})
			return err
		})
		p.deploy()
		eventually(t, "the Application to go", func() bool {
			status := p.app().Status
			return status.Phase == v1alpha1.AppPending && status.Revision == 5 && !slices.Contains(p.target.Names(), wanted()[3])
		})
	})

	t.Run("deletion leaves nothing", func(t *testing.T) {
		p.must(p.api.Tenants().Delete(t.Context(), "acme", metav1.DeleteOptions{}))
		eventually(t, "the tenant to go", p.tenantGone)
		if got := p.target.Names(); len(got) > 0 {
			t.Errorf("left on the cluster: %v", got)
		}
		revisions, err := p.api.AppRevisions("").List(t.Context(), metav1.ListOptions{})
		if err != nil || len(revisions.Items) > 0 {
			t.Errorf("left: %v, %v", revisions.Items, err)
		}
	})
}

// TestAbsenceDeletesNothing has the cluster hang, and then come back empty.
func TestAbsenceDeletesNothing(t *testing.T) {
	p := newPlatform(t)
	stop := p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	stop()

	p.target.Set(func(c *memorycluster.Cluster) { c.Hang = true })
	p.target.CloseClientConnections()
	stop = p.start()
	eventually(t, "the cluster to be away", func() bool {
		cluster, err := p.api.Clusters().Get(t.Context(), "dev", metav1.GetOptions{})
		p.must(err)
		return meta.IsStatusConditionFalse(cluster.Status.Conditions, v1alpha1.ClusterConnected)
	})
	eventually(t, "the app to say so", func() bool {
		ready := meta.FindStatusCondition(p.app().Status.Conditions, v1alpha1.ConditionReady)
		return ready.Status == metav1.ConditionUnknown && ready.Reason == "ClusterUnavailable"
	})
	if status := p.app().Status; status.Phase != v1alpha1.AppRunning || status.Revision != 1 {
		t.Errorf("what was last seen is gone: %+v", status)
	}
	stop()

	p.target.Set(func(c *memorycluster.Cluster) { c.Hang, c.Objects = false, map[string]*unstructured.Unstructured{} })
	p.start()
	eventually(t, "everything to be made again", func() bool {
		return slices.Equal(p.target.Names(), wanted()) && p.running(1)
	})
}

// TestOthersAreLeftAlone has objects in the way that KubeNova did not make.
func TestOthersAreLeftAlone(t *testing.T) {
	p := newPlatform(t)
	foreign := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace"}}
	foreign.SetName("acme--web")
	foreign.SetUID("theirs")
	p.target.Set(func(c *memorycluster.Cluster) { c.Store("/api/v1/namespaces/acme--web", foreign, "ADDED") })
	p.start()
	p.create()
	eventually(t, "the project to say so", func() bool {
		project, err := p.api.Projects("kn-acme").Get(t.Context(), "web", metav1.GetOptions{})
		p.must(err)
		ready := meta.FindStatusCondition(project.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Reason == "NamespaceNotOurs"
	})
	p.must(p.api.Tenants().Delete(t.Context(), "acme", metav1.DeleteOptions{}))
	eventually(t, "the tenant to go", p.tenantGone)
	if got := p.target.Names(); !slices.Equal(got, []string{"/api/v1/namespaces/acme--web"}) {
		t.Errorf("on the cluster: %v", got)
	}
}

// TestDeletionWaitsForTheCluster deletes a tenant whose cluster is away, and
// checks the order in which it goes once the cluster is back.
func TestDeletionWaitsForTheCluster(t *testing.T) {
	p := newPlatform(t)
	stop := p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	stop()
	p.target.Set(func(c *memorycluster.Cluster) { c.Hang = true })
	p.target.CloseClientConnections()
	stop = p.start()
	p.must(p.api.Tenants().Delete(t.Context(), "acme", metav1.DeleteOptions{}))
	eventually(t, "the app to say why it stays", func() bool {
		app := p.app()
		ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
		return app.DeletionTimestamp != nil && ready.Reason == "ClusterUnavailable"
	})
	if p.tenantGone() {
		t.Error("the tenant went without its cluster")
	}
	stop()
	p.target.Set(func(c *memorycluster.Cluster) { c.Hang, c.Writes = false, nil })
	p.start()
	eventually(t, "the tenant to go", p.tenantGone)
	if got := p.target.Names(); len(got) > 0 {
		t.Errorf("left on the cluster: %v", got)
	}
	// Capsule strips finalizers from what is left in a tenant, so the order counts.
	inOrder := []string{"delete " + wanted()[3], "delete " + wanted()[0], "delete " + wanted()[2], "delete " + wanted()[1], "delete " + wanted()[4]}
	if !slices.Equal(p.target.Writes, inOrder) {
		t.Errorf("deleted in the order\n%s\nwant\n%s", strings.Join(p.target.Writes, "\n"), strings.Join(inOrder, "\n"))
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
