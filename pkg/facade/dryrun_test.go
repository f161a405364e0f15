package facade_test

import (
	"strings"
	"testing"
)

// TestDryRun does every write as a dry run: it answers as the write would, and
// changes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	d.call(t, "POST", made.app+":deploy", "").want(202)
	empty := d.register(t, "empty")
	before := d.everything(t, made) + d.call(t, "GET", empty, "").body

	writes := []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/tokens", `{"subject":"demo","roles":["admin"]}`, 200},
		{"POST", "/clusters", `{"name":"x","kubeconfig":"` + kubeconfig() + `"}`, 200},
		{"POST", "/clusters", `{"name":"t-cluster","kubeconfig":"` + kubeconfig() + `"}`, 409},
		{"POST", "/clusters", `{"name":"x","kubeconfig":"eA=="}`, 422},
		{"POST", made.cluster + "/bootstrap/tenancy", "", 202},
		{"POST", made.cluster + "/cleanup", "", 503}, // nothing answers behind it
		{"DELETE", made.cluster, "", 409},
		{"DELETE", empty, "", 204},
		{"POST", made.cluster + "/tenants", `{"name":"x","owners":["a"]}`, 200},
		{"POST", made.cluster + "/tenants", `{"name":"default"}`, 422},
		{"DELETE", made.tenant, "", 200},
		{"PUT", made.tenant + "/owners", `{"owners":["x"]}`, 200},
		{"PUT", made.tenant + "/owners", `{"owners":["system:x"]}`, 422},
		{"POST", made.tenant + "/projects", `{"name":"x"}`, 200},
		{"PUT", made.project, `{"labels":{"x":"y"}}`, 200},
		{"DELETE", made.project, "", 200},
		{"POST", made.project + "/apps", `{"name":"x"}`, 200},
		{"PUT", made.app, `{"description":"x"}`, 200},
		{"PUT", made.app + "/traits", `[]`, 200},
		{"PUT", made.app + "/traits", `[{"type":"scaler","properties":{"replicas":3}}]`, 200},
		{"PUT", made.app + "/policies", `[{"type":"health"}]`, 200},
		{"POST", made.app + ":deploy", "", 200},
		{"POST", made.app + ":suspend", "", 200},
		{"POST", made.app + ":resume", "", 200},
		{"POST", made.app + ":rollback", `{"toRevision":1}`, 200},
		{"POST", made.app + ":rollback", "", 409},
		{"POST", made.app + "/image-update", `{"component":"api","image":"nginx","tag":"1"}`, 200},
		{"POST", made.app + "/workflow/run", "", 202},
		{"POST", made.app + ":delete", "", 202},
		{"DELETE", made.app, "", 202},
		{"POST", made.tenant + "/policysets", `{"name":"x"}`, 200},
		{"POST", made.tenant + "/policysets", `{"name":"t-set","rules":[]}`, 200},
		{"PUT", made.policySet, `{"description":"x"}`, 200},
		{"DELETE", made.policySet, "", 204},
	}
	for _, w := range writes {
		t.Run(w.method+" "+w.path, func(t *testing.T) {
			d.call(t, w.method, w.path+"?dryRun=All", w.body).want(w.status)
		})
	}
	if after := d.everything(t, made) + d.call(t, "GET", empty, "").body; after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	rendered := d.call(t, "POST", made.app+":deploy?dryRun=All", "").object()
	if rendered.Revision != 2 || len(rendered.Components) != 1 || rendered.Components[0]["type"] != "webservice" {
		t.Errorf("the next revision would be %+v", rendered)
	}
	if token := d.call(t, "POST", "/tokens?dryRun=All", writes[0].body); strings.Contains(token.body, "token-of") {
		t.Errorf("a dry run issued %s", token.body)
	}
}
