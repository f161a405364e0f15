package facade_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// writesSeen counts the requests that would write, on their way to the API server.
type writesSeen struct{ dry, real atomic.Int64 }

func (w *writesSeen) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		var options metav1.DeleteOptions // which come in the body
		if r.Method == http.MethodDelete {
			body, err := io.ReadAll(r.Body)
			if err := errors.Join(err, json.Unmarshal(body, &options)); err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		switch dry := slices.Concat(options.DryRun, r.URL.Query()["dryRun"]); {
		case r.Method == http.MethodGet:
		case slices.Equal(dry, []string{metav1.DryRunAll}):
			w.dry.Add(1)
		default:
			w.real.Add(1)
		}
		return next.RoundTrip(r)
	})
}

// revisionOf is the revision of etcd: it goes up with each write.
func revisionOf(t *testing.T, server *testserver.Server) string {
	t.Helper()
	list, err := server.Client.KubenovaV1alpha1().Apps("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return list.ResourceVersion
}

// TestDryRun does every write as a dry run: it answers as the write would, makes
// no request that writes, and changes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	stock(t, server)
	var seen writesSeen
	d := before(t, server, seen.wrap)
	made := d.grow(t, "t")
	d.call(t, "POST", made.app+":deploy", "").want(202)
	empty := d.register(t, "empty")
	before := d.everything(t, made) + d.call(t, "GET", empty, "").body
	seen.real.Store(0)
	revision := revisionOf(t, server)

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
		{"PUT", made.tenant + "/plan", `{"name":"gold"}`, 200},
		{"POST", "/plans/gold:stop", "", 202},
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
	if now := revisionOf(t, server); now != revision || seen.real.Load() > 0 || seen.dry.Load() < int64(len(writes))/2 {
		t.Errorf("%d requests that write and %d dry ones; etcd went from %s to %s", seen.real.Load(), seen.dry.Load(), revision, now)
	}
	if after := d.everything(t, made) + d.call(t, "GET", empty, "").body; after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	rendered := d.call(t, "POST", made.app+":deploy?dryRun=All", "").object()
	if rendered.Revision != 2 || len(rendered.Components) != 1 || rendered.Components[0]["type"] != "webservice" {
		t.Errorf("the next revision would be %+v", rendered)
	}
	if token := d.call(t, "POST", "/tokens?dryRun=All", writes[0].body); strings.Contains(token.body, `"token"`) {
		t.Errorf("a dry run issued %s", token.body)
	}
}
