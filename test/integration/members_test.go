package integration

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
)

// TestMembersThroughTheAggregator has two replicas over one etcd behind the
// aggregator of a real kube-apiserver.
func TestMembersThroughTheAggregator(t *testing.T) {
	p := StartPlatform(t, 2)
	p.allowMembers(t)
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: membershiptest.Cluster}}
	must(p.Client.KubenovaV1alpha1().Clusters().Create(t.Context(), cluster, metav1.CreateOptions{}))(t)
	t.Run("Pages", func(t *testing.T) { testPages(t, p) })
	t.Run("Controllers", func(t *testing.T) { testControllersSeeEverything(t, p) })
	t.Run("Revocation", func(t *testing.T) { testRevocation(t, p) })
	t.Run("Reflectors", func(t *testing.T) { testReflectors(t, p) })
}

// allowMembers gives users on the host the rights that the chart gives.
func (p *Platform) allowMembers(t *testing.T) {
	t.Helper()
	manifests := string(must(os.ReadFile("../../artifacts/rbac/users.yaml"))(t))
	decoder, rbac := scheme.Codecs.UniversalDeserializer(), p.Kube.RbacV1()
	for manifest := range strings.SplitSeq(manifests, "\n---\n") {
		object, _, err := decoder.Decode([]byte(manifest), nil, nil)
		must(object, err)(t)
		switch object := object.(type) {
		case *rbacv1.ClusterRole:
			must(rbac.ClusterRoles().Create(t.Context(), object, metav1.CreateOptions{}))(t)
		case *rbacv1.ClusterRoleBinding:
			must(rbac.ClusterRoleBindings().Create(t.Context(), object, metav1.CreateOptions{}))(t)
		default:
			t.Fatalf("%T", object)
		}
	}
	waitFor(t, "everybody to be let through", func(ctx context.Context) error {
		_, err := p.member(t, "nobody").Apps("").List(ctx, metav1.ListOptions{})
		return err
	})
}

// member returns a client that calls as a user of the host, through the aggregator.
func (p *Platform) member(t *testing.T, name string, groups ...string) client.KubenovaV1alpha1Interface {
	t.Helper()
	return p.ClientFor(t, p.As(name, append(groups, "system:authenticated")...)).KubenovaV1alpha1()
}

// replica returns an administrator's client of one server, past the aggregator.
func (p *Platform) replica(t *testing.T, i int) client.KubenovaV1alpha1Interface {
	t.Helper()
	config := &rest.Config{Host: p.Replicas[i], BearerToken: p.Host.BearerToken, QPS: -1}
	config.Insecure = true // its certificate is self-signed
	return p.ClientFor(t, config).KubenovaV1alpha1()
}

const pagedTenants, pagedApps = 3, 2

// grow makes some tenants, each with two projects with some apps.
func grow(t *testing.T, api client.KubenovaV1alpha1Interface, prefix string, owner func(int) string) {
	t.Helper()
	for i := range pagedTenants {
		tenant := fmt.Sprint(prefix, i)
		done(t, membershiptest.Own(t.Context(), api, tenant, owner(i)))
		for _, project := range []string{"api", "web"} {
			done(t, membershiptest.Join(t.Context(), api, tenant, project))
			for n := range pagedApps {
				done(t, membershiptest.AddApp(t.Context(), api, tenant, project, fmt.Sprint("app", n)))
			}
		}
	}
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// testPages reads lists page by page, with other pages from other replicas.
func testPages(t *testing.T, p *Platform) {
	grow(t, p.replica(t, 0), "page", func(i int) string { return fmt.Sprint("owner", i) })
	var want []string
	for _, project := range []string{"api", "web"} {
		for n := range pagedApps {
			want = append(want, fmt.Sprintf("kn-page1--%s/app%d", project, n))
		}
	}
	waitFor(t, "the other replica to know the owner", func(ctx context.Context) error {
		_, err := p.member(t, "owner1").Tenants().Get(ctx, "page1", metav1.GetOptions{})
		return err
	})
	for _, limit := range []int64{0, 1, 3} {
		if got := p.listPages(t, "owner1", limit); !slices.Equal(got, want) {
			t.Errorf("by %d: %v, want %v", limit, got, want)
		}
	}
	if got := p.listPages(t, "nobody", 1); len(got) > 0 {
		t.Errorf("nobody sees %v", got)
	}
}

func (p *Platform) listPages(t *testing.T, name string, limit int64, groups ...string) (keys []string) {
	t.Helper()
	apps := p.member(t, name, groups...).Apps("")
	for options := (metav1.ListOptions{Limit: limit}); ; {
		var list *v1alpha1.AppList
		waitFor(t, "a page, over a new connection", func(ctx context.Context) (err error) {
			list, err = apps.List(ctx, options)
			return err
		})
		for i := range list.Items {
			keys = append(keys, list.Items[i].Namespace+"/"+list.Items[i].Name)
		}
		if list.Continue == "" {
			return keys
		}
		if len(list.Items) != int(limit) {
			t.Errorf("a page of %d has %d", limit, len(list.Items))
		}
		options.Continue = list.Continue
		p.Front.Cut() // the next page is another replica's
	}
}

// testControllersSeeEverything lists as the controllers of the host that take
// what they do not see for gone.
func testControllersSeeEverything(t *testing.T, p *Platform) {
	grow(t, p.replica(t, 1), "seen", func(int) string { return "someone" })
	all := p.listPages(t, "root", 0, "system:masters")
	if len(all) < 2*pagedTenants*pagedApps {
		t.Fatalf("an administrator sees %v", all)
	}
	for _, name := range []string{"generic-garbage-collector", "namespace-controller"} {
		account, groups := "system:serviceaccount:kube-system:"+name, []string{"system:serviceaccounts", "system:serviceaccounts:kube-system"}
		for _, limit := range []int64{0, 5} {
			if got := p.listPages(t, account, limit, groups...); !slices.Equal(got, all) {
				t.Errorf("%s sees %v by %d, want %v", name, got, limit, all)
			}
		}
		waitFor(t, name+" to see a tenant of another", func(ctx context.Context) error {
			_, err := p.member(t, account, groups...).Tenants().Get(ctx, "seen0", metav1.GetOptions{})
			return err
		})
		p.emptiesNamespaces(t, account, groups...)
	}
}

// emptiesNamespaces lists and deletes what a namespace has of every kind of the
// group, as is done for each namespace of the host that is deleted.
func (p *Platform) emptiesNamespaces(t *testing.T, account string, groups ...string) {
	t.Helper()
	objects := must(dynamic.NewForConfig(p.As(account, append(groups, "system:authenticated")...)))(t)
	kinds := must(p.Kube.Discovery().ServerResourcesForGroupVersion(v1alpha1.SchemeGroupVersion.String()))(t)
	tried := 0
	for _, kind := range kinds.APIResources {
		if !kind.Namespaced || !slices.Contains(kind.Verbs, "deletecollection") {
			continue
		}
		tried++
		of := objects.Resource(v1alpha1.SchemeGroupVersion.WithResource(kind.Name)).Namespace("default")
		must(of.List(t.Context(), metav1.ListOptions{}))(t)
		if strings.HasSuffix(account, "namespace-controller") {
			done(t, of.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
		}
	}
	if tried < 5 {
		t.Errorf("only %d kinds can be deleted", tried)
	}
}

// testRevocation takes access away through one replica, and asks the other.
func testRevocation(t *testing.T, p *Platform) {
	done(t, membershiptest.Own(t.Context(), p.replica(t, 0), "gone", "ann"))
	asks := p.ClientFor(t, &rest.Config{
		Host: p.Replicas[1], BearerToken: p.Host.BearerToken, TLSClientConfig: rest.TLSClientConfig{Insecure: true},
		Impersonate: rest.ImpersonationConfig{UserName: "ann", Groups: []string{"system:authenticated"}},
	}).KubenovaV1alpha1().Tenants()
	waitFor(t, "the grant on the other replica", func(ctx context.Context) error {
		_, err := asks.Get(ctx, "gone", metav1.GetOptions{})
		return err
	})
	watcher := must(asks.Watch(t.Context(), metav1.ListOptions{}))(t)
	defer watcher.Stop()
	done(t, membershiptest.Own(t.Context(), p.replica(t, 0), "gone"))
	began := time.Now()
	waitFor(t, "the revocation on the other replica", func(ctx context.Context) error {
		if _, err := asks.Get(ctx, "gone", metav1.GetOptions{}); !apierrors.IsForbidden(err) {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
	timeout := time.AfterFunc(10*time.Second, watcher.Stop)
	defer timeout.Stop()
	var last error
	for event := range watcher.ResultChan() {
		last = apierrors.FromObject(event.Object)
	}
	if !apierrors.IsResourceExpired(last) {
		t.Errorf("the watch ends with %v", last)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// testReflectors checks the model with writes to both replicas in turn, and with
// a reflector whose connection breaks and comes back to the other one.
func testReflectors(t *testing.T, p *Platform) {
	writers, turn := []client.KubenovaV1alpha1Interface{p.replica(t, 0), p.replica(t, 1)}, atomic.Int64{}
	membershiptest.CheckReflectors(t, membershiptest.Servers{
		Admin:   func() client.KubenovaV1alpha1Interface { return writers[turn.Add(1)%2] },
		As:      func(name string) client.KubenovaV1alpha1Interface { return p.member(t, name) },
		Actions: map[string]func(){"cut": p.Front.Cut},
	})
}
