//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const nginx = `{"name":"web","type":"webservice","properties":{"image":"nginx:1.25.3","ports":[{"port":80,"expose":true}]},
	"traits":[{"type":"scaler","properties":{"replicas":2}}]}`

// runs checks that the REST door calls an app running and healthy at a revision.
func (p platform) runs(path string, revision int64) error {
	code, answer, err := p.tryREST("GET", path+"/status", "")
	if err != nil || code != 200 {
		return fmt.Errorf("%d %s %w", code, answer, err)
	}
	if !strings.Contains(string(answer), `"phase":"Running"`) || !strings.Contains(string(answer), `"healthy":true`) ||
		!strings.Contains(string(answer), fmt.Sprintf(`"revision":%d`, revision)) {
		return errors.New(string(answer))
	}
	return nil
}

// TestREST takes the whole way through the REST door, by uid as portals do.
func TestREST(t *testing.T) {
	p := open(t)
	t.Parallel()
	var tenant, project, app struct{ UID string }
	cluster := "/clusters/" + p.cluster
	p.rest(t, "POST", cluster+"/tenants", `{"name":"rest","owners":["owner@example.com"],"labels":{"team":"platform"}}`, 200, &tenant)
	tenantPath := cluster + "/tenants/" + tenant.UID
	p.rest(t, "POST", tenantPath+"/projects", `{"name":"web"}`, 200, &project)
	projectPath := tenantPath + "/projects/" + project.UID
	p.rest(t, "POST", projectPath+"/apps", `{"name":"hello","components":[`+nginx+`]}`, 200, &app)
	appPath := projectPath + "/apps/" + app.UID
	for _, path := range []string{cluster, tenantPath, projectPath, appPath} {
		p.rest(t, "GET", path, "", 200, nil)
	}
	p.rest(t, "GET", "/clusters/"+tenant.UID+"/tenants/"+tenant.UID, "", 404, nil)
	p.rest(t, "POST", appPath+":deploy", "", 202, nil)
	eventually(t, "the app runs", func() error { return p.runs(appPath, 1) })
	eventually(t, "two pods run", func() error { return p.runningPods(t, "rest--web", 2) })

	owners := p.kubectl(t, "", "get", "tenants.capsule.clastix.io", "rest", "-o", "jsonpath={.spec.owners[*].name} {.metadata.labels.team}")
	if owners != "owner@example.com platform" {
		t.Errorf("the Capsule Tenant has owners and label %q", owners)
	}
	labels := p.kubectl(t, "", "get", "namespace", "rest--web", "-o",
		`jsonpath={.metadata.labels.kubenova\.project} {.metadata.labels.kubenova\.tenant} {.metadata.labels.capsule\.clastix\.io/tenant}`)
	if labels != "web rest rest" {
		t.Errorf("the namespace has labels %q", labels)
	}
	identity := p.kubectl(t, "", "get", "applications.core.oam.dev", "-n", "rest--web", "hello", "-o",
		`jsonpath={.metadata.annotations.app\.oam\.dev/username}`)
	if identity != "kubenova:deployer:rest:web" {
		t.Errorf("the Application is delivered as %q", identity)
	}

	p.rest(t, "DELETE", cluster, "", 409, nil)
	p.rest(t, "DELETE", appPath, "", 202, nil)
	p.rest(t, "DELETE", projectPath, "", 204, nil)
	p.rest(t, "DELETE", tenantPath, "", 204, nil)
	eventually(t, "nothing is left", func() error { return p.nothingLeft(t, "rest") })
	eventually(t, "the tenant is gone", func() error {
		if code, answer, err := p.tryREST("GET", tenantPath, ""); err != nil || code != 404 {
			return fmt.Errorf("%d %s %w", code, answer, err)
		}
		return nil
	})
}

const manifests = `
apiVersion: kubenova.io/v1alpha1
kind: Tenant
metadata:
  name: %[1]s
  labels: {team: platform}
spec:
  clusterRef: {name: local}
  owners:
  - {kind: User, name: alice}
`

const projectAndApp = `
apiVersion: kubenova.io/v1alpha1
kind: Project
metadata: {name: web, namespace: kn-%[1]s}
---
apiVersion: kubenova.io/v1alpha1
kind: App
metadata: {name: hello, namespace: kn-%[1]s--web}
spec:
  components:
  - name: web
    type: webservice
    properties: {image: "nginx:1.25.3", ports: [{port: 80, expose: true}]}
    traits:
    - {type: scaler, properties: {replicas: 2}}
`

// makeTenant applies a tenant, its project and its app with kubectl.
func (p platform) makeTenant(t *testing.T, name string) {
	t.Helper()
	p.kubectl(t, fmt.Sprintf(manifests, name), "apply", "--server-side", "-f", "-")
	p.kubectl(t, "", "wait", "--for=condition=Ready", "tenants.kubenova.io/"+name, "--timeout=60s")
	project, app, _ := strings.Cut(fmt.Sprintf(projectAndApp, name), "---")
	p.kubectl(t, project, "apply", "--server-side", "-f", "-")
	p.kubectl(t, "", "wait", "--for=condition=Ready", "projects.kubenova.io/web", "-n", "kn-"+name, "--timeout=60s")
	p.kubectl(t, app, "apply", "--server-side", "-f", "-")
}

func (p platform) deploy(t *testing.T, tenant string) string {
	t.Helper()
	return p.kubectl(t, `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppDeploy"}`,
		"create", "--raw", "/apis/kubenova.io/v1alpha1/namespaces/kn-"+tenant+"--web/apps/hello/deploy", "-f", "-")
}

// TestKubectl takes the same way with kubectl through the host's kube-apiserver.
func TestKubectl(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.makeTenant(t, "native")
	if answer := p.deploy(t, "native"); !strings.Contains(answer, `"revision":1`) {
		t.Errorf("the deploy answered %s", answer)
	}
	p.kubectl(t, "", "wait", "--for=condition=Ready", "apps.kubenova.io/hello", "-n", "kn-native--web", "--timeout=60s")
	p.kubectl(t, "", "wait", "--for=jsonpath={.status.phase}=Running", "apps.kubenova.io/hello", "-n", "kn-native--web", "--timeout=60s")
	eventually(t, "two pods run", func() error { return p.runningPods(t, "native--web", 2) })

	// Deleting the tenant takes everything below it along.
	p.kubectl(t, "", "delete", "tenants.kubenova.io", "native", "--timeout=90s")
	eventually(t, "nothing is left", func() error { return p.nothingLeft(t, "native") })
}
