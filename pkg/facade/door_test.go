package facade_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/facade"
)

// canary is a credential that must not come back in any answer.
const canary = "canary-token-7f3a"

// door calls the facade before a real API server, as any user.
type door struct {
	handler http.Handler
	caller  user.Info
}

// as returns the same door for another caller.
func (d door) as(caller user.Info) door {
	d.caller = caller
	return d
}

func administrator() user.Info {
	return &user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup, user.AllAuthenticated}}
}

// withRole returns a caller whose token has one role.
func withRole(name string, role authz.Role) user.Info {
	return &user.DefaultInfo{
		Name:   name,
		Groups: []string{authz.GroupPrefix + string(role), user.AllAuthenticated},
		Extra:  map[string][]string{authz.ExtraRoles: {string(role)}},
	}
}

// answer is what the facade said.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

// call sends a request. Headers come in pairs, and a body is sent as JSON.
func (d door) call(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	facade.Checked(t, d.handler).ServeHTTP(w, r.WithContext(request.WithUser(t.Context(), d.caller)))
	if strings.Contains(w.Body.String(), canary) {
		t.Errorf("%s %s shows the credentials", method, path)
	}
	return answer{t: t, what: method + " " + path, status: w.Code, header: w.Header(), body: w.Body.String()}
}

// want checks the status, and that errors are in the error model.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got %d %s, want %d", a.what, a.status, a.body, status)
	}
	if status >= 400 {
		var body struct{ Code, Message string }
		a.into(&body)
		if body.Code != fmt.Sprintf("KN-%d", status) || body.Message == "" {
			a.t.Fatalf("%s: %s is not the error model", a.what, a.body)
		}
	}
	return a
}

// wantEmpty checks the status and that there is no body.
func (a answer) wantEmpty(status int) answer {
	a.t.Helper()
	if a.want(status); a.body != "" {
		a.t.Fatalf("%s: body is %s, want none", a.what, a.body)
	}
	return a
}

// wantField checks for a 422 that names a field.
func (a answer) wantField(name string) {
	a.t.Helper()
	var body struct {
		Details []struct{ Field, Reason, Message string }
	}
	a.want(http.StatusUnprocessableEntity).into(&body)
	for _, d := range body.Details {
		if d.Field == name && d.Reason != "" && d.Message != "" {
			return
		}
	}
	a.t.Errorf("%s: %s does not name %s", a.what, a.body, name)
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%s: %q: %v", a.what, a.body, err)
	}
}

func (a answer) etag() string { return a.header.Get("ETag") }

// object is any REST object.
type object struct {
	UID, Name, Description, Phase   string
	Owners                          []string
	Labels, Annotations             map[string]string
	Components, Traits, Policies    []map[string]any
	Rules, AttachedTo, Conditions   []map[string]any
	Revision                        int64
	CreatedAt, Summary, LastUpdated string
	Tenancy, Vela, Proxy            bool
	Roles, Groups                   []string
	Tenants                         []map[string]string
	Token, ExpiresAt                string
	Version, Commit, Date           string
}

func (a answer) object() object {
	a.t.Helper()
	var o object
	a.want(http.StatusOK).into(&o)
	return o
}

// names returns the names in a list.
func (a answer) names() []string {
	a.t.Helper()
	var list []struct{ Name string }
	a.want(http.StatusOK).into(&list)
	if list == nil {
		a.t.Fatalf("%s: body is %s, want an array", a.what, a.body)
	}
	names := make([]string, 0, len(list))
	for _, o := range list {
		names = append(names, o.Name)
	}
	return names
}

// kubeconfig returns a base64 kubeconfig that is accepted, for a cluster that is
// not there.
func kubeconfig() string {
	return base64.StdEncoding.EncodeToString([]byte(`{"apiVersion":"v1","kind":"Config","current-context":"dev",
		"clusters":[{"name":"c","cluster":{"server":"https://cluster.example:6443"}}],
		"users":[{"name":"u","user":{"token":"` + canary + `"}}],
		"contexts":[{"name":"dev","context":{"cluster":"c","user":"u"}}]}`))
}

// register registers a cluster and returns its path.
func (d door) register(t *testing.T, name string) string {
	t.Helper()
	body := fmt.Sprintf(`{"name":%q,"kubeconfig":%q,"labels":{"env":"dev"}}`, name, kubeconfig())
	return "/clusters/" + d.call(t, "POST", "/clusters", body).object().UID
}

// create makes an object by POST and returns its path.
func (d door) create(t *testing.T, collection, body string) string {
	t.Helper()
	return collection + "/" + d.call(t, "POST", collection, body).object().UID
}

// tree is one object of every kind, each in the one before.
type tree struct{ cluster, tenant, project, app, policySet string }

// grow makes a tree whose names begin with a prefix.
func (d door) grow(t *testing.T, prefix string) tree {
	t.Helper()
	var made tree
	made.cluster = d.register(t, prefix+"-cluster")
	made.tenant = d.create(t, made.cluster+"/tenants", `{"name":"`+prefix+`-tenant","owners":["owner@example.com"]}`)
	made.project = d.create(t, made.tenant+"/projects", `{"name":"`+prefix+`-project"}`)
	made.app = d.create(t, made.project+"/apps", `{"name":"`+prefix+`-app","components":[{"name":"web","type":"webservice","properties":{"image":"nginx:1.25","ports":[{"port":80}]}}]}`)
	d.call(t, "POST", made.tenant+"/policysets", `{"name":"`+prefix+`-set","rules":[]}`).want(200)
	made.policySet = made.tenant + "/policysets/" + prefix + "-set"
	return made
}
