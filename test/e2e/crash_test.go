//go:build e2e

package e2e

import (
	"errors"
	"testing"
)

// TestCrash kills a part in the middle of a deploy. It does not run in parallel:
// the others need the parts that it kills.
func TestCrash(t *testing.T) {
	p := open(t)
	for _, process := range []string{"kubenova-controller-manager", "kubenova-apiserver"} {
		t.Run(process, func(t *testing.T) { p.crash(t, process) })
	}
}

func (p platform) crash(t *testing.T, process string) {
	tenant := map[string]string{"kubenova-controller-manager": "crashcm", "kubenova-apiserver": "crashapi"}[process]
	p.makeTenant(t, tenant)
	p.deploy(t, tenant)
	p.process(t, "kill", process)
	if process == "kubenova-apiserver" {
		if _, _, err := p.tryREST("GET", "/clusters", ""); err == nil {
			t.Fatal(errors.New("the REST door answers although its server was killed"))
		}
	}
	p.process(t, "start", process)
	path := "/clusters/local/tenants/" + tenant
	eventually(t, "the app runs after the crash", func() error { return p.runs(path+"/projects/web/apps/hello", 1) })
	eventually(t, "two pods run", func() error { return p.runningPods(t, tenant+"--web", 2) })

	// The deletion, too, survives a crash in its middle.
	p.rest(t, "DELETE", path, "", 204, nil)
	p.process(t, "kill", process)
	p.process(t, "start", process)
	eventually(t, "nothing is left", func() error { return p.nothingLeft(t, tenant) })
}
