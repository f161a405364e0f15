package facade_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// whoMay is the table of package authz: by relation and cap, the requests that
// are allowed.
func whoMay(t *testing.T) map[[2]string]map[string]bool {
	t.Helper()
	data, err := os.ReadFile("../authz/testdata/who-may.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	caps := strings.Fields(lines[0])[3:]
	table := map[[2]string]map[string]bool{}
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		for i, limit := range caps {
			key := [2]string{fields[2], limit}
			if table[key] == nil {
				table[key] = map[string]bool{}
			}
			table[key][fields[0]+" "+fields[1]] = fields[3+i] == "+"
		}
	}
	return table
}

func callerOf(relation, limit string) user.Info {
	if limit == "host" {
		return &user.DefaultInfo{Name: relation, Groups: []string{user.AllAuthenticated}}
	}
	return withRole(relation, authz.Role(limit))
}

// TestWhoMay asks for everything in the table through both doors, as everyone in
// it. All writes are dry runs.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	growAcme(t, d, server)
	for who, allowed := range whoMay(t) {
		caller := callerOf(who[0], who[1])
		t.Run(strings.Join(who[:], " with "), func(t *testing.T) {
			for request, want := range allowed {
				if strings.HasPrefix(request, authz.VerbListAll) {
					continue // no method of HTTP stands for it; lists ask it
				}
				status := askNatively(t, server, caller, request)
				// Some requests are passed on to the cluster, and there is none behind dev.
				_, subresource, _ := strings.Cut(request, "/")
				passedOn := slices.Contains([]string{"usage", "cleanup", "proxy", "capabilities"}, subresource)
				asked := passedOn && status == http.StatusServiceUnavailable
				if status == http.StatusUnauthorized || status >= 500 && !asked || want == (status == http.StatusForbidden) {
					t.Errorf("native door, %s: %d, want it allowed: %v", request, status, want)
				}
			}
			for _, c := range restCalls() {
				want := !slices.ContainsFunc(c.needs, func(request string) bool {
					_, known := allowed[request]
					if !known {
						t.Errorf("%s is not in the table", request)
					}
					return !allowed[request]
				})
				got := d.as(caller).call(t, c.method, c.path, c.body)
				refused := got.status == http.StatusForbidden || got.status == http.StatusNotFound
				passedOn := strings.Contains(c.path, "/cleanup") && got.status == http.StatusServiceUnavailable
				if got.status >= 500 && !passedOn || want == refused {
					t.Errorf("REST door, %s: %s, want it allowed: %v", got.what, got.body, want)
				}
			}
		})
	}
}

// TestTheTableHasEveryRequest holds what is served against the table.
func TestTheTableHasEveryRequest(t *testing.T) {
	t.Parallel()
	client, err := versioned.NewForConfig(testserver.Start(t).Admin)
	if err != nil {
		t.Fatal(err)
	}
	served, err := client.Discovery().ServerResourcesForGroupVersion(v1alpha1.SchemeGroupVersion.String())
	if err != nil {
		t.Fatal(err)
	}
	table := whoMay(t)[[2]string{"owner", "admin"}]
	missing, verbs := map[string]bool{}, 0
	for _, resource := range served.APIResources {
		for _, verb := range resource.Verbs {
			verbs++
			if _, asked := table[verb+" "+resource.Name]; !asked {
				missing[verb+" "+resource.Name] = true
			}
		}
	}
	if len(missing) > 0 || verbs < 100 {
		t.Errorf("of %d verbs, the table lacks %v", verbs, slices.Sorted(maps.Keys(missing)))
	}
}

// growAcme makes the objects of the table.
func growAcme(t *testing.T, d door, server *testserver.Server) {
	t.Helper()
	d.register(t, "dev")
	d.create(t, "/clusters/dev/tenants", `{"name":"acme","owners":["owner"]}`)
	member := func(name string, role v1alpha1.MemberRole) v1alpha1.ProjectMember {
		return v1alpha1.ProjectMember{Kind: v1alpha1.SubjectUser, Name: name, Role: role}
	}
	_, err := server.Client.KubenovaV1alpha1().Projects("kn-acme").Create(t.Context(), &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: v1alpha1.ProjectSpec{Access: []v1alpha1.ProjectMember{
			member("projectOwner", v1alpha1.RoleTenantOwner), member("dev", v1alpha1.RoleProjectDev), member("reader", v1alpha1.RoleReadOnly),
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d.create(t, "/clusters/dev/tenants/acme/projects/web/apps", `{"name":"x","components":[{"name":"web","type":"webservice","properties":{"image":"nginx"}}]}`)
	d.call(t, "POST", "/clusters/dev/tenants/acme/policysets", `{"name":"x","rules":[]}`).want(200)
}

// restCalls are the calls of the REST door with what their caller must be allowed.
func restCalls() []restCall {
	const c, dry = "/clusters/dev", "?dryRun=All"
	const tenant = c + "/tenants/acme"
	const project, sets = tenant + "/projects/web", tenant + "/policysets"
	const app = project + "/apps/x"
	inTenant := func(needs ...string) []string { return append(needs, "get tenants") }
	inProject := func(needs ...string) []string { return inTenant(append(needs, "get projects")...) }
	return []restCall{
		{"GET", "/clusters", "", []string{"list clusters"}},
		{"GET", c, "", []string{"list clusters", "get clusters"}},
		{"POST", "/clusters" + dry, `{"name":"new","kubeconfig":"` + kubeconfig() + `"}`, []string{"create clusters", "create clusters/kubeconfig"}},
		{"PUT", c + dry, `{"labels":{"a":"b"}}`, []string{"get clusters", "update clusters"}},
		{"POST", c + "/bootstrap/proxy" + dry, "", []string{"get clusters", "create clusters/bootstrap"}},
		{"PUT", c + "/kubeconfig" + dry, `{"kubeconfig":"` + kubeconfig() + `"}`, []string{"get clusters", "create clusters/kubeconfig"}},
		{"POST", c + "/cleanup" + dry, "", []string{"get clusters", "create clusters/cleanup"}},
		{"GET", c + "/tenants", "", inTenant("list tenants")},
		{"GET", tenant + "/summary", "", inTenant("get tenants/usage")},
		{"GET", "/tenants/acme/usage", "", inTenant("get tenants/usage")},
		{"POST", c + "/tenants" + dry, `{"name":"new"}`, []string{"get clusters", "create tenants"}},
		{"GET", tenant, "", inTenant()},
		{"PUT", tenant + dry, `{"cordoned":true}`, inTenant("update tenants")},
		{"PUT", tenant + "/owners" + dry, `{"owners":["mallory"]}`, inTenant("update tenants")},
		{"GET", tenant + "/plan", "", inTenant()},
		{"PUT", tenant + "/plan" + dry, `{"name":""}`, inTenant("update tenants")},
		{"DELETE", tenant + dry, "", inTenant("delete tenants")},
		{"GET", tenant + "/projects", "", inTenant("list projects")},
		{"POST", tenant + "/projects" + dry, `{"name":"new"}`, inTenant("create projects")},
		{"GET", project, "", inProject()},
		{"PUT", project + dry, `{"name":"web"}`, inProject("update projects")},
		{"DELETE", project + dry, "", inProject("delete projects")},
		{"GET", sets, "", inTenant("list policysets")},
		{"POST", sets + dry, `{"name":"new","rules":[]}`, inTenant("create policysets")},
		{"GET", sets + "/x", "", inTenant("get policysets")},
		{"PUT", sets + "/x" + dry, `{"name":"x","rules":[]}`, inTenant("get policysets", "update policysets")},
		{"DELETE", sets + "/x" + dry, "", inTenant("get policysets", "delete policysets")},
		{"GET", project + "/apps", "", inProject("list apps")},
		{"POST", project + "/apps" + dry, `{"name":"new","components":[]}`, inProject("create apps")},
		{"GET", app, "", inProject("get apps")},
		{"GET", app + "/status", "", inProject("get apps", "list apprevisions")},
		{"PUT", app + dry, `{"name":"x","components":[]}`, inProject("get apps", "update apps")},
		{"PUT", app + "/traits" + dry, `[]`, inProject("get apps", "update apps")},
		{"DELETE", app + dry, "", inProject("get apps", "delete apps")},
		{"POST", app + ":deploy" + dry, "", inProject("get apps", "create apps/deploy")},
		{"POST", app + "/image-update" + dry, `{"component":"web","image":"nginx:2"}`, inProject("get apps", "create apps/image")},
		{"GET", app + "/revisions", "", inProject("get apps", "list apprevisions")},
		{"GET", "/features", "", nil},
		{"GET", "/me", "", nil},
		{"POST", "/tokens" + dry, `{"subject":"someone","roles":["readOnly"]}`, []string{"create tokens"}},
	}
}

type restCall struct {
	method, path, body string
	needs              []string
}

// askNatively sends a request of the table and returns the status.
func askNatively(t *testing.T, server *testserver.Server, caller user.Info, request string) int {
	t.Helper()
	verb, path, _ := strings.Cut(request, " ")
	resource, subresource, _ := strings.Cut(path, "/")
	names := map[string][2]string{
		"clusters": {"", "dev"}, "tenants": {"", "acme"}, "projects": {"namespaces/kn-acme/", "web"}, "policysets": {"namespaces/kn-acme/", "x"},
		"apps": {"namespaces/kn-acme--web/", "x"}, "apprevisions": {"namespaces/kn-acme--web/", "x-1"},
		"accessgrants": {"namespaces/kn-acme/", "x"}, "usagehistories": {"namespaces/kn-acme/", "x"},
	}
	url := "http://kubenova.in-process/apis/kubenova.io/v1alpha1/" + names[resource][0] + resource
	if subresource != "" || slices.Contains([]string{"get", "update", "patch", "delete"}, verb) {
		url += "/" + cmp.Or(names[resource][1], "x")
	}
	if subresource != "" {
		url += "/" + subresource
	}
	url += map[bool]string{true: "?watch=true", false: "?dryRun=All"}[verb == "watch"]
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	body := "{}"
	if strings.HasPrefix(verb, "delete") { // options in a body count instead of the query
		body = `{"apiVersion":"v1","kind":"DeleteOptions","dryRun":["All"]}`
	}
	r, err := http.NewRequestWithContext(ctx, methods[verb], url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", map[bool]string{true: "application/merge-patch+json", false: "application/json"}[verb == "patch"])
	response, err := server.ClientConfig(caller).Transport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 500 {
		body, err := io.ReadAll(response.Body)
		t.Log(fmt.Sprint(request, " ", string(body), err))
	}
	return response.StatusCode
}

var methods = map[string]string{
	"get": http.MethodGet, "list": http.MethodGet, "watch": http.MethodGet, "create": http.MethodPost, "update": http.MethodPut,
	"patch": http.MethodPatch, "delete": http.MethodDelete, "deletecollection": http.MethodDelete,
}
