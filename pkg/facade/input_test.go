package facade_test

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestRefusedValues sends what the API server refuses beyond what the contract says,
// and checks that the fields are named as the REST door names them.
func TestRefusedValues(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	exec := strings.Replace(decode(t, kubeconfig()), `"token":"`+canary+`"`, `"token":"`+canary+`","exec":{"command":"touch"}`, 1)
	cases := []struct{ method, path, body, field string }{
		{"POST", "/clusters", `{"kubeconfig":"` + kubeconfig() + `"}`, "name"},
		{"POST", "/clusters", `{"name":"a_b","kubeconfig":"` + kubeconfig() + `"}`, "name"},
		{"POST", "/clusters", `{"name":"5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62","kubeconfig":"` + kubeconfig() + `"}`, "name"},
		{"POST", "/clusters", `{"name":"x","kubeconfig":"` + kubeconfig() + `","labels":{"a b":"c"}}`, "labels"},
		{"POST", "/clusters", `{"name":"x"}`, "kubeconfig"},
		{"POST", "/clusters", `{"name":"x","kubeconfig":"***"}`, "kubeconfig"},
		{"POST", "/clusters", `{"name":"x","kubeconfig":"` + encode("- x") + `"}`, "kubeconfig"},
		{"POST", "/clusters", `{"name":"x","kubeconfig":"` + encode(exec) + `"}`, "kubeconfig.users[0].user.exec"},
		{"POST", made.cluster + "/tenants", `{}`, "name"},
		{"POST", made.cluster + "/tenants", `{"name":"kube-system"}`, "name"},
		{"POST", made.cluster + "/tenants", `{"name":"a--b"}`, "name"},
		{"POST", made.cluster + "/tenants", `{"name":"x","uid":"y"}`, "uid"},
		{"POST", made.cluster + "/tenants", `{"name":"x","plan":"gold"}`, "plan"},
		{"POST", made.cluster + "/tenants", `{"name":"x","owners":["system:admin"]}`, "owners[0]"},
		{"POST", made.cluster + "/tenants", `{"name":"x","owners":["a","a"]}`, "owners[1]"},
		{"PUT", made.tenant + "/owners", `{}`, "owners"},
		{"PUT", made.tenant + "/owners", `{"owners":[""]}`, "owners[0]"},
		{"PUT", made.tenant + "/owners", `{"owners":["system:serviceaccount:x"]}`, "owners[0]"},
		{"POST", made.tenant + "/projects", `{"name":"` + strings.Repeat("x", 30) + `"}`, "name"},
		{"PUT", made.project, `{"name":"other"}`, "name"},
		{"PUT", made.project, `{"labels":{"a":"b c"}}`, "labels"},
		{"POST", made.project + "/apps", `{"name":"x","components":[{"name":"web"}]}`, "components[0].type"},
		{"POST", made.project + "/apps", `{"name":"x","components":[{"name":"web","type":"webservice","properties":[]}]}`, "components[0].properties"},
		{"POST", made.project + "/apps", `{"name":"x","components":[{"name":"a","type":"t"},{"name":"a","type":"t"}]}`, "components[1]"},
		{"PUT", made.app, `{"uid":"x"}`, "uid"},
		{"PUT", made.app + "/traits", `[{"properties":{}}]`, "[0].type"},
		{"PUT", made.app + "/policies", `[{"type":"a","properties":1}]`, "[0].properties"},
		{"POST", made.tenant + "/policysets", `{"name":"x","rules":[{"kind":"vela.step","spec":{"type":"x"}}]}`, "rules[0].kind"},
		{"PUT", made.policySet, `{"rules":[{"kind":"vela.trait","spec":{}}]}`, "rules[0].spec.type"},
		{"POST", "/tokens", `{"subject":"x","roles":["root"]}`, "roles[0]"},
		{"POST", "/tokens", `{"subject":"x","roles":["admin"],"ttlSeconds":59}`, "ttlSeconds"},
		{"POST", "/tokens", `{"subject":"system:admin","roles":["admin"]}`, "subject"},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.path+" "+c.body, func(t *testing.T) { d.call(t, c.method, c.path, c.body).wantField(c.field) })
	}
	for path, body := range map[string]string{
		"/clusters":                 `{"name":"t-cluster","kubeconfig":"` + kubeconfig() + `"}`,
		made.cluster + "/tenants":   `{"name":"t-tenant"}`,
		made.tenant + "/projects":   `{"name":"t-project"}`,
		made.project + "/apps":      `{"name":"t-app"}`,
		made.tenant + "/policysets": `{"name":"t-set","description":"other"}`,
	} {
		d.call(t, "POST", path, body).want(409)
	}
}

func decode(t *testing.T, encoded string) string {
	t.Helper()
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return string(decoded)
}

// everything returns all that the REST door shows of a tree, and what lies in
// its collections.
func (d door) everything(t *testing.T, made tree) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{
		"/clusters", made.cluster, made.cluster + "/tenants", made.tenant, made.tenant + "/projects", made.project,
		made.tenant + "/policysets", made.policySet, made.project + "/apps", made.app, made.app + "/revisions",
	} {
		got := d.call(t, "GET", path, "").want(200)
		all.WriteString(path + " " + got.etag() + " " + got.body)
	}
	return all.String()
}
