package facade_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestChangesKeepWhatTheyLeaveOut changes tenants, clusters and apps by a field at a
// time, and looks natively too.
func TestChangesKeepWhatTheyLeaveOut(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	d.call(t, "POST", "/clusters", `{"name":"dev","kubeconfig":"`+kubeconfig()+`","proxyURL":"https://proxy.example.com"}`).want(200)
	d.call(t, "POST", "/clusters/dev/tenants", `{"name":"acme","owners":["alice"],"cordoned":true}`).want(200)
	d.call(t, "POST", "/clusters/dev/tenants/acme/projects", `{"name":"web"}`).want(200)
	d.call(t, "POST", "/clusters/dev/tenants/acme/projects/web/apps", `{"name":"hello","labels":{"tier":"gold"},"revisionHistoryLimit":3}`).want(200)

	type shown struct {
		Owners                    []string
		Labels                    map[string]string
		Cordoned, PreventDeletion bool
		ProxyURL                  string
		ExchangeCredentials       bool
		RevisionHistoryLimit      int
	}
	put := func(path, body string) (got shown) {
		t.Helper()
		d.call(t, "PUT", path, body).want(200).into(&got)
		var read shown
		d.call(t, "GET", path, "").want(200).into(&read)
		if read.Cordoned != got.Cordoned || read.PreventDeletion != got.PreventDeletion || read.ProxyURL != got.ProxyURL || read.RevisionHistoryLimit != got.RevisionHistoryLimit {
			t.Errorf("%s answers %+v and then shows %+v", path, got, read)
		}
		return got
	}
	if got := put("/clusters/dev/tenants/acme", `{"preventDeletion":true,"labels":{"tier":"gold"}}`); !got.Cordoned || !got.PreventDeletion || len(got.Owners) != 1 || got.Labels["kubenova.cluster"] == "" || got.Labels["tier"] != "gold" {
		t.Errorf("the tenant is %+v", got)
	}
	stored, err := server.Client.KubenovaV1alpha1().Tenants().Get(t.Context(), "acme", metav1.GetOptions{})
	if err != nil || !stored.Spec.Cordoned || !stored.Spec.PreventDeletion {
		t.Errorf("natively the tenant is %+v, %v", stored, err)
	}
	d.call(t, "DELETE", "/clusters/dev/tenants/acme", "").want(409)
	if got := put("/clusters/dev/tenants/acme", `{"cordoned":false,"preventDeletion":false}`); got.Cordoned || got.PreventDeletion || got.Labels["tier"] != "gold" {
		t.Errorf("the tenant is %+v", got)
	}
	d.call(t, "PUT", "/clusters/dev/tenants/acme", `{"plan":"gold"}`).want(422)
	if got := put("/clusters/dev", `{"labels":{"env":"prod"}}`); got.ProxyURL == "" || got.Labels["env"] != "prod" {
		t.Errorf("the cluster is %+v", got)
	}
	if got := put("/clusters/dev", `{"proxyURL":""}`); got.ProxyURL != "" || got.Labels["env"] != "prod" {
		t.Errorf("the cluster is %+v", got)
	}
	d.call(t, "PUT", "/clusters/dev", `{"proxyURL":"http://proxy"}`).want(422)
	if got := put("/clusters/dev/tenants/acme/projects/web/apps/hello", `{"description":"x"}`); got.RevisionHistoryLimit != 3 || got.Labels["tier"] != "gold" {
		t.Errorf("the app is %+v", got)
	}
}
