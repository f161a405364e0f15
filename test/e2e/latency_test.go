//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestDeployLatency deploys one app after the other and tells how long each takes
// until the REST door calls it running and healthy.
func TestDeployLatency(t *testing.T) {
	p := open(t)
	const rounds = 20
	cluster := "/clusters/" + p.cluster
	p.rest(t, "POST", cluster+"/tenants", `{"name":"latency"}`, 200, nil)
	t.Cleanup(func() { p.rest(t, "DELETE", cluster+"/tenants/latency", "", 204, nil) })
	p.rest(t, "POST", cluster+"/tenants/latency/projects", `{"name":"web"}`, 200, nil)
	apps := cluster + "/tenants/latency/projects/web/apps"
	var took, answered []time.Duration
	for i := range rounds {
		name := fmt.Sprintf("app-%02d", i)
		p.rest(t, "POST", apps, `{"name":"`+name+`","components":[{"name":"`+name+`","type":"worker","properties":{"image":"busybox:1"}}]}`, 200, nil)
		begun := time.Now()
		p.rest(t, "POST", apps+"/"+name+":deploy", "", 202, nil)
		answered = append(answered, time.Since(begun))
		for p.runs(apps+"/"+name, 1) != nil {
			if time.Since(begun) > settle {
				t.Fatalf("%s does not run: %v", name, p.runs(apps+"/"+name, 1))
			}
			time.Sleep(20 * time.Millisecond)
		}
		took = append(took, time.Since(begun))
	}
	tell := func(what string, times []time.Duration) {
		slices.Sort(times)
		t.Logf("%s, n=%d: p50 %s, p99 %s", what, len(times), times[len(times)/2].Round(time.Millisecond), times[len(times)*99/100].Round(time.Millisecond))
	}
	tell("answer to a deploy", answered)
	tell("deploy to Running", took)
}
