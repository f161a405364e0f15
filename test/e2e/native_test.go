//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestNativeDoor uses KubeNova's kinds as kubectl uses any other.
func TestNativeDoor(t *testing.T) {
	p := open(t)
	t.Parallel()
	const tenant = "door"
	manifest := fmt.Sprintf(manifests, tenant)
	t.Cleanup(func() {
		p.kubectl(t, "", "delete", "tenants.kubenova.io", tenant, "--ignore-not-found", "--timeout=90s")
	})

	p.kubectl(t, manifest, "apply", "--server-side", "-f", "-", "--dry-run=server")
	if output, err := p.tryKubectl(t, "", "get", "tenants.kubenova.io", tenant); err == nil {
		t.Errorf("a dry run made a tenant:\n%s", output)
	}
	p.kubectl(t, manifest, "apply", "--server-side", "-f", "-")
	version := func() string {
		return p.kubectl(t, "", "get", "tenants.kubenova.io", tenant, "-o", "jsonpath={.metadata.generation}")
	}
	before := version()
	p.kubectl(t, manifest, "apply", "--server-side", "-f", "-")
	if after := version(); after != before {
		t.Errorf("the second apply changed the generation from %s to %s", before, after)
	}
	p.kubectl(t, "", "wait", "--for=condition=Ready", "tenants.kubenova.io/"+tenant, "--timeout=60s")

	table := p.kubectl(t, "", "get", "tenants.kubenova.io", tenant)
	for _, want := range []string{"NAME", "CLUSTER", "OWNERS", "NAMESPACES", "READY", "AGE", "local", "alice", "True"} {
		if !strings.Contains(table, want) {
			t.Errorf("kubectl get lacks %s:\n%s", want, table)
		}
	}
	if all := p.kubectl(t, "", "get", "kubenova", "-A"); !strings.Contains(all, "tenant.kubenova.io/"+tenant) || !strings.Contains(all, "cluster.kubenova.io/local") {
		t.Errorf("kubectl get kubenova shows:\n%s", all)
	}
	if short := p.kubectl(t, "", "get", "knt", tenant, "-o", "name"); short != "tenant.kubenova.io/"+tenant+"\n" {
		t.Errorf("the short name gives %q", short)
	}
	explained := p.kubectl(t, "", "explain", "apps.spec", "--api-version=kubenova.io/v1alpha1")
	for _, want := range []string{"components", "workloads of the app", "revisionHistoryLimit"} {
		if !strings.Contains(explained, want) {
			t.Errorf("kubectl explain lacks %q:\n%s", want, explained)
		}
	}
	// What Capsule calls a tenant keeps its meaning.
	if capsule := p.kubectl(t, "", "get", "tenants.capsule.clastix.io", tenant, "-o", "jsonpath={.apiVersion}"); capsule != "capsule.clastix.io/v1beta2" {
		t.Errorf("the Capsule Tenant is a %s", capsule)
	}
	output, err := p.tryKubectl(t, strings.Replace(manifest, "door", "kube-door", 1), "apply", "--server-side", "-f", "-")
	if err == nil || !strings.Contains(output, "metadata.name") {
		t.Errorf("a reserved name: %v\n%s", err, output)
	}
}

// TestWatch sees an app change while kubectl get -w runs.
func TestWatch(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.makeTenant(t, "watch")
	t.Cleanup(func() { p.kubectl(t, "", "delete", "tenants.kubenova.io", "watch", "--timeout=90s") })
	ctx, cancel := context.WithTimeout(context.Background(), settle)
	defer cancel()
	command := exec.CommandContext(ctx, p.kubectlPath(), "--kubeconfig", p.kubeconfig,
		"get", "apps.kubenova.io", "-w", "-n", "kn-watch--web", "--no-headers")
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = command.Wait() // it was killed
	}()
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || !strings.Contains(lines.Text(), "Pending") {
		t.Fatalf("the watch begins with %q", lines.Text())
	}
	p.deploy(t, "watch")
	var seen []string
	for lines.Scan() {
		seen = append(seen, lines.Text())
		if fields := strings.Fields(lines.Text()); len(fields) > 2 && fields[1] == "Running" && fields[2] == "True" {
			return
		}
	}
	t.Errorf("the watch never showed Running:\n%s", strings.Join(seen, "\n"))
}

const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: kn-rbac--web}
rules:
- {apiGroups: [kubenova.io], resources: [apps], verbs: [get, listall]}
- {apiGroups: [kubenova.io], resources: [apps/deploy], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: kn-rbac--web}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: dora}
`

// TestHostRBAC lets a Role of the host allow some verbs and refuse others. To see
// what one is no member of takes listall, since everyone may get and list what
// KubeNova narrows.
func TestHostRBAC(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.makeTenant(t, "rbac")
	t.Cleanup(func() { p.kubectl(t, "", "delete", "tenants.kubenova.io", "rbac", "--timeout=90s") })
	p.kubectl(t, role, "apply", "-f", "-")
	eventually(t, "the role allows to get", func() error {
		output, err := p.tryKubectl(t, "", "get", "apps.kubenova.io", "hello", "-n", "kn-rbac--web", "--as", "dora")
		if err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	})
	deploy := "/apis/kubenova.io/v1alpha1/namespaces/kn-rbac--web/apps/hello/deploy"
	p.kubectl(t, "{}", "create", "--raw", deploy, "-f", "-", "--as", "dora")
	for _, refused := range [][]string{
		{"delete", "apps.kubenova.io", "hello", "-n", "kn-rbac--web"},
		{"get", "projects.kubenova.io", "web", "-n", "kn-rbac"},
		{"get", "tenants.kubenova.io", "rbac"},
		{"get", "--raw", "/apis/kubenova.io/v1alpha1/clusters/local/kubeconfig"},
	} {
		output, err := p.tryKubectl(t, "", append(refused, "--as", "dora")...)
		if err == nil || !strings.Contains(output, "orbidden") {
			t.Errorf("kubectl %v as dora: %v\n%s", refused, err, output)
		}
	}
}

// TestHostNamespacesStillDelete deletes a namespace of the host, which asks
// every API group, ours among them.
func TestHostNamespacesStillDelete(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.kubectl(t, "", "create", "namespace", "e2e-scratch")
	start := time.Now()
	p.kubectl(t, "", "delete", "namespace", "e2e-scratch", "--timeout=60s")
	t.Logf("deleted in %s", time.Since(start).Round(100*time.Millisecond))
}
