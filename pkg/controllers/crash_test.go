package controllers_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/targetrbac"
	"github.com/kubenova/kubenova/test/memorycluster"
)

// step is a change, and what there is on the cluster once it was carried out.
type step struct {
	name string
	do   func()
	on   []string
	done func() bool
}

// crashes run the controllers, and have them end after every single write.
type crashes struct {
	*platform
	// after are the writes that they ended after, as verb and resource.
	after map[string]int
}

// TestStopAfterEveryWrite stops the controllers after every single write to the
// cluster, of which they get no answer, and starts them again. The API server gets no
// answer to its own writes, one after the other, either. Whatever KubeNova has the
// right to write has to be among the writes.
func TestStopAfterEveryWrite(t *testing.T) {
	p := newPlatform(t)
	c := &crashes{platform: p, after: map[string]int{}}
	for _, s := range c.steps() {
		s.do()
		c.converge(s)
	}
	t.Logf("ended after: %v", c.after)
	var missing []string
	for _, write := range ownWrites() {
		if c.after[write] == 0 {
			missing = append(missing, write)
		}
	}
	if len(missing) > 0 {
		t.Errorf("nothing ended after %s", strings.Join(missing, ", "))
	}
}

// ownWrites are the kinds of writes that KubeNova's own ClusterRole allows: what can be
// made and removed is applied and deleted here.
func ownWrites() (out []string) {
	for _, rule := range targetrbac.OwnRules() {
		for _, resource := range rule.Resources {
			switch {
			case slices.Contains(rule.Verbs, "delete"):
				out = append(out, "apply "+resource, "delete "+resource)
			case slices.Contains(rule.Verbs, "create"):
				out = append(out, "create "+resource)
			}
		}
	}
	return out
}

// converge runs the controllers until a step is carried out, again after each write.
func (c *crashes) converge(s step) {
	c.Helper()
	begun := time.Now()
	deadline := begun.Add(2 * time.Minute)
	is := func() bool { return s.done() && slices.Equal(c.there(), slices.Sorted(slices.Values(s.on))) }
	for !is() {
		if time.Now().After(deadline) {
			c.Fatalf("%s was not carried out (%t); grants %v, records %v; on the cluster:\n%s\nwant\n%s", s.name, s.done(), c.grants(), c.records(),
				strings.Join(c.there(), "\n"), strings.Join(slices.Sorted(slices.Values(s.on)), "\n"))
		}
		c.once(is, deadline)
	}
	c.Logf("%s: carried out after %.1fs", s.name, time.Since(begun).Seconds())
}

// once runs the controllers until done, or until they have written something. Their
// writes after that fail, as those of a process that is gone.
func (c *crashes) once(done func() bool, deadline time.Time) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.target.Set(func(t *memorycluster.Cluster) {
		t.OnWrite = func(write string) bool {
			c.target.Set(func(t *memorycluster.Cluster) { t.Hang = true })
			c.count(write)
			cancel()
			return false
		}
	})
	ended := make(chan error, 1)
	go func() { ended <- c.run(ctx) }()
	for ctx.Err() == nil && !done() && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	c.must(<-ended)
	c.target.Set(func(t *memorycluster.Cluster) { t.OnWrite, t.Hang = nil, false })
}

func (c *crashes) count(write string) {
	c.target.Set(func(*memorycluster.Cluster) { c.after[kindOf(write)]++ })
}

// kindOf is the verb and the resource of a write, as RBAC names it.
func kindOf(write string) string {
	verb, path, _ := strings.Cut(write, " ")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[len(parts)-1] == "token" {
		return verb + " " + parts[len(parts)-3] + "/token"
	}
	return verb + " " + parts[len(parts)-2]
}

// there are the names of the objects on the cluster, without what is random or a hash
// in them.
func (c *crashes) there() []string {
	uid := regexp.MustCompile(`/secrets/[0-9a-f-]{36}$`)
	account := regexp.MustCompile(`/(serviceaccounts/|kubenova-grant-)[a-z0-9-]+-[0-9a-f]{16}$`)
	owner := regexp.MustCompile(`/tenantowners/kubenova-acme-[0-9a-f]{16}$`)
	names := c.target.Names()
	for i := range names {
		names[i] = uid.ReplaceAllString(names[i], "/secrets/<uid>")
		names[i] = account.ReplaceAllString(names[i], "/$1<account>")
		names[i] = owner.ReplaceAllString(names[i], wanted()[1][strings.LastIndex(wanted()[1], "/tenantowners/"):])
	}
	return slices.Sorted(slices.Values(names))
}

// issue asks for a kubeconfig, once for each write that the API server makes for it,
// and then once more. It gets no answer to that write.
func (c *crashes) issue(project string, role v1alpha1.MemberRole) {
	c.Helper()
	config := rest.CopyConfig(c.server.Admin)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return withoutRetries{next} })
	client, err := versioned.NewForConfig(config)
	c.must(err)
	for lost := 1; ; lost++ {
		var writes atomic.Int64
		c.target.Set(func(t *memorycluster.Cluster) {
			t.OnWrite = func(write string) bool {
				if writes.Add(1) != int64(lost) {
					return true
				}
				c.count(write)
				return false
			}
		})
		_, err := client.KubenovaV1alpha1().Tenants().CreateKubeconfig(c.Context(), "acme",
			&v1alpha1.AccessKubeconfig{Spec: v1alpha1.AccessKubeconfigSpec{Project: project, Role: role}}, metav1.CreateOptions{})
		c.target.Set(func(t *memorycluster.Cluster) { t.OnWrite = nil })
		if int(writes.Load()) < lost {
			c.must(err)
			return
		}
		if err == nil {
			c.Fatalf("a kubeconfig was issued although write %d had no answer", lost)
		}
	}
}

// withoutRetries keeps client-go from trying again by itself.
type withoutRetries struct{ next http.RoundTripper }

func (w withoutRetries) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(r)
	if err == nil {
		response.Header.Del("Retry-After")
	}
	return response, err
}

func (c *crashes) grants() []v1alpha1.AccessGrant {
	c.Helper()
	list, err := c.api.AccessGrants("").List(c.Context(), metav1.ListOptions{})
	c.must(err)
	return list.Items
}

// revoke deletes the grants that are left.
func (c *crashes) revoke() {
	c.Helper()
	for _, grant := range c.grants() {
		c.must(c.api.AccessGrants(grant.Namespace).Delete(c.Context(), grant.Name, metav1.DeleteOptions{}))
	}
}

func (c *crashes) members(members ...v1alpha1.ProjectMember) func() {
	return func() {
		c.change(func() error {
			project, err := c.api.Projects("kn-acme").Get(c.Context(), "web", metav1.GetOptions{})
			c.must(err)
			project.Spec.Access = members
			_, err = c.api.Projects("kn-acme").Update(c.Context(), project, metav1.UpdateOptions{})
			return err
		})
	}
}

func (c *crashes) owners(names ...string) func() {
	return func() {
		c.change(func() error {
			tenant, err := c.api.Tenants().Get(c.Context(), "acme", metav1.GetOptions{})
			c.must(err)
			tenant.Spec.Owners = nil
			for _, name := range names {
				tenant.Spec.Owners = append(tenant.Spec.Owners, v1alpha1.Subject{Name: name})
			}
			_, err = c.api.Tenants().Update(c.Context(), tenant, metav1.UpdateOptions{})
			return err
		})
	}
}

// components has the app consist of nothing, or of what it was made of.
func (c *crashes) components(components []v1alpha1.Component) func() {
	return func() {
		c.change(func() error {
			app := c.app()
			app.Spec.Components = components
			_, err := c.api.Apps(app.Namespace).Update(c.Context(), app, metav1.UpdateOptions{})
			return err
		})
		c.deploy()
	}
}

func (c *crashes) remove() {
	c.Helper()
	c.must(c.api.Tenants().Delete(c.Context(), "acme", metav1.DeleteOptions{}))
}

// steps are the life of a tenant, and of another of its name, with everything that is
// written for them.
func (c *crashes) steps() []step {
	const in = "/apis/rbac.authorization.k8s.io/v1/namespaces/acme--web/"
	const access = "/api/v1/namespaces/kubenova-access"
	member := []string{in + "roles/kubenova-project-dev", in + "rolebindings/kubenova-project-dev"}
	// Roles of grants stay in their project: they give nothing to anyone.
	used := []string{access, in + "roles/kubenova-grant-kubenova-project-dev"}
	issued := []string{
		access + "/secrets/<uid>", access + "/secrets/<uid>", access + "/serviceaccounts/<account>", access + "/serviceaccounts/<account>",
		"/apis/capsule.clastix.io/v1beta2/tenantowners/kubenova-grant-<account>", in + "rolebindings/kubenova-grant-<account>",
	}
	app := slices.Index(wanted(), "/apis/core.oam.dev/v1beta1/namespaces/acme--web/applications/hello")
	owner := slices.IndexFunc(wanted(), func(name string) bool { return strings.Contains(name, "/tenantowners/") })
	always := func() bool { return true }
	running := func(revision int64) func() bool { return func() bool { return c.running(revision) } }
	grants := func(want int) func() bool { return func() bool { return len(c.grants()) == want } }
	issue := func() {
		c.issue("", v1alpha1.RoleTenantOwner)
		c.issue("web", v1alpha1.RoleProjectDev)
	}
	return []step{
		{"making a tenant with an app", c.create, wanted(), running(1)},
		{"a network policy", func() { c.deployWith(`{"defaultDeny":true}`) }, append(wanted(), networkPolicy), running(2)},
		{"no network policy", func() { c.deployWith("") }, wanted(), running(3)},
		{"a member", c.members(v1alpha1.ProjectMember{Name: "dan", Role: v1alpha1.RoleProjectDev}), append(wanted(), member...), always},
		{"no member", c.members(), wanted(), always},
		{"another owner", c.owners("bob@example.com"), wanted(), func() bool { return c.owns("bob@example.com") }},
		{"nothing to run", c.components(nil), slices.Delete(wanted(), app, app+1), always},
		{"issued kubeconfigs", issue, slices.Concat(slices.Delete(wanted(), app, app+1), used, issued), grants(2)},
		{"revoked kubeconfigs", c.revoke, append(slices.Delete(wanted(), app, app+1), used...), grants(0)},
		{"the end of the tenant", c.remove, []string{access}, c.tenantGone},
		{"another tenant of the name", c.create, append(wanted(), access), running(1)},
		{"issued kubeconfigs again", issue, slices.Concat(wanted(), used, issued), grants(2)},
		{"letting go of the tenant", func() { c.must(c.api.Tenants().Delete(c.Context(), "acme", orphan())) },
			slices.Concat(slices.Delete(wanted(), owner, owner+1), used), func() bool { return c.tenantGone() && len(c.records()) == 0 }},
	}
}

// owns says whether someone is the only owner on the cluster.
func (c *crashes) owns(name string) (is bool) {
	c.target.Set(func(t *memorycluster.Cluster) {
		for path, object := range t.Objects {
			if strings.Contains(path, "/tenantowners/") {
				spec, _ := object.Object["spec"].(map[string]any)
				is = spec["name"] == name
			}
		}
	})
	return is
}
