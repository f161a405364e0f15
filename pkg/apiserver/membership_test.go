package apiserver_test

import (
	"context"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// platform is a server whose tenants live on the cluster dev.
type platform struct{ *testserver.Server }

func startPlatform(t testing.TB) platform {
	t.Helper()
	p := platform{testserver.Start(t)}
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: membershiptest.Cluster}}
	_, err := p.admin().Clusters().Create(t.Context(), cluster, metav1.CreateOptions{})
	done(t, err)
	return p
}

func done(t interface{ Fatal(...any) }, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func (p platform) admin() client.KubenovaV1alpha1Interface { return p.Client.KubenovaV1alpha1() }

// as returns a client that calls as a user, who may be in groups.
func (p platform) as(t testing.TB, name string, groups ...string) client.KubenovaV1alpha1Interface {
	t.Helper()
	return p.ClientFor(t, name, append(groups, "system:authenticated")...).KubenovaV1alpha1()
}

// own makes a tenant, or changes who owns it.
func (p platform) own(ctx context.Context, name string, owners ...string) error {
	return membershiptest.Own(ctx, p.admin(), name, owners...)
}

// join makes a project, or changes who develops in it.
func (p platform) join(ctx context.Context, tenant, name string, devs ...string) error {
	return membershiptest.Join(ctx, p.admin(), tenant, name, devs...)
}

// addApp makes the app of that name in a project.
func (p platform) addApp(ctx context.Context, tenant, project, name string) error {
	return membershiptest.AddApp(ctx, p.admin(), tenant, project, name)
}

// growTenants makes the tenants acme, of ann, and blue, of bob and the group
// blues, each with the projects api and web and two apps in each; dora develops
// in the web of acme.
func (p platform) growTenants(t *testing.T) {
	t.Helper()
	for tenant, owners := range map[string][]string{"acme": {"ann"}, "blue": {"bob", "group:blues"}} {
		done(t, p.own(t.Context(), tenant, owners...))
		for _, project := range []string{"api", "web"} {
			done(t, p.join(t.Context(), tenant, project))
			done(t, p.addApp(t.Context(), tenant, project, "one"))
			done(t, p.addApp(t.Context(), tenant, project, "two"))
		}
		set := &v1alpha1.PolicySet{ObjectMeta: metav1.ObjectMeta{Name: "set"}}
		_, err := p.admin().PolicySets(v1alpha1.TenantNamespace(tenant)).Create(t.Context(), set, metav1.CreateOptions{})
		done(t, err)
	}
	done(t, p.join(t.Context(), "acme", "web", "dora"))
}

// TestListsShowWhatOneMaySee lists everything as everyone, whole and in pages.
func TestListsShowWhatOneMaySee(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	p.growTenants(t)
	acme := []string{"kn-acme--api/one", "kn-acme--api/two", "kn-acme--web/one", "kn-acme--web/two"}
	blue := []string{"kn-blue--api/one", "kn-blue--api/two", "kn-blue--web/one", "kn-blue--web/two"}
	for _, c := range []struct {
		name                          string
		groups                        []string
		tenants, projects, sets, apps []string
	}{
		{"ann", nil, []string{"/acme"}, []string{"kn-acme/api", "kn-acme/web"}, []string{"kn-acme/set"}, acme},
		{"bob", nil, []string{"/blue"}, []string{"kn-blue/api", "kn-blue/web"}, []string{"kn-blue/set"}, blue},
		{"cleo", []string{"blues"}, []string{"/blue"}, []string{"kn-blue/api", "kn-blue/web"}, []string{"kn-blue/set"}, blue},
		{"dora", nil, []string{"/acme"}, []string{"kn-acme/web"}, []string{"kn-acme/set"}, acme[2:]},
		{"dora", []string{"blues"}, []string{"/acme", "/blue"}, []string{"kn-acme/web", "kn-blue/api", "kn-blue/web"}, []string{"kn-acme/set", "kn-blue/set"}, append(slices.Clone(acme[2:]), blue...)},
		{"mallory", nil, nil, nil, nil, nil},
		{"root", []string{"system:masters"}, []string{"/acme", "/blue"}, []string{"kn-acme/api", "kn-acme/web", "kn-blue/api", "kn-blue/web"}, []string{"kn-acme/set", "kn-blue/set"}, append(slices.Clone(acme), blue...)},
	} {
		api := p.as(t, c.name, c.groups...)
		for _, limit := range []int64{0, 1, 2, 3, 100} {
			expect(t, c.name, "tenants", c.tenants, limit, pager(api.Tenants().List, func(l *v1alpha1.TenantList) []v1alpha1.Tenant { return l.Items }))
			expect(t, c.name, "projects", c.projects, limit, pager(api.Projects("").List, func(l *v1alpha1.ProjectList) []v1alpha1.Project { return l.Items }))
			expect(t, c.name, "policy sets", c.sets, limit, pager(api.PolicySets("").List, func(l *v1alpha1.PolicySetList) []v1alpha1.PolicySet { return l.Items }))
			expect(t, c.name, "apps", c.apps, limit, pager(api.Apps("").List, func(l *v1alpha1.AppList) []v1alpha1.App { return l.Items }))
		}
	}
}

// page is one page of a list, with keys for its objects.
type page struct {
	keys   []string
	rest   string
	remain *int64
}

func pager[L metav1.ListInterface, T any, P interface {
	*T
	metav1.Object
}](list func(context.Context, metav1.ListOptions) (L, error), items func(L) []T) func(context.Context, metav1.ListOptions) (page, error) {
	return func(ctx context.Context, options metav1.ListOptions) (page, error) {
		got, err := list(ctx, options)
		if err != nil {
			return page{}, err
		}
		out := page{rest: got.GetContinue(), remain: got.GetRemainingItemCount()}
		for _, item := range items(got) {
			out.keys = append(out.keys, P(&item).GetNamespace()+"/"+P(&item).GetName())
		}
		return out, nil
	}
}

// expect reads a list page by page: every page but the last is full.
func expect(t *testing.T, who, what string, want []string, limit int64, list func(context.Context, metav1.ListOptions) (page, error)) {
	t.Helper()
	var got []string
	for options := (metav1.ListOptions{Limit: limit}); ; {
		read, err := list(t.Context(), options)
		if err != nil {
			t.Errorf("%s lists %s: %v", who, what, err)
			return
		}
		got = append(got, read.keys...)
		if read.remain != nil && int(*read.remain) != len(want)-len(got) {
			t.Errorf("%s is told of %d more %s, want %d", who, *read.remain, what, len(want)-len(got))
		}
		if read.rest == "" {
			break
		}
		if len(read.keys) != int(limit) {
			t.Errorf("%s gets a page of %d %s of %d", who, len(read.keys), what, limit)
		}
		options.Continue = read.rest
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s sees %s %v by %d, want %v", who, what, got, limit, want)
	}
}

// TestDeleteCollectionIsNarrowed has a developer delete the apps of its project.
func TestDeleteCollectionIsNarrowed(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	p.growTenants(t)
	dora := p.as(t, "dora")
	done(t, dora.Apps("kn-acme--web").DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
	for _, namespace := range []string{"kn-acme--api", "kn-blue--web", ""} {
		if err := dora.Apps(namespace).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("dora deletes the apps of %q: %v", namespace, err)
		}
	}
	apps, err := p.admin().Apps("").List(t.Context(), metav1.ListOptions{})
	done(t, err)
	for _, app := range apps.Items {
		if deleted := app.DeletionTimestamp != nil; deleted != (app.Namespace == "kn-acme--web") {
			t.Errorf("%s/%s is deleted: %v", app.Namespace, app.Name, deleted)
		}
	}
}

// TestOwnersActAtOnce uses a grant with the very next request.
func TestOwnersActAtOnce(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	for i := range 20 {
		tenant := "acme" + string(rune('a'+i))
		done(t, p.own(t.Context(), tenant, "ann"))
		if _, err := p.as(t, "ann").Tenants().Get(t.Context(), tenant, metav1.GetOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRevocationEndsAccess takes access away while a watch is open.
func TestRevocationEndsAccess(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	p.growTenants(t)
	dora := p.as(t, "dora")
	apps := dora.Apps("")
	list, err := apps.List(t.Context(), metav1.ListOptions{})
	done(t, err)
	for name, open := range map[string]func(context.Context, metav1.ListOptions) (watch.Interface, error){
		"apps": apps.Watch, "apps of the project": dora.Apps("kn-acme--web").Watch, "projects": dora.Projects("").Watch, "tenants": dora.Tenants().Watch,
	} {
		done(t, p.join(t.Context(), "acme", "web", "dora"))
		watcher, err := open(t.Context(), metav1.ListOptions{ResourceVersion: ""})
		done(t, err)
		began := time.Now()
		done(t, p.join(t.Context(), "acme", "web"))
		if _, err := dora.Apps("kn-acme--web").Get(t.Context(), "one", metav1.GetOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("dora still gets the app: %v", err)
		}
		if status := lastOf(t, watcher); status == nil || !apierrors.IsResourceExpired(status) {
			t.Errorf("the watch of %s ends with %v, want Expired", name, status)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the watch of %s ended after %s", name, took)
		}
		if watcher, err := open(t.Context(), metav1.ListOptions{ResourceVersion: list.ResourceVersion}); !apierrors.IsResourceExpired(err) {
			t.Errorf("a watch of %s from before is answered with %v, %v, want Expired", name, watcher, err)
		}
	}
	again, err := apps.List(t.Context(), metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil || len(again.Items) != 0 {
		t.Errorf("dora lists %d apps (%v)", len(again.Items), err)
	}
	watcher, err := apps.Watch(t.Context(), metav1.ListOptions{ResourceVersion: again.ResourceVersion})
	done(t, err)
	watcher.Stop()
}

// lastOf reads a watch to its end and returns the error that ended it.
func lastOf(t *testing.T, watcher watch.Interface) error {
	t.Helper()
	defer watcher.Stop()
	timeout := time.After(10 * time.Second)
	var last error
	for {
		select {
		case event, open := <-watcher.ResultChan():
			if !open {
				return last
			}
			if last = nil; event.Type == watch.Error {
				last = apierrors.FromObject(event.Object)
			}
		case <-timeout:
			t.Error("the watch goes on")
			return last
		}
	}
}
