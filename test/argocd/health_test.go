// Package argocd tries the scripts by which Argo CD tells how objects are.
package argocd

import (
	"os"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// health is what a script is to say of an object.
type health struct{ object, status, message string }

// check runs a script of artifacts/argocd on objects, as Argo CD does: without any
// library that reaches out of it.
func check(t *testing.T, file string, cases map[string]health) {
	t.Helper()
	script, err := os.ReadFile("../../artifacts/argocd/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			l := lua.NewState(lua.Options{SkipOpenLibs: true})
			defer l.Close()
			lua.OpenBase(l)
			if err := l.DoString("obj = " + want.object); err != nil {
				t.Fatal(err)
			}
			if err := l.DoString(string(script)); err != nil {
				t.Fatal(err)
			}
			said, ok := l.Get(-1).(*lua.LTable)
			if !ok {
				t.Fatalf("the script returned %v", l.Get(-1))
			}
			if status, message := said.RawGetString("status").String(), said.RawGetString("message").String(); status != want.status || message != want.message {
				t.Errorf("got %s %q, want %s %q", status, message, want.status, want.message)
			}
		})
	}
}

func TestApp(t *testing.T) {
	const unseen = "Waiting for the app to be looked at."
	check(t, "health.lua", map[string]health{
		"new":          {`{metadata={generation=1}}`, "Progressing", unseen},
		"changed":      {`{metadata={generation=2}, status={observedGeneration=1, phase="Running", healthy=true}}`, "Progressing", unseen},
		"never":        {app(`phase="Pending"`, "The app was never deployed."), "Suspended", "The app was never deployed."},
		"deploying":    {app(`phase="Deploying"`, "On its way."), "Progressing", "On its way."},
		"running":      {app(`phase="Running", healthy=true`, "The revision runs."), "Healthy", "The revision runs."},
		"not healthy":  {app(`phase="Running", healthy=false`, "Not healthy: web."), "Degraded", "Not healthy: web."},
		"suspended":    {app(`phase="Suspended"`, "The app is suspended."), "Suspended", "The app is suspended."},
		"failed":       {app(`phase="Failed"`, "roles is forbidden"), "Degraded", "roles is forbidden"},
		"no condition": {`{metadata={generation=3}, status={observedGeneration=3, phase="Failed"}}`, "Degraded", "Failed"},
	})
}

func app(status, message string) string {
	return `{metadata={generation=3}, status={observedGeneration=3, ` + status + `, conditions={{type="Healthy", message="x"}, {type="Ready", message="` + message + `"}}}}`
}

// TestReady is for the kinds that have nothing to say but their conditions: clusters,
// tenants and projects.
func TestReady(t *testing.T) {
	const unseen = "Waiting for the object to be looked at."
	check(t, "ready.lua", map[string]health{
		"new":             {`{metadata={generation=1}}`, "Progressing", unseen},
		"changed":         {`{metadata={generation=2}, status={observedGeneration=1, conditions={{type="Ready", status="True", message="x"}}}}`, "Progressing", unseen},
		"other condition": {`{metadata={generation=3}, status={observedGeneration=3, conditions={{type="QuotaApplied", status="False", message="x"}}}}`, "Progressing", unseen},
		"ready":           {ready("True", "Ready"), "Healthy", "said"},
		"on its way":      {ready("False", "Reconciling"), "Progressing", "said"},
		"no namespace":    {ready("False", "TenantNotReady"), "Progressing", "said"},
		"not installed":   {ready("False", "NotInstalled"), "Progressing", "said"},
		"no kubeconfig":   {ready("False", "NoCredentials"), "Suspended", "said"},
		"bad kubeconfig":  {ready("False", "Unauthorized"), "Degraded", "said"},
		"in the way":      {ready("False", "TenantNotOurs"), "Degraded", "said"},
		"no such plan":    {ready("False", "PlanNotFound"), "Degraded", "said"},
		"away":            {ready("Unknown", "ClusterUnavailable"), "Unknown", "said"},
		"deleting": {`{metadata={generation=3, deletionTimestamp="2026-01-01T00:00:00Z"}, status={observedGeneration=3, conditions={
			{type="Ready", status="True", message="x"}, {type="Deleting", status="True", message="Waiting for apps."}}}}`, "Progressing", "Waiting for apps."},
		"just deleted": {`{metadata={generation=3, deletionTimestamp="2026-01-01T00:00:00Z"}}`, "Progressing", "Being deleted."},
	})
}

func ready(status, reason string) string {
	return `{metadata={generation=3}, status={observedGeneration=3, conditions={{type="Connected", status="True", message="x"}, ` +
		`{type="Ready", status="` + status + `", reason="` + reason + `", message="said"}}}}`
}
