//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// restApp makes a tenant with a project and an app that runs, and returns the
// app's path.
func (p platform) restApp(t *testing.T, tenant string) string {
	t.Helper()
	cluster := "/clusters/" + p.cluster
	p.rest(t, "POST", cluster+"/tenants", `{"name":"`+tenant+`"}`, 200, nil)
	p.rest(t, "POST", cluster+"/tenants/"+tenant+"/projects", `{"name":"web"}`, 200, nil)
	apps := cluster + "/tenants/" + tenant + "/projects/web/apps"
	p.rest(t, "POST", apps, `{"name":"hello","components":[`+nginx+`]}`, 200, nil)
	p.rest(t, "POST", apps+"/hello:deploy", "", 202, nil)
	t.Cleanup(func() { p.rest(t, "DELETE", cluster+"/tenants/"+tenant, "", 204, nil) })
	eventually(t, "the app runs", func() error { return p.runs(apps+"/hello", 1) })
	return apps + "/hello"
}

type seenStatus struct {
	Phase      string
	Healthy    bool
	Revision   int64
	Components []struct{ Name, Message string }
}

func (p platform) phase(path, want string) error {
	status, answer, err := p.tryREST("GET", path+"/status", "")
	var seen seenStatus
	if err := errors.Join(err, json.Unmarshal(answer, &seen)); err != nil || status != 200 || seen.Phase != want {
		return fmt.Errorf("%d %s %w", status, answer, err)
	}
	return nil
}

// deployment reads a field of the Deployment of component web.
func (p platform) deployment(t *testing.T, tenant, jsonpath, want string) error {
	t.Helper()
	got, err := p.tryKubectl(t, "", "get", "deployment", "web", "-n", tenant+"--web", "-o", "jsonpath="+jsonpath)
	if err != nil || got != want {
		return fmt.Errorf("%s is %q, want %q: %w", jsonpath, got, want, err)
	}
	return nil
}

const imagePath = "{.spec.template.spec.containers[0].image}"

// TestLifeOfAnApp suspends, resumes, updates and rolls back an app and looks at
// what that does to its Deployment.
func TestLifeOfAnApp(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.restApp(t, "life")
	for round := range 2 { // KubeVela must take a version that looks like the one before last
		p.rest(t, "POST", app+":suspend", "", 202, nil)
		eventually(t, "no pod runs", func() error { return p.runningPods(t, "life--web", 0) })
		eventually(t, "the app is suspended", func() error { return p.phase(app, "Suspended") })
		if round == 1 {
			p.process(t, "restart", "kubenova-controller-manager")
			p.rest(t, "POST", app+"/image-update", `{"component":"web","image":"nginx","tag":"1.26"}`, 202, nil)
			eventually(t, "the image is set", func() error { return p.deployment(t, "life", imagePath, "nginx:1.26") })
			time.Sleep(2 * time.Second)
			if err := errors.Join(p.runningPods(t, "life--web", 0), p.phase(app, "Suspended")); err != nil {
				t.Errorf("a deploy ended the suspension: %v", err)
			}
		}
		p.rest(t, "POST", app+":resume", "", 202, nil)
		eventually(t, "what ran runs again", func() error { return errors.Join(p.runningPods(t, "life--web", 2), p.phase(app, "Running")) })
	}
	p.rest(t, "POST", app+":rollback", `{"toRevision":1}`, 202, nil)
	eventually(t, "the first image is back", func() error { return p.deployment(t, "life", imagePath, "nginx:1.25.3") })
	eventually(t, "the rollback runs", func() error { return p.runs(app, 3) })
	p.rest(t, "POST", app+"/workflow/run", "", 202, nil)
	eventually(t, "the workflow ran once more", func() error { return p.runs(app, 4) })
	eventually(t, "all runs are known", func() error {
		var runs []struct {
			Status     string
			Revision   int64
			StartedAt  *time.Time
			FinishedAt *time.Time
		}
		p.rest(t, "GET", app+"/workflow/runs", "", 200, &runs)
		if len(runs) != 4 || runs[0].Status != "Succeeded" || runs[0].StartedAt == nil || runs[0].FinishedAt == nil || runs[3].Status != "Succeeded" {
			return fmt.Errorf("runs are %+v", runs)
		}
		return nil
	})
}

// TestPodFailureShows breaks a pod and waits for the app's status to say so.
func TestPodFailureShows(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.restApp(t, "broken")
	pods := strings.Fields(p.kubectl(t, "", "get", "pods", "-n", "broken--web", "-o", "jsonpath={.items[*].metadata.name}"))
	patch := `{"status":{"containerStatuses":[{"name":"web","image":"x","imageID":"","ready":false,"restartCount":3,"started":false,` +
		`"state":{"waiting":{"reason":"CrashLoopBackOff"}}}],"conditions":[{"type":"Ready","status":"False"}]}}`
	p.kubectl(t, "", "patch", "pod", pods[0], "-n", "broken--web", "--subresource=status", "--type=merge", "-p", patch)
	begun := time.Now()
	eventually(t, "the failure shows", func() error {
		var seen seenStatus
		p.rest(t, "GET", app+"/status", "", 200, &seen)
		if seen.Healthy || len(seen.Components) != 1 || !strings.Contains(seen.Components[0].Message, "CrashLoopBackOff") {
			return fmt.Errorf("status is %+v", seen)
		}
		return nil
	})
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("the failure of a pod showed after %s", took)
	}
	p.kubectl(t, "", "delete", "pod", pods[0], "-n", "broken--web")
	eventually(t, "the app is well again", func() error { return p.runs(app, 1) })
}

// TestLogs reads the logs that kwok serves for its containers.
func TestLogs(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.restApp(t, "logs")
	type line struct {
		TS                      time.Time
		Component, Pod, Message string
	}
	var lines []line
	p.rest(t, "GET", app+"/logs/web", "", 200, &lines)
	pods := map[string]int{}
	for i, l := range lines {
		pods[l.Pod]++
		if l.Component != "web" || !strings.HasPrefix(l.Message, "line ") || i > 0 && l.TS.Before(lines[i-1].TS) {
			t.Errorf("line %d is %+v", i, l)
		}
	}
	if len(lines) != 10 || len(pods) != 2 {
		t.Errorf("%d lines of pods %v, want 5 of each of 2", len(lines), pods)
	}
	p.rest(t, "GET", app+"/logs/web?tail=3", "", 200, &lines)
	if len(lines) != 3 {
		t.Errorf("the last 3 lines are %+v", lines)
	}
	if status, answer, err := p.tryREST("GET", app+"/logs/ghost", ""); err != nil || status != 404 || !strings.Contains(string(answer), "ghost") {
		t.Errorf("of no component: %d %s %v", status, answer, err)
	}
	raw := p.kubectl(t, "", "get", "--raw", "/apis/kubenova.io/v1alpha1/namespaces/kn-logs--web/apps/hello/logs?component=web&tailLines=4")
	if strings.Count(raw, "\n") != 4 || !strings.Contains(raw, `"component":"web"`) {
		t.Errorf("natively they are %s", raw)
	}
	p.followLogs(t, app)
}

// followLogs follows the logs until what was there before has come.
func (p platform) followLogs(t *testing.T, app string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/api/v1"+app+"/logs/web?follow=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	scanner, seen := bufio.NewScanner(response.Body), 0
	for seen < 10 && scanner.Scan() {
		if strings.HasPrefix(scanner.Text(), `data: {"ts":`) {
			seen++
		}
	}
	if seen != 10 {
		t.Errorf("%d %v: saw %d lines, then %v", response.StatusCode, response.Header, seen, scanner.Err())
	}
}
