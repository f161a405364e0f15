//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestExchangedCredentials registers a cluster with the kubeconfig of an
// administrator, which KubeNova exchanges for a ServiceAccount of its own, and works
// on it: tenant, project, app, access, deletion, removal.
func TestExchangedCredentials(t *testing.T) {
	p := open(t)
	server := p.startSecond(t)
	p.registerAgain(t, "scoped", server.url, `,"exchangeCredentials":true`)
	p.kubectl(t, "", "wait", "--for=condition=CredentialsExchanged", "clusters.kubenova.io/scoped", "--timeout=60s")
	eventually(t, "the new credentials are found to have just the rights that they need", func() error {
		if reason := p.clusterReason(t, "scoped", "CredentialsScoped"); reason != "Scoped" {
			return errors.New(reason)
		}
		return nil
	})
	uid := p.kubectl(t, "", "get", "clusters.kubenova.io/scoped", "-o", "jsonpath={.metadata.uid}")
	p.wantExchanged(t, uid)

	path := "/clusters/scoped/tenants/scope"
	p.rest(t, "POST", "/clusters/scoped/tenants", `{"name":"scope","owners":["olga"]}`, 200, nil)
	p.rest(t, "POST", path+"/projects", `{"name":"web"}`, 200, nil)
	p.rest(t, "PUT", path+"/projects/web/access", `{"members":[{"subject":"dan","role":"projectDev"}]}`, 200, nil)
	p.kubectl(t, "", "wait", "--for=condition=Ready", "projects.kubenova.io/web", "-n", "kn-scope", "--timeout=90s")
	p.rest(t, "POST", path+"/projects/web/apps", `{"name":"hello","components":[`+nginx+`]}`, 200, nil)
	p.rest(t, "POST", path+"/projects/web/apps/hello:deploy", "", 202, nil)
	eventually(t, "the app runs", func() error { return p.runs(path+"/projects/web/apps/hello", 1) })
	p.rest(t, "POST", "/tenants/scope/kubeconfig", `{"role":"tenantOwner"}`, 200, nil)

	p.rest(t, "DELETE", path, "", 204, nil)
	eventually(t, "nothing is left of the tenant", func() error { return p.nothingLeft(t, "scope") })
	p.rest(t, "DELETE", "/clusters/scoped", "", 204, nil)
	eventually(t, "nothing is left of the account", func() error {
		for _, args := range [][]string{
			{"get", "clusterroles,clusterrolebindings", "-o", "name"}, {"get", "serviceaccounts", "-n", "kubenova-system", "-o", "name"},
		} {
			if output := p.kubectl(t, "", args...); strings.Contains(output, uid) {
				return fmt.Errorf("among %s", output)
			}
		}
		return nil
	})
}

// clusterReason is the reason of a cluster's condition.
func (p platform) clusterReason(t *testing.T, cluster, condition string) string {
	t.Helper()
	return p.kubectl(t, "", "get", "clusters.kubenova.io", cluster, "-o", `jsonpath={.status.conditions[?(@.type=="`+condition+`")].reason}`)
}

// wantExchanged reads what is stored, as a controller, and looks for what was given.
func (p platform) wantExchanged(t *testing.T, uid string) {
	t.Helper()
	_, given := p.administrator(t, "", "")
	file := p.storedFile(t, "scoped")
	if strings.Contains(file, given) || strings.Contains(file, "client-certificate") {
		t.Error("what was given is still stored")
	}
	if got, want := p.storedClaims(t, "scoped").Subject, "system:serviceaccount:kubenova-system:kubenova-agent-"+uid; got != want {
		t.Errorf("the token is of %q, want %s", got, want)
	}
	can := func(verb, resource string) bool {
		output, _ := p.tryKubectl(t, "", "auth", "can-i", verb, resource, "--as=system:serviceaccount:kubenova-system:kubenova-agent-"+uid, "-A")
		return strings.HasPrefix(output, "yes")
	}
	if can("create", "deployments.apps") || can("delete", "nodes") || can("create", "clusterrolebindings") || !can("create", "namespaces") {
		t.Error("the account has other rights than those that are documented")
	}
}
