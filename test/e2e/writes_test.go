//go:build e2e

package e2e

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// write is a kind of write, as an audit log tells one from another.
type write struct{ who, verb, what string }

// written counts them.
type written map[write]int

// writeLog is the audit log of an API server from a moment on.
type writeLog struct {
	path string
	from int64
}

// writeLogs are those of kube-apiserver and of KubeNova, from now on.
func (p platform) writeLogs(t *testing.T) (kube, kubenova writeLog) {
	t.Helper()
	at := func(name string) writeLog {
		path := filepath.Join(filepath.Dir(p.kubeconfig), "data", name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatalf("the audit log of the platform (localcluster up --audit): %v", err)
		}
		return writeLog{path, info.Size()}
	}
	return at("kube-audit.log"), at("kubenova-audit.log")
}

// read counts the writes since the log was opened. What is dry run writes nothing.
func (l writeLog) read(t *testing.T) written {
	t.Helper()
	file, err := os.Open(l.path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Seek(l.from, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	out := written{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct {
			Stage, Verb, RequestURI string
			User                    struct{ Username string }
			ObjectRef               *struct{ APIGroup, Resource, Subresource string }
			ResponseStatus          struct{ Code int }
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue // the last line may not be whole yet
		}
		read := slices.Contains([]string{"get", "list", "watch"}, event.Verb)
		if event.Stage != "ResponseComplete" || event.ObjectRef == nil || read || strings.Contains(event.RequestURI, "dryRun=") {
			continue
		}
		what := strings.TrimSuffix(event.ObjectRef.Resource+"."+event.ObjectRef.APIGroup, ".")
		if event.ObjectRef.Subresource != "" {
			what += "/" + event.ObjectRef.Subresource
		}
		if event.ResponseStatus.Code >= 300 {
			what += fmt.Sprintf(" (%d)", event.ResponseStatus.Code)
		}
		out[write{strings.TrimPrefix(event.User.Username, "system:serviceaccount:"), event.Verb, what}]++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// ofKubeNova are the writes of KubeNova itself: on the host, and as whom it is on
// the target. Leases and samples of usage are counted apart, and not here, and
// neither is what an API server had no time for.
func (w written) ofKubeNova() written {
	out := maps.Clone(w)
	maps.DeleteFunc(out, func(of write, _ int) bool {
		ours := strings.HasPrefix(of.who, "kubenova-system:kubenova-") || of.who == "kubenova-target:kubenova"
		return !ours || strings.HasSuffix(of.what, " (503)") || strings.HasSuffix(of.what, " (504)") ||
			strings.HasPrefix(of.what, "leases.") || strings.HasPrefix(of.what, "usagehistories.") || strings.HasPrefix(of.what, "tokenreviews.")
	})
	return out
}

func (w written) total() (sum int) {
	for _, count := range w {
		sum += count
	}
	return sum
}

// String is a table, the most frequent first.
func (w written) String() string {
	var out strings.Builder
	kinds := slices.SortedFunc(maps.Keys(w), func(a, b write) int {
		return cmp.Or(w[b]-w[a], strings.Compare(a.who+a.what+a.verb, b.who+b.what+b.verb))
	})
	for _, kind := range kinds {
		fmt.Fprintf(&out, "\n%7d  %-48s %-8s %s", w[kind], kind.who, kind.verb, kind.what)
	}
	return out.String()
}

// quiet waits until KubeNova has written nothing for some time.
func (l writeLog) quiet(t *testing.T, forTime, limit time.Duration) {
	t.Helper()
	start, changed, last := time.Now(), time.Now(), -1
	for time.Since(changed) < forTime {
		if time.Since(start) > limit {
			t.Fatalf("KubeNova still writes after %s: %s", limit, l.read(t).ofKubeNova())
		}
		if now := l.read(t).ofKubeNova().total(); now != last {
			last, changed = now, time.Now()
		}
		time.Sleep(forTime / 5)
	}
}

// checkWrites compares what KubeNova wrote with what a tenant with an owner and two
// projects needs.
func checkWrites(t *testing.T, found written, tenants int) {
	t.Helper()
	const host, on = "kubenova-system:kubenova-controller-manager", "kubenova-target:kubenova"
	exact := map[write]int{
		{on, "patch", "tenants.capsule.clastix.io"}:                1,
		{on, "patch", "tenantowners.capsule.clastix.io"}:           1,
		{on, "patch", "namespaces"}:                                2,
		{on, "patch", "roles.rbac.authorization.k8s.io"}:           2,
		{on, "patch", "rolebindings.rbac.authorization.k8s.io"}:    2,
		{host, "create", "namespaces"}:                             3,
		{host, "create", "rolebindings.rbac.authorization.k8s.io"}: 3,
	}
	// What is said on the way depends on who is first.
	most := map[write]int{
		{host, "patch", "tenants.kubenova.io/status"}:  7,
		{host, "patch", "projects.kubenova.io/status"}: 6,
	}
	delete(found, write{on, "patch", "clusterroles.rbac.authorization.k8s.io"}) // one for all tenants
	// Nothing is deleted here: what is gone already was of a test before.
	maps.DeleteFunc(found, func(kind write, _ int) bool { return strings.HasSuffix(kind.what, "(404)") })
	t.Logf("KubeNova wrote %.1f times for each of %d tenants:%s", float64(found.total())/float64(tenants), tenants, found)
	for kind, count := range found {
		switch {
		case exact[kind] > 0 && count == exact[kind]*tenants:
		case most[kind] > 0 && count <= most[kind]*tenants:
		default:
			t.Errorf("%d of %v, want %d exactly or %d at most", count, kind, exact[kind]*tenants, most[kind]*tenants)
		}
	}
	for kind, count := range exact {
		if found[kind] != count*tenants {
			t.Errorf("%d of %v, want %d", found[kind], kind, count*tenants)
		}
	}
}
