//go:build e2e

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// everyRequest is an audit policy by which each request is one event.
const everyRequest = `{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata"}]}`

// auditLog is the log of an API server, read from a mark on.
type auditLog struct {
	path string
	mark int
}

// audited returns the log of KubeNova, and that of a target which is another API
// server of the same cluster, registered under a name.
func (p platform) audited(t *testing.T, name string) (host, target *auditLog) {
	t.Helper()
	dir := t.TempDir()
	policy, log := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "audit.log")
	if err := os.WriteFile(policy, []byte(everyRequest), 0o600); err != nil {
		t.Fatal(err)
	}
	p.newSecond(t, name, "--audit-policy-file="+policy, "--audit-log-path="+log, "--audit-log-mode=blocking")
	return &auditLog{path: filepath.Join(filepath.Dir(p.kubeconfig), "data", "kubenova-audit.log")}, &auditLog{path: log}
}

// next returns the events since the last call.
func (a *auditLog) next(t *testing.T) (events []auditv1.Event) {
	t.Helper()
	data, err := os.ReadFile(a.path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data[a.mark:])) {
		var event auditv1.Event
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		events = append(events, event)
	}
	a.mark = len(data)
	return events
}

// kindOf says what a request is: who asked for what.
func kindOf(e auditv1.Event) string {
	resource := e.RequestURI
	if e.ObjectRef != nil {
		resource = e.ObjectRef.Resource
		if e.ObjectRef.Subresource != "" {
			resource += "/" + e.ObjectRef.Subresource
		}
	}
	user := e.User.Username
	if e.ImpersonatedUser != nil {
		user += " as " + e.ImpersonatedUser.Username
	}
	return user + " " + e.Verb + " " + resource
}

// writes says whether a request writes.
func writes(e auditv1.Event) bool {
	reads := slices.Contains([]string{"get", "list", "watch"}, e.Verb) || e.ObjectRef != nil && strings.HasSuffix(e.ObjectRef.Resource, "reviews")
	own := e.User.Username == "system:apiserver" // the lease by which an API server says that it is there
	return !reads && !own && !strings.Contains(e.RequestURI, "dryRun=All")
}

// tally counts requests by kind and tells how many there are for each app.
func tally(t *testing.T, what string, events []auditv1.Event, apps int) (perApp map[string]float64) {
	t.Helper()
	perApp = map[string]float64{}
	for _, event := range events {
		perApp[kindOf(event)] += 1 / float64(apps)
	}
	kinds := make([]string, 0, len(perApp))
	for kind := range perApp {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b string) int { return cmp.Or(cmp.Compare(perApp[b], perApp[a]), cmp.Compare(a, b)) })
	for _, kind := range kinds {
		t.Logf("%s, requests per app: %5.2f %s", what, perApp[kind], kind)
	}
	return perApp
}

// TestRequestsOfADeploy reads the audit logs of host and target: a deploy as a dry
// run writes nothing, and a real one asks for little. It does not run in parallel:
// the logs are of all that happens.
func TestRequestsOfADeploy(t *testing.T) {
	p := open(t)
	const apps = 20
	host, target := p.audited(t, "audited")
	p.rest(t, "POST", "/clusters/audited/tenants", `{"name":"counted"}`, 200, nil)
	tenant := "/clusters/audited/tenants/counted"
	t.Cleanup(func() { p.kubectl(t, "", "delete", "tenants.kubenova.io", "counted", "--timeout=120s") })
	p.rest(t, "POST", tenant+"/projects", `{"name":"web"}`, 200, nil)
	p.kubectl(t, "", "wait", "--for=condition=Ready", "projects.kubenova.io/web", "-n", "kn-counted", "--timeout=90s")
	p.ready(t, "counted")
	paths := make([]string, apps)
	for i := range paths {
		name := fmt.Sprintf("app-%02d", i)
		paths[i] = tenant + "/projects/web/apps/" + name
		p.rest(t, "POST", tenant+"/projects/web/apps", `{"name":"`+name+`","components":[{"name":"`+name+`","type":"worker","properties":{"image":"busybox:1"}}]}`, 200, nil)
	}
	time.Sleep(3 * time.Second) // for what the apps themselves lead to

	host.next(t)
	target.next(t)
	for i, path := range paths {
		p.rest(t, "POST", path+":deploy?dryRun=All", "", 200, nil)
		p.kubectl(t, `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppDeploy"}`, "create", "--raw",
			fmt.Sprintf("/apis/kubenova.io/v1alpha1/namespaces/kn-counted--web/apps/app-%02d/deploy?dryRun=All", i), "-f", "-")
	}
	time.Sleep(time.Second)
	dry := 0
	for where, log := range map[string]*auditLog{"host": host, "target": target} {
		for _, event := range log.next(t) {
			if writes(event) {
				t.Errorf("a dry run writes on the %s: %s %s", where, kindOf(event), event.RequestURI)
			}
			if strings.Contains(event.RequestURI, "deploy") {
				dry++
			}
		}
	}
	if dry != 2*apps {
		t.Errorf("%d dry runs were audited, want %d", dry, 2*apps)
	}

	for _, path := range paths {
		p.rest(t, "POST", path+":deploy", "", 202, nil)
	}
	for _, path := range paths {
		eventually(t, path+" runs", func() error { return p.runs(path, 1) })
	}
	time.Sleep(3 * time.Second) // for what comes after
	onHost, onTarget := tally(t, "host", host.next(t), apps), tally(t, "target", target.next(t), apps)
	for _, bound := range []struct {
		what   string
		made   map[string]float64
		verb   string
		atMost float64
	}{
		// The phases of a delivery, as KubeVela tells them.
		{"writes on the host", onHost, " patch ", 6},
		{"reads of the target", onTarget, " get applications", 1.2},
		{"writes on the target", onTarget, " patch ", 1.2},
	} {
		sum := 0.0
		for kind, count := range bound.made {
			if strings.Contains(kind, bound.verb) {
				sum += count
			}
		}
		if sum > bound.atMost || sum < 1 {
			t.Errorf("%.2f %s for each app, want 1 to %.1f", sum, bound.what, bound.atMost)
		}
	}
}
