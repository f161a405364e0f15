package facade_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kubenova/kubenova/pkg/facade"
)

// TestContractAndServerRefuseTheSame sends bodies on both sides of every limit, as
// dry runs: what the contract allows is accepted, and what it does not is refused.
func TestContractAndServerRefuseTheSame(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	const uuid = "5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62"
	x := func(n int) string { return strings.Repeat("x", n) }
	many := func(n int, format string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = strings.ReplaceAll(format, "#", fmt.Sprint(i))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	// Each %s of a format takes the values, which are right or wrong in its place.
	cases := []struct {
		method, path, format string
		right, wrong         []string
	}{
		{"POST", "/clusters", `{"name":%s,"kubeconfig":"` + kubeconfig() + `"}`,
			quote("a", "a--b", x(63), "1"), quote("", "A", "a_b", "-a", "a-", "a.b", x(64), uuid)},
		{"POST", "/clusters", `{"name":"x","kubeconfig":%s}`, quote(kubeconfig()), append(quote(""), `null`, `1`)},
		{"POST", "/clusters", `{"name":"x","kubeconfig":"` + kubeconfig() + `","labels":%s}`,
			[]string{`{}`, `{"a":""}`, `{"a.b/c_d":"e.f"}`, `{"A":"` + x(63) + `"}`, `{"` + x(63) + `":"x"}`},
			[]string{`{"a b":""}`, `{"a":"-"}`, `{"a":"` + x(64) + `"}`, `{"` + x(64) + `":""}`, `{"":"x"}`, `{"A/b":"x"}`, `{"a":1}`, `[]`}},
		{"POST", made.cluster + "/tenants", `{"name":%s}`,
			quote("a", "a-b", x(28), "capsule", "kube", "defaults"),
			quote("", "a--b", x(29), "default", "cert-manager", "kube-x", "kubenova", "kubenovax", "capsule-x", "vela-x", "A")},
		{"POST", made.cluster + "/tenants", `{"name":"x","owners":%s}`,
			[]string{`[]`, `["a b"]`, `["group:a"]`, `["a","group:a"]`, `["system:serviceaccount:a:b"]`, `["` + x(253) + `"]`, `["group:` + x(253) + `"]`, `["systems"]`, many(256, `"u#"`)},
			[]string{`[""]`, `["a","a"]`, `["group:"]`, `["system:admin"]`, `["group:system:masters"]`, `["system:serviceaccount:a"]`, `["system:serviceaccount:a:b:c"]`, `["system:serviceaccount:A:b"]`, `["system:serviceaccount:a:b c"]`, `["group:system:serviceaccount:a:b"]`, `[" a"]`, `["a "]`, `["group: a"]`, `["group:` + x(254) + `"]`, many(257, `"u#"`), `"a"`}},
		{"POST", made.cluster + "/tenants", `{"name":"x","annotations":%s}`,
			[]string{`{"a":"b c"}`, `{"A.b/c":""}`}, []string{`{"a b":""}`, `{"a/b/c":""}`, `{"` + x(64) + `":""}`}},
		{"PUT", made.tenant + "/owners", `%s`, []string{`{"owners":[]}`}, []string{`{}`, `{"owners":["system:x"]}`, `[]`}},
		{"PUT", made.tenant + "/quotas", `%s`,
			[]string{`{}`, `{"cpu":"500m","memory":"8Gi","pods":"50","storage":"1Ti","count/deployments.apps":"3","requests.nvidia.com/gpu":"1","gold.storageclass.storage.k8s.io/requests.storage":"1Gi"}`, `{"cpu":"0"}`, `{"cpu":"1.5"}`, `{"cpu":"1e3"}`, `{"cpu":"1e99"}`},
			[]string{`{"disk":"1"}`, `{"cpu":"-1"}`, `{"cpu":"x"}`, `{"cpu":"1e100"}`, `{"cpu":"1e999999999999"}`, `{"cpu":""}`, `{"cpu":1}`, `{"cpu":null}`, `[]`, `{"pod":"1"}`, `{"requests.pods":"1"}`}},
		{"PUT", made.tenant + "/limits", `%s`,
			[]string{`{}`, `{"cpu":"2","memory":"1Gi","ephemeral-storage":"1Gi","pods":"50"}`},
			[]string{`{"storage":"1Gi"}`, `{"requests.cpu":"1"}`, `{"pods":"-1"}`, `{"pods":50}`}},
		{"PUT", made.tenant + "/network-policies", `%s`,
			[]string{`{}`, `{"defaultDeny":true,"allowDNS":false,"allowWithinTenant":true,"allowFromNamespaces":["a"],"allowToCIDRs":["192.0.2.0/24","2001:db8::/32"]}`, `{"allowFromNamespaces":` + many(64, `"n#"`) + `}`},
			[]string{`{"x":1}`, `{"defaultDeny":"yes"}`, `{"allowFromNamespaces":["A"]}`, `{"allowFromNamespaces":["a","a"]}`, `{"allowFromNamespaces":[""]}`, `{"allowToCIDRs":["10.0.0.1"]}`, `{"allowToCIDRs":["x"]}`, `{"allowFromNamespaces":` + many(65, `"n#"`) + `}`}},
		{"PUT", made.project + "/access", `%s`,
			[]string{`{"members":[]}`, `{"members":[{"subject":"a","role":"projectDev"},{"subject":"group:a","role":"readOnly"},{"subject":"system:serviceaccount:a:b","role":"tenantOwner"}]}`, `{"members":` + many(256, `{"subject":"u#","role":"readOnly"}`) + `}`},
			[]string{`{}`, `{"members":null}`, `{"members":[{"subject":"a"}]}`, `{"members":[{"role":"readOnly"}]}`, `{"members":[{"subject":"","role":"readOnly"}]}`, `{"members":[{"subject":"a","role":"admin"}]}`, `{"members":[{"subject":"system:admin","role":"readOnly"}]}`, `{"members":[{"subject":"group:system:masters","role":"readOnly"}]}`, `{"members":[{"subject":" a","role":"readOnly"}]}`, `{"members":` + many(257, `{"subject":"u#","role":"readOnly"}`) + `}`}},
		{"PUT", made.project, `{"description":%s}`, quote("", x(1024)), append(quote(x(1025)), `1`)},
		{"POST", made.tenant + "/projects", `{"name":%s}`, quote("a", x(29), "default"), quote("", "a--b", x(30), "a.b")},
		{"PUT", made.project, `%s`, []string{`{}`, `{"labels":{}}`, `{"annotations":{"a":"b"}}`}, []string{`{"labels":{"a":"b c"}}`, `{"x":1}`, `{"uid":"x"}`}},
		{"POST", made.project + "/apps", `{"name":%s}`, quote("a", "a--b", x(52)), quote("", x(53), uuid, "a.b")},
		{"POST", made.project + "/apps", `{"name":"x","description":%s}`, quote("", x(1024)), append(quote(x(1025)), `1`)},
		{"POST", made.project + "/apps", `{"name":"x","components":%s}`,
			[]string{`[]`, `[{"name":"` + x(63) + `","type":"` + x(63) + `"}]`, `[{"name":"a","type":"t","properties":{"a":[1,null]}}]`, many(64, `{"name":"c#","type":"t"}`), `[{"name":"a","type":"t","traits":` + many(64, `{"type":"t"}`) + `}]`},
			[]string{`[{"name":"a"}]`, `[{"type":"t"}]`, `[{"name":"","type":"t"}]`, `[{"name":"a","type":""}]`, `[{"name":"a.b","type":"t"}]`, `[{"name":"` + x(64) + `","type":"t"}]`, `[{"name":"a","type":"` + x(64) + `"}]`, `[{"name":"a","type":"t","properties":[]}]`, many(65, `{"name":"c#","type":"t"}`), `[{"name":"a","type":"t","traits":` + many(65, `{"type":"t"}`) + `}]`, `[{"name":"a","type":"t","traits":[{}]}]`}},
		{"PUT", made.app, `%s`, []string{`{}`, `{"description":"x"}`}, []string{`{"uid":"x"}`, `{"name":1}`, `[]`}},
		{"PUT", made.app + "/traits", `%s`,
			[]string{`[]`, `[{"type":"t","component":"web"}]`, many(64, `{"type":"t"}`)},
			[]string{`{}`, `[{}]`, `[{"type":"t","component":"` + x(64) + `"}]`, `[{"type":"` + x(64) + `"}]`, many(65, `{"type":"t"}`), `[{"type":"t","name":"x"}]`}},
		{"PUT", made.app + "/policies", `%s`,
			[]string{`[]`, `[{"type":"t","name":"` + x(63) + `"}]`, many(64, `{"type":"t","name":"p#"}`)},
			[]string{`[{"name":"x"}]`, `[{"type":"t","name":"` + x(64) + `"}]`, many(65, `{"type":"t","name":"p#"}`), `[{"type":"t","properties":1}]`}},
		{"POST", made.app + "/image-update", `{"component":%s,"image":"nginx","tag":"1"}`, quote("web", "x", x(63)), quote("", "X", "a.b", x(64))},
		{"POST", made.app + "/image-update", `{"component":"web","image":%s,"tag":"1"}`,
			quote("nginx", "a/b", "a.b:5000/c", "a__b", "a--b", "localhost/a", "A.b/c", x(255)), quote("", "A", "a b", "a/", "/a", "a//b", "a_", "-a", "a..b", "http://a/b", x(768), "a\n")},
		{"POST", made.app + "/image-update", `{"component":"web","image":%s}`, quote("nginx:1", "nginx@sha256:"+strings.Repeat("0", 64)), quote("nginx:", "nginx:a/2", "nginx@sha256:0")},
		{"POST", made.app + "/image-update", `{"component":"web","image":"nginx","tag":%s}`,
			quote("1", "v1.2.3", "_x", x(128), "sha256:"+strings.Repeat("0", 64), "1@sha256:"+strings.Repeat("0", 64), "sha512:"+strings.Repeat("a", 128)),
			quote(" ", "-a", ".a", "a b", "a/b", x(129), "sha256:"+x(64), "sha256:0", "md5:0", "1\n")},
		{"POST", made.tenant + "/policysets", `{"name":%s}`, quote("a", "a--b", x(63)), quote("", x(64), uuid, "A")},
		{"POST", made.tenant + "/policysets", `{"name":"x","rules":%s}`,
			[]string{`[]`, many(64, `{"kind":"vela.trait","spec":{"type":"t"}}`), `[{"kind":"vela.policy","spec":{"type":"` + x(63) + `","properties":{}}}]`},
			[]string{many(65, `{"kind":"vela.trait","spec":{"type":"t"}}`), `[{"kind":"vela.step","spec":{"type":"t"}}]`, `[{"kind":"vela.trait"}]`, `[{"spec":{"type":"t"}}]`, `[{"kind":"vela.trait","spec":{"type":""}}]`, `[{"kind":"vela.trait","spec":{"type":"` + x(64) + `"}}]`, `[{"kind":"vela.trait","spec":{"type":"t","properties":[]}}]`}},
		{"POST", made.tenant + "/policysets", `{"name":"x","attachedTo":%s}`,
			[]string{`[]`, `[{}]`, `[{"tenant":"` + x(63) + `","project":"` + x(63) + `"}]`, many(256, `{"project":"p#"}`)},
			[]string{`[{"tenant":"` + x(64) + `"}]`, `[{"project":"` + x(64) + `"}]`, `[{"app":"x"}]`, many(257, `{"project":"p#"}`)}},
		{"PUT", made.policySet, `%s`, []string{`{}`, `{"name":"t-set"}`, `{"description":"` + x(1024) + `"}`}, []string{`{"description":"` + x(1025) + `"}`, `{"rules":{}}`}},
		{"POST", "/tenants/t-tenant/kubeconfig", `{"project":%s}`, quote("", "t-project"), append(quote("A", "a_b"), `1`)},
		{"POST", "/tenants/t-tenant/kubeconfig", `{"role":%s}`, quote("", "tenantOwner", "projectDev", "readOnly"), append(quote("admin", "readonly"), `1`)},
		{"POST", "/tenants/t-tenant/kubeconfig", `{"ttlSeconds":%s}`, []string{`600`, `86400`}, []string{`0`, `599`, `86401`, `"600"`, `600.5`, `-1`}},
		{"POST", "/tokens", `{"subject":%s,"roles":["admin"]}`, quote("a", "a b", x(253)), quote("", " ", "system:a", x(254))},
		{"POST", "/tokens", `{"subject":"a","roles":%s}`, []string{`["admin"]`, `["admin","ops","tenantOwner","projectDev","readOnly"]`}, []string{`[]`, `["root"]`, `"admin"`, `[""]`}},
		{"POST", "/tokens", `{"subject":"a","roles":["admin"],"ttlSeconds":%s}`, []string{`60`, `2592000`}, []string{`0`, `59`, `2592001`, `"60"`, `60.5`, `-1`}},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.path+" "+c.format, func(t *testing.T) {
			for _, value := range c.right {
				d.verdicts(t, c.method, c.path, fmt.Sprintf(c.format, value), true)
			}
			for _, value := range c.wrong {
				d.verdicts(t, c.method, c.path, fmt.Sprintf(c.format, value), false)
			}
		})
	}
}

// verdicts checks that the contract and the server say the same of a body.
func (d door) verdicts(t *testing.T, method, path, body string, right bool) {
	t.Helper()
	path += "?dryRun=All"
	r := httptest.NewRequest(method, facade.Prefix+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	contract := facade.InContract(t, r, []byte(body))
	server := d.call(t, method, path, body)
	if (contract == nil) != right || (server.status == 200) != right || !right && server.status != 422 {
		t.Errorf("%.200s: the contract says %v, the server %d %.300s, want right: %v", body, contract, server.status, server.body, right)
	}
}

// quote writes texts as JSON.
func quote(texts ...string) []string {
	out := make([]string, 0, len(texts))
	for _, text := range texts {
		encoded, err := json.Marshal(text)
		if err != nil {
			panic(err)
		}
		out = append(out, string(encoded))
	}
	return out
}
