// Package argocd tries the script by which Argo CD tells how an App is.
package argocd

import (
	"os"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestHealth(t *testing.T) {
	script, err := os.ReadFile("../../artifacts/argocd/health.lua")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ object, want, message string }{
		"new":          {`{metadata={generation=1}}`, "Progressing", "Waiting for the app to be looked at."},
		"changed":      {`{metadata={generation=2}, status={observedGeneration=1, phase="Running", healthy=true}}`, "Progressing", "Waiting for the app to be looked at."},
		"never":        {app(`phase="Pending"`, "The app was never deployed."), "Suspended", "The app was never deployed."},
		"deploying":    {app(`phase="Deploying"`, "On its way."), "Progressing", "On its way."},
		"running":      {app(`phase="Running", healthy=true`, "The revision runs."), "Healthy", "The revision runs."},
		"not healthy":  {app(`phase="Running", healthy=false`, "Not healthy: web."), "Degraded", "Not healthy: web."},
		"suspended":    {app(`phase="Suspended"`, "The app is suspended."), "Suspended", "The app is suspended."},
		"failed":       {app(`phase="Failed"`, "roles is forbidden"), "Degraded", "roles is forbidden"},
		"no condition": {`{metadata={generation=3}, status={observedGeneration=3, phase="Failed"}}`, "Degraded", "Failed"},
	} {
		t.Run(name, func(t *testing.T) {
			l := lua.NewState()
			defer l.Close()
			if err := l.DoString("obj = " + c.object); err != nil {
				t.Fatal(err)
			}
			if err := l.DoString(string(script)); err != nil {
				t.Fatal(err)
			}
			health, ok := l.Get(-1).(*lua.LTable)
			if !ok {
				t.Fatalf("the script returned %v", l.Get(-1))
			}
			if status, message := health.RawGetString("status").String(), health.RawGetString("message").String(); status != c.want || message != c.message {
				t.Errorf("got %s %q, want %s %q", status, message, c.want, c.message)
			}
		})
	}
}

func app(status, message string) string {
	return `{metadata={generation=3}, status={observedGeneration=3, ` + status + `, conditions={{type="Healthy", message="x"}, {type="Ready", message="` + message + `"}}}}`
}
