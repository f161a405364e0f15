package apiserver_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// change is what the audit log has to say of a mutation.
type change struct{ door, user, verb, resource, name, decision string }

// TestEveryMutationIsAuditedOnce writes through both doors, is refused, and reads
// the log: one event for each, and no secret in any.
func TestEveryMutationIsAuditedOnce(t *testing.T) {
	const canary = "canary-of-the-audit-log"
	dataDir := t.TempDir()
	server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	want := map[change]int{}

	restCall := func(path, body string, status int, c change) {
		t.Helper()
		if got, answer := post(t, server.URL, path, body, "key-of-"+c.resource); got != status {
			t.Fatalf("POST %s: %d %s", path, got, answer)
		}
		c.door, c.user, c.verb, c.decision = "rest", "admin", "create", "allow"
		want[c]++
	}
	native := server.Client.KubenovaV1alpha1()
	if _, err := native.Clusters().Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	want[change{"native", "kubenova-admin", "create", "clusters", "dev", "allow"}]++
	restCall("/clusters/dev/tenants", `{"name":"acme"}`, http.StatusOK, change{resource: "tenants", name: "acme"})
	restCall("/clusters/dev/tenants/acme/projects", `{"name":"web"}`, http.StatusOK, change{resource: "projects", name: "web"})
	restCall("/clusters/dev/tenants/acme/projects/web/apps", `{"name":"hello","components":[{"name":"web","type":"webservice","properties":{"image":"nginx","env":[{"name":"PASSWORD","value":"`+canary+`"}]}}]}`,
		http.StatusOK, change{resource: "apps", name: "hello"})
	restCall("/clusters/dev/tenants/acme/projects/web/apps/hello:deploy", "", http.StatusAccepted, change{resource: "apps/deploy", name: "hello"})
	restCall("/tokens", `{"subject":"bob","roles":["ops"]}`, http.StatusOK, change{resource: "tokens"})
	stranger := server.ClientFor(t, "mallory").KubenovaV1alpha1()
	if err := stranger.Tenants().Delete(t.Context(), "acme", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Fatalf("a stranger deletes: %v", err)
	}
	want[change{"internal", "mallory", "delete", "tenants", "acme", "forbid"}]++
	if _, err := native.Tenants().List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Fatal(err)
	}

	log, err := os.ReadFile(filepath.Join(dataDir, "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(log, []byte(canary)) || bytes.Contains(log, []byte("eyJhbGciOiJFUzI1NiI")) {
		t.Errorf("a secret is in the audit log: %s", log)
	}
	got := changesIn(t, log)
	for c, count := range want {
		if got[c] != count {
			t.Errorf("%+v is there %d times, want %d", c, got[c], count)
		}
	}
	for c := range got {
		if want[c] == 0 && c.user != "system:apiserver" {
			t.Errorf("nobody did %+v", c)
		}
	}
	if info, err := os.Stat(filepath.Join(dataDir, "audit.log")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the log is %v, %v", info, err)
	}
}

func changesIn(t *testing.T, log []byte) map[change]int {
	t.Helper()
	found := map[change]int{}
	for line := range strings.Lines(string(log)) {
		var event auditv1.Event
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if event.ObjectRef == nil || event.ObjectRef.APIGroup != v1alpha1.GroupName || event.Verb == "get" || event.Verb == "list" || event.Verb == "watch" {
			t.Errorf("not a mutation: %s", line)
			continue
		}
		if len(event.SourceIPs) != 1 || event.SourceIPs[0] != "127.0.0.1" {
			t.Errorf("it comes from %v: %s", event.SourceIPs, line)
		}
		resource := event.ObjectRef.Resource
		if event.ObjectRef.Subresource != "" {
			resource += "/" + event.ObjectRef.Subresource
		}
		name := event.ObjectRef.Name
		found[change{event.Annotations["kubenova.io/door"], event.User.Username, event.Verb, resource, name, event.Annotations["authorization.k8s.io/decision"]}]++
	}
	return found
}
