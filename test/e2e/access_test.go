//go:build e2e

package e2e

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const accessManifests = `
apiVersion: kubenova.io/v1alpha1
kind: Tenant
metadata: {name: %[1]s}
spec: {clusterRef: {name: local}}
---
apiVersion: kubenova.io/v1alpha1
kind: Project
metadata: {name: web, namespace: kn-%[1]s}
spec: {access: [{kind: ServiceAccount, name: "system:serviceaccount:default:%[1]s-dev", role: %[2]s}]}
`

// issued is an answer with a kubeconfig.
type issued struct {
	Kubeconfig, Role, Grant string
	ExpiresAt               time.Time

	path string
}

// TestAccess has a member of a project issue kubeconfigs and use them with kubectl
// against the target's own API server, until they are revoked in each way.
func TestAccess(t *testing.T) {
	p := open(t)
	t.Parallel()
	const tenant = "access-e2e"
	p.kubectl(t, "", "create", "serviceaccount", tenant+"-dev", "-n", "default")
	t.Cleanup(func() { p.kubectl(t, "", "delete", "serviceaccount", tenant+"-dev", "-n", "default") })
	apply := func(role string) { p.kubectl(t, fmt.Sprintf(accessManifests, tenant, role), "apply", "-f", "-") }
	apply("projectDev")
	p.kubectl(t, "", "wait", "--for=condition=Ready", "projects.kubenova.io/web", "-n", "kn-"+tenant, "--timeout=60s")
	member := p
	member.token = strings.TrimSpace(p.kubectl(t, "", "create", "token", tenant+"-dev", "-n", "default"))

	door := "/tenants/" + tenant + "/kubeconfig"
	for _, beyond := range []string{`{"role":"tenantOwner"}`, `{"role":"tenantOwner","project":"web"}`} {
		member.rest(t, "POST", door, beyond, 403, nil)
	}
	member.rest(t, "POST", door, `{"ttlSeconds":599}`, 422, nil)
	first := member.issue(t, "POST", door, `{"role":"projectDev","project":"web","ttlSeconds":600}`)
	second := member.issue(t, "GET", "/clusters/"+p.cluster+"/tenants/"+tenant+"/projects/web/kubeconfig", "")
	reader := member.issue(t, "POST", door, "")
	if second.Role != "projectDev" || reader.Role != "readOnly" || first.Grant == second.Grant {
		t.Errorf("got %s and %s, grants %s and %s", second.Role, reader.Role, first.Grant, second.Grant)
	}
	if left := time.Until(first.ExpiresAt); left > 10*time.Minute || left < 9*time.Minute {
		t.Errorf("ten minutes end in %s", left)
	}

	namespace := tenant + "--web"
	first.may(t, p, true, "create", "configmap", "made-by-dev", "-n", namespace)
	reader.may(t, p, true, "get", "configmaps", "-n", namespace)
	reader.may(t, p, false, "delete", "configmap", "made-by-dev", "-n", namespace)
	for _, refused := range [][]string{
		{"get", "secrets", "-n", namespace}, {"get", "pods", "-n", "kube-system"}, {"get", "secrets", "-n", "kubenova-access"},
		{"create", "namespace", tenant + "-more"}, {"create", "token", "default", "-n", namespace},
	} {
		first.may(t, p, false, refused...)
	}

	// One token dies with its grant, and no other does.
	p.kubectl(t, "", "delete", "accessgrants.kubenova.io", first.Grant, "-n", "kn-"+tenant)
	first.ends(t, p, 12*time.Second, "get", "pods", "-n", namespace)
	second.may(t, p, true, "get", "pods", "-n", namespace)

	// A role that is taken away takes its grants along; a lower one stays.
	apply("readOnly")
	second.ends(t, p, 5*time.Second, "delete", "configmap", "none", "--ignore-not-found", "-n", namespace)
	reader.may(t, p, true, "get", "pods", "-n", namespace)
	left := p.kubectl(t, "", "get", "accessgrants.kubenova.io", "-n", "kn-"+tenant, "-o", "name")
	if strings.TrimSpace(left) != "accessgrant.kubenova.io/"+reader.Grant {
		t.Errorf("left are %s", left)
	}

	start := time.Now()
	p.kubectl(t, "", "delete", "tenants.kubenova.io", tenant, "--timeout=90s")
	// Two namespaces go after one another. Nothing waits for a recheck besides.
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the tenant went only after %s", took)
	} else {
		t.Logf("the tenant was gone after %s", took)
	}
	reader.ends(t, p, 12*time.Second, "get", "pods", "-n", namespace)
	accounts := p.kubectl(t, "", "get", "serviceaccounts", "-n", "kubenova-access",
		"-o", `jsonpath={range .items[*]}{.metadata.annotations.kubenova\.io/subject}{"\n"}{end}`)
	if strings.Contains(accounts, tenant) {
		t.Errorf("left are the ServiceAccounts of %s", accounts)
	}
}

// issue asks for a kubeconfig and writes it to a file.
func (p platform) issue(t *testing.T, method, path, body string) issued {
	t.Helper()
	var out issued
	p.rest(t, method, path, body, 200, &out)
	raw, err := base64.StdEncoding.DecodeString(out.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "insecure") || !strings.Contains(string(raw), "certificate-authority-data") {
		t.Error("the kubeconfig does not vouch for its server")
	}
	out.path = filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(out.path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

func (i issued) try(t *testing.T, p platform, args ...string) (string, error) {
	t.Helper()
	return p.run(t, "", p.kubectlPath(), append([]string{"--kubeconfig", i.path}, args...)...)
}

// may runs kubectl with the kubeconfig; rights that are just given may take a moment.
func (i issued) may(t *testing.T, p platform, want bool, args ...string) {
	t.Helper()
	output, err := i.try(t, p, args...)
	for begun := time.Now(); want && err != nil && time.Since(begun) < 5*time.Second; output, err = i.try(t, p, args...) {
		time.Sleep(200 * time.Millisecond)
	}
	if (err == nil) != want || err != nil && !strings.Contains(output, "orbidden") {
		t.Errorf("kubectl %s: %v, %s", strings.Join(args, " "), err, output)
	}
}

// ends waits until the kubeconfig is of no use, for as long as that may take.
func (i issued) ends(t *testing.T, p platform, bound time.Duration, args ...string) {
	t.Helper()
	begun := time.Now()
	for {
		_, err := i.try(t, p, args...)
		took := time.Since(begun)
		if err != nil {
			t.Logf("kubectl %s was refused after %s", strings.Join(args, " "), took.Round(10*time.Millisecond))
			return
		}
		if took > bound {
			t.Fatal(errors.New("still accepted after " + took.String()))
		}
		time.Sleep(100 * time.Millisecond)
	}
}
