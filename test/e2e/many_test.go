//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

const (
	manyApps = 200
	// manySettle bounds how long all of them may take.
	manySettle = 8 * time.Minute
)

// TestManyAppsAtOnce deploys many apps at the same time and waits for all.
func TestManyAppsAtOnce(t *testing.T) {
	p := open(t)
	cluster := "/clusters/" + p.cluster
	p.rest(t, "POST", cluster+"/tenants", `{"name":"many"}`, 200, nil)
	t.Cleanup(func() { p.rest(t, "DELETE", cluster+"/tenants/many", "", 204, nil) })
	p.rest(t, "POST", cluster+"/tenants/many/projects", `{"name":"web"}`, 200, nil)
	apps := cluster + "/tenants/many/projects/web/apps"
	names := make([]string, manyApps)
	for i := range names {
		names[i] = fmt.Sprintf("app-%03d", i)
		p.rest(t, "POST", apps, `{"name":"`+names[i]+`","components":[{"name":"`+names[i]+`","type":"worker","properties":{"image":"busybox:1"}}]}`, 200, nil)
	}
	cpu := p.cpu(t)
	deployed := make([]time.Time, manyApps)
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			if status, answer, err := p.tryREST("POST", apps+"/"+name+":deploy", ""); err != nil || status != 202 {
				t.Errorf("deploying %s: %d %s %v", name, status, answer, err)
			}
			deployed[i] = time.Now()
		})
	}
	wg.Wait()
	took := make([]time.Duration, manyApps)
	begun := time.Now()
	for left := manyApps; left > 0; time.Sleep(500 * time.Millisecond) {
		if time.Since(begun) > manySettle {
			t.Fatalf("%d of %d apps do not run after %s", left, manyApps, manySettle)
		}
		left = p.countLeft(t, names, deployed, took)
	}
	slices.Sort(took)
	t.Logf("deploy to Running of %d apps at once: p50 %s, p99 %s, all %s", manyApps,
		took[manyApps/2].Round(100*time.Millisecond), took[manyApps*99/100].Round(100*time.Millisecond), took[manyApps-1].Round(100*time.Millisecond))
	p.tellCPU(t, cpu, manyApps)
}

// countLeft notes for each app that runs how long it took, and returns how many do not yet.
func (p platform) countLeft(t *testing.T, names []string, deployed []time.Time, took []time.Duration) (left int) {
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct {
				Phase   string
				Healthy bool
			}
		}
	}
	raw := p.kubectl(t, "", "get", "apps.kubenova.io", "-n", "kn-many--web", "-o", "json")
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		t.Fatal(err)
	}
	runs := map[string]bool{}
	for _, app := range list.Items {
		runs[app.Metadata.Name] = app.Status.Phase == "Running" && app.Status.Healthy
	}
	for i, name := range names {
		switch {
		case !runs[name]:
			left++
		case took[i] == 0:
			took[i] = time.Since(deployed[i])
		}
	}
	return left
}
