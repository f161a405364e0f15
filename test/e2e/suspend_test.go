//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// everyWorkload has a component of every kind of workload. The pods of the Job ask
// for more than a node has: kwok would end them as soon as they ran.
const everyWorkload = `
	{"name":"web","type":"webservice","properties":{"image":"nginx:1.27","ports":[{"port":80}]},"traits":[{"type":"scaler","properties":{"replicas":2}}]},
	{"name":"db","type":"statefulset","properties":{"image":"postgres:17","ports":[{"port":5432}]}},
	{"name":"agent","type":"daemon","properties":{"image":"nginx:1.27"}},
	{"name":"migrate","type":"task","properties":{"image":"busybox:1","cpu":"100000"}},
	{"name":"report","type":"cron-task","properties":{"image":"busybox:1","schedule":"0 0 1 1 *"}}`

// running is what of these there is: pods by component, replicas, and what is suspended.
func (p platform) running(t *testing.T, namespace string) string {
	t.Helper()
	pods := p.kubectl(t, "", "get", "pods", "-n", namespace, "-o", `jsonpath={range .items[*]}{.metadata.labels.app\.oam\.dev/component}{"\n"}{end}`)
	count := func(component string) int { return strings.Count(pods, component+"\n") }
	suspended := p.kubectl(t, "", "get", "job/hello-migrate", "cronjob/report", "-n", namespace, "-o", `jsonpath={range .items[*]}{.spec.suspend} {end}`)
	return fmt.Sprintf("web %d db %d agent %d migrate %d; suspended: %s", count("web"), count("db"), count("agent"), count("migrate"), strings.TrimSpace(suspended))
}

// TestSuspendStopsEveryWorkload suspends and resumes an app with every kind of
// workload, with a restart and a deploy in between.
func TestSuspendStopsEveryWorkload(t *testing.T) {
	p := open(t)
	t.Parallel()
	const namespace, all, none = "halted--web", "web 2 db 1 agent 2 migrate 1; suspended: false false", "web 0 db 0 agent 0 migrate 0; suspended: true true"
	app := p.newApp(t, "halted", everyWorkload)
	p.rest(t, "POST", app.path+":deploy", "", 202, nil)
	until := func(want string) {
		t.Helper()
		eventually(t, want, func() error {
			if _, err := p.tryKubectl(t, "", "get", "job/hello-migrate", "cronjob/report", "-n", namespace); err != nil {
				return err
			}
			if got := p.running(t, namespace); got != want {
				return errors.New(got)
			}
			return nil
		})
	}
	until(all)
	p.rest(t, "POST", app.path+":suspend", "", 202, nil)
	until(none)
	eventually(t, "the app is suspended", func() error { return p.phase(app.path, "Suspended") })
	p.process(t, "restart", "kubenova-controller-manager")
	p.rest(t, "POST", app.path+"/image-update", `{"component":"web","image":"nginx","tag":"1.28"}`, 202, nil)
	eventually(t, "the new image is published", func() error { return p.deployment(t, "halted", imagePath, "nginx:1.28") })
	time.Sleep(3 * time.Second)
	if got := p.running(t, namespace); got != none {
		t.Errorf("after a restart and a deploy there is %s", got)
	}
	p.rest(t, "POST", app.path+":resume", "", 202, nil)
	until(all)
}
