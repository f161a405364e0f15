//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// conditionsNamespace holds what makes the cluster look worse than it is.
const conditionsNamespace = "e2e-conditions"

// looks are a Deployment as of an old Capsule, which counts as Capsule's once it
// carries its label, and a webhook that lets everything through, and guards nothing.
const looks = `
apiVersion: v1
kind: Namespace
metadata: {name: e2e-conditions}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: one-pod, namespace: e2e-conditions}
spec: {hard: {pods: "1"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: old-capsule, namespace: e2e-conditions, labels: {app.kubernetes.io/version: 0.12.4}}
spec:
  replicas: 2
  selector: {matchLabels: {app: old-capsule}}
  template:
    metadata: {labels: {app: old-capsule}}
    spec: {containers: [{name: manager, image: "ghcr.io/projectcapsule/capsule:v0.12.4"}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: e2e-capsule-lenient}
webhooks:
- name: namespaces.lenient.projectcapsule.dev
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  timeoutSeconds: 1
  clientConfig: {service: {namespace: e2e-conditions, name: none}}
  namespaceSelector: {matchLabels: {e2e-conditions: nobody}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [DELETE], resources: [namespaces]}]
`

// TestConditionsOfARealCluster makes a cluster look as clusters do that need
// something done, and reads what is said of it.
func TestConditionsOfARealCluster(t *testing.T) {
	p := open(t)
	server := p.startSecond(t)
	t.Cleanup(func() {
		p.kubectl(t, "", "delete", "deployments.apps/old-capsule", "-n", conditionsNamespace, "--ignore-not-found")
		p.kubectl(t, "", "delete", "validatingwebhookconfigurations/e2e-capsule-lenient", "ns/"+conditionsNamespace,
			"clusterrole/kubenova:agent", "clusterrole/e2e-conditions-few", "clusterrolebinding/e2e-conditions", "--ignore-not-found", "--wait=false")
	})
	p.kubectl(t, looks, "apply", "-f", "-")
	p.registerAgain(t, "judged", server.url, "")
	p.said(t, "judged", "CredentialsScoped", "OverPrivileged", "kubenova:agent")
	p.said(t, "judged", "TenancyReady", "WebhooksIgnored", "namespaces.lenient.projectcapsule.dev", "failurePolicy to Fail")

	eventually(t, "one of two pods is available", func() error {
		if got := p.kubectl(t, "", "get", "deployments.apps/old-capsule", "-n", conditionsNamespace, "-o", "jsonpath={.status.availableReplicas}"); got != "1" {
			return fmt.Errorf("%q pods are", got)
		}
		return nil
	})
	p.kubectl(t, "", "label", "deployments.apps/old-capsule", "-n", conditionsNamespace, "app.kubernetes.io/name=capsule")
	// New credentials have a cluster looked at anew, and at once.
	p.writeAdministrator(t, "judged", server)
	p.said(t, "judged", "TenancyReady", "KnownAdvisories", "with 1 of 2 pods", "Capsule 0.12.4", "CVE-2026-65834", "upgrade it to 0.13.8", "failurePolicy to Fail")
	p.kubectl(t, "", "label", "deployments.apps/old-capsule", "-n", conditionsNamespace, "app.kubernetes.io/version=0.14.0", "--overwrite")
	p.kubectl(t, "", "delete", "validatingwebhookconfigurations/e2e-capsule-lenient")
	p.writeAdministrator(t, "judged", server)
	p.said(t, "judged", "TenancyReady", "ReplicasMissing", "with 1 of 2 pods", "Deployment old-capsule in "+conditionsNamespace)
	p.kubectl(t, "", "delete", "deployments.apps/old-capsule", "-n", conditionsNamespace)

	p.judgesCredentials(t, server)
}

// judgesCredentials writes credentials with few rights, with those that the
// documentation names, and such as expire.
func (p platform) judgesCredentials(t *testing.T, server *second) {
	t.Helper()
	page, err := os.ReadFile(p.root + "/docs/clusters.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	role, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/clusters.md names no ClusterRole")
	}
	few := strings.Replace(strings.Replace(role, "name: kubenova:agent", "name: e2e-conditions-few", 1), "  - networkpolicies\n", "  - ingresses\n", 1)
	p.kubectl(t, role+"---\n"+few, "apply", "-f", "-")
	p.kubectl(t, "", "create", "serviceaccount", "judged", "-n", conditionsNamespace)
	_, given := p.administrator(t, server.url, "")
	tokens := []string{given, p.token}
	for _, step := range []struct{ role, reason, word string }{
		{"e2e-conditions-few", "UnderPrivileged", "networkpolicies.networking.k8s.io"}, {"kubenova:agent", "Scoped", "not those of an administrator"},
	} {
		p.kubectl(t, "", "delete", "clusterrolebinding/e2e-conditions", "--ignore-not-found")
		p.kubectl(t, "", "create", "clusterrolebinding", "e2e-conditions", "--clusterrole="+step.role, "--serviceaccount="+conditionsNamespace+":judged")
		eventually(t, "the cluster says so of credentials with "+step.role, func() error {
			token := strings.TrimSpace(p.kubectl(t, "", "create", "token", "judged", "-n", conditionsNamespace, "--duration=1h"))
			file, _ := p.administrator(t, server.url, token)
			tokens = append(tokens, token)
			p.rest(t, "PUT", "/clusters/judged/kubeconfig", fmt.Sprintf(`{"kubeconfig":%q}`, file), 200, nil)
			return p.saidSoon(t, "judged", "CredentialsScoped", step.reason, step.word)
		})
	}
	p.said(t, "judged", "CredentialsValid", "Expiring", "write a new kubeconfig before")
	eventually(t, "there is an Event of it", func() error {
		events := p.kubectl(t, "", "get", "events.events.k8s.io", "-A", "--field-selector", "reason=CredentialsExpiring,regarding.name=judged", "-o", "jsonpath={.items[*].type} {.items[*].note}")
		if !strings.Contains(events, "Warning") || !strings.Contains(events, "write a new kubeconfig") {
			return errors.New(events)
		}
		return nil
	})
	events := p.kubectl(t, "", "get", "events.events.k8s.io", "-A", "-o", "json")
	for _, secret := range tokens {
		if strings.Contains(events, secret) {
			t.Error("Events tell a credential")
		}
	}
}

// said waits until a condition of a cluster has a reason, and wants words of its message.
func (p platform) said(t *testing.T, cluster, condition, reason string, words ...string) {
	t.Helper()
	eventually(t, condition+" is "+reason, func() error { return p.tellsOf(t, cluster, condition, reason, words...) })
}

// saidSoon waits for less long.
func (p platform) saidSoon(t *testing.T, cluster, condition, reason string, words ...string) (err error) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if err = p.tellsOf(t, cluster, condition, reason, words...); err == nil {
			return nil
		}
	}
	return err
}

func (p platform) tellsOf(t *testing.T, cluster, condition, reason string, words ...string) error {
	t.Helper()
	var got registered
	p.rest(t, "GET", "/clusters/"+cluster, "", 200, &got)
	for _, c := range got.Conditions {
		if c.Type != condition {
			continue
		}
		for _, word := range words {
			if c.Reason != reason || !strings.Contains(c.Message, word) {
				return fmt.Errorf("%s is %s: %s", condition, c.Reason, c.Message)
			}
		}
		return nil
	}
	return fmt.Errorf("there is no %s: %+v", condition, got.Conditions)
}
