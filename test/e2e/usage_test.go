//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// withArgs restarts a process with more arguments, until the test is over.
func (p platform) withArgs(t *testing.T, process string, args ...string) {
	t.Helper()
	path := filepath.Join(filepath.Dir(p.kubeconfig), "pids", process+".json")
	set := func(change func([]any) []any) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		record := map[string]any{}
		if err := json.Unmarshal(raw, &record); err != nil {
			t.Fatal(err)
		}
		had, _ := record["args"].([]any)
		record["args"] = change(had)
		changed, err := json.Marshal(record)
		if err == nil {
			err = os.WriteFile(path, changed, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		p.process(t, "restart", process)
	}
	set(func(had []any) []any {
		for _, arg := range args {
			had = append(had, arg)
		}
		return had
	})
	t.Cleanup(func() { set(func(had []any) []any { return had[:len(had)-len(args)] }) })
}

// used is an answer of the REST door about usage.
type used struct {
	Source, CPU, Memory string
	Pods, Samples       int64
	Average, Peak       struct {
		CPU  string
		Pods float64
	}
}

// podsSince is the average of the samples that came after a former answer.
func (u used) podsSince(former used) float64 {
	return (u.Average.Pods*float64(u.Samples) - former.Average.Pods*float64(former.Samples)) / float64(u.Samples-former.Samples)
}

// TestUsage samples every second what runs on a cluster, kills the cluster's API
// server, and brings it back.
func TestUsage(t *testing.T) {
	p := open(t)
	server := p.newSecond(t, "metered")
	path := "/clusters/metered/tenants/meter"
	p.rest(t, "POST", "/clusters/metered/tenants", `{"name":"meter","owners":["alice"]}`, 200, nil)
	t.Cleanup(func() { p.kubectl(t, "", "delete", "tenants.kubenova.io", "meter", "--timeout=120s") })
	p.rest(t, "PUT", path+"/quotas", `{"cpu":"2","memory":"2Gi","pods":"10"}`, 200, nil)
	for _, project := range []string{"web", "shop"} {
		p.rest(t, "POST", path+"/projects", `{"name":"`+project+`"}`, 200, nil)
		p.kubectl(t, "", "wait", "--for=condition=Ready", "projects.kubenova.io/"+project, "-n", "kn-meter", "--timeout=90s")
	}
	p.ready(t, "meter")
	admin := p.target(t, "")
	for i, namespace := range []string{"meter--web", "meter--web", "meter--shop"} {
		admin.startPod(t, namespace, pod(fmt.Sprint("p", i), "250m", "128Mi"))
	}
	p.withArgs(t, "kubenova-controller-manager", "--usage-interval=1s")
	ask := func() (now used) {
		p.rest(t, "GET", "/tenants/meter/usage?range=1h", "", 200, &now)
		return now
	}
	var first used
	eventually(t, "the quota's numbers are sampled", func() error {
		first = ask()
		if first.Pods != 3 || first.Peak.Pods != 3 || first.Source != "live" {
			return fmt.Errorf("got %+v", first)
		}
		return nil
	})
	p.sameAsQuota(t, admin, first)
	p.goesOn(t, first, 5, "live", ask)

	server.kill(t)
	eventually(t, "the numbers are stale", func() error {
		if now := ask(); now.Source != "stale" || now.Pods != 3 {
			return fmt.Errorf("got %+v", now)
		}
		return nil
	})
	away := ask()
	time.Sleep(5 * time.Second)
	if now := ask(); now.Samples != away.Samples || now.Average != away.Average {
		t.Errorf("in an outage %+v became %+v", away, now)
	}
	server.start(t)
	p.goesOn(t, away, 5, "live", ask)
}

// goesOn waits for more samples, all of which must be of three pods.
func (p platform) goesOn(t *testing.T, former used, more int64, source string, ask func() used) {
	t.Helper()
	var now used
	eventually(t, "there are more samples", func() error {
		if now = ask(); now.Samples < former.Samples+more || now.Source != source {
			return fmt.Errorf("%d of %d, %s", now.Samples, former.Samples+more, now.Source)
		}
		return nil
	})
	// Averages are told in thousandths.
	if pods, rounding := now.podsSince(former), 0.001*float64(now.Samples)/float64(now.Samples-former.Samples); math.Abs(pods-3) > rounding || now.Peak.Pods != 3 {
		t.Errorf("%d samples of %v pods, with a peak of %v, and not 3: %+v", now.Samples-former.Samples, pods, now.Peak.Pods, now)
	}
}

// sameAsQuota compares an answer with the object on the cluster that holds the cap.
func (p platform) sameAsQuota(t *testing.T, admin target, got used) {
	t.Helper()
	list, err := admin.objects.Resource(quotaObjects()).List(t.Context(), metav1.ListOptions{LabelSelector: "projectcapsule.dev/tenant=meter"})
	if err == nil && len(list.Items) != 1 {
		err = errors.New("there is not one quota")
	}
	if err != nil {
		t.Fatal(err, list)
	}
	holds, _, err := unstructured.NestedStringMap(list.Items[0].Object, "status", "total", "used")
	if err != nil {
		t.Fatal(err)
	}
	for name, told := range map[string]string{"cpu": got.CPU, "memory": got.Memory, "pods": fmt.Sprint(got.Pods)} {
		want, have := resource.MustParse(holds[name]), resource.MustParse(told)
		if want.Cmp(have) != 0 || want.IsZero() {
			t.Errorf("%s is %s, and the quota says %s", name, told, holds[name])
		}
	}
}
