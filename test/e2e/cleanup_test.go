//go:build e2e

package e2e

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// brokenByHand is a cluster from which Capsule and KubeVela were removed without
// care, and what others have on it.
const brokenByHand = `
apiVersion: v1
kind: Namespace
metadata: {name: acme--stuck, labels: {kubenova.tenant: acme}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: held, namespace: acme--stuck, finalizers: [capsule.clastix.io/held]}
---
apiVersion: v1
kind: Namespace
metadata: {name: acme--theirs, labels: {kubenova.tenant: acme}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: held, namespace: acme--theirs, finalizers: [theirs.example/held]}
---
apiVersion: v1
kind: Namespace
metadata: {name: vela-system}
---
apiVersion: v1
kind: Namespace
metadata: {name: capsule-system}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: applications.core.oam.dev}
spec:
  group: core.oam.dev
  scope: Namespaced
  names: {kind: Application, plural: applications, singular: application}
  versions:
  - name: v1beta1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.theirs.example}
spec:
  group: theirs.example
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`

// brokenWebhook is in the way of every namespace, and its service is not there.
const brokenWebhook = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: capsule-validating-webhook-configuration}
webhooks:
- name: namespaces.projectcapsule.dev
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig: {service: {namespace: capsule-system, name: capsule-webhook-service, path: /namespaces}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [namespaces]}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: theirs}
webhooks:
- name: widgets.theirs.example
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Ignore
  clientConfig: {service: {namespace: theirs, name: gone}}
  rules: [{apiGroups: [theirs.example], apiVersions: [v1], operations: [CREATE], resources: [widgets]}]
`

// TestCleanup breaks a cluster as it is broken in practice, and heals it.
func TestCleanup(t *testing.T) {
	p := open(t)
	scratch := p
	scratch.kubeconfig = env(t, "SCRATCH_KUBECONFIG")
	p.register(t, "scratch", scratch.kubeconfig)
	scratch.kubectl(t, brokenByHand, "apply", "-f", "-")
	t.Cleanup(func() {
		for _, args := range [][]string{
			{"patch", "configmap", "held", "-n", "acme--theirs", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`},
			{"delete", "crd/widgets.theirs.example", "validatingwebhookconfigurations/theirs", "--ignore-not-found"},
		} {
			if output, err := scratch.tryKubectl(t, "", args...); err != nil {
				t.Logf("clearing up: %v %s", err, output)
			}
		}
	})
	eventually(t, "an Application to be made", func() error {
		output, err := scratch.tryKubectl(t, `
apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: held, namespace: acme--stuck, finalizers: [app.oam.dev/resource-tracker-finalizer]}
`, "apply", "-f", "-")
		if err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	})
	scratch.kubectl(t, "", "delete", "ns/acme--stuck", "ns/acme--theirs", "--wait=false")
	scratch.kubectl(t, brokenWebhook, "apply", "-f", "-")
	eventually(t, "the webhook to be in the way", func() error {
		output, err := scratch.tryKubectl(t, "", "create", "namespace", "probe", "--dry-run=server")
		if err == nil || !strings.Contains(output, "capsule-webhook-service") {
			return fmt.Errorf("making a namespace: %v %s", err, output)
		}
		return nil
	})
	time.Sleep(31 * time.Second) // until a namespace counts as stuck

	type action struct{ Action, Resource, Namespace, Name, Reason string }
	var preview []action
	before := scratch.kubectl(t, "", "get", "ns,crd,validatingwebhookconfigurations,applications.core.oam.dev,configmaps", "-A", "-o", "name")
	p.rest(t, "POST", "/clusters/scratch/cleanup?dryRun=All", "", 202, &preview)
	got := map[string]bool{}
	for _, a := range preview {
		got[strings.TrimPrefix(a.Action+" "+a.Resource+" "+a.Namespace+"/"+a.Name, "/")] = true
		t.Logf("%s %s %s/%s: %s", a.Action, a.Resource, a.Namespace, a.Name, a.Reason)
	}
	for _, want := range []string{
		"Delete validatingwebhookconfigurations.admissionregistration.k8s.io /capsule-validating-webhook-configuration",
		"RemoveFinalizers applications.core.oam.dev acme--stuck/held", "Delete customresourcedefinitions.apiextensions.k8s.io /applications.core.oam.dev",
		"RemoveFinalizers configmaps acme--stuck/held", "Finalize namespaces /acme--stuck",
		"Keep configmaps acme--theirs/held", "Keep namespaces /acme--theirs", "Delete namespaces /vela-system",
		"Delete namespaces /capsule-system",
	} {
		if !got[want] {
			t.Errorf("the preview lacks %s", want)
		}
		delete(got, want)
	}
	if len(got) > 0 {
		t.Errorf("the preview has more: %v", got)
	}
	if after := scratch.kubectl(t, "", "get", "ns,crd,validatingwebhookconfigurations,applications.core.oam.dev,configmaps", "-A", "-o", "name"); after != before {
		t.Fatalf("the preview changed the cluster:\n%s\nwas\n%s", after, before)
	}

	p.rest(t, "POST", "/clusters/scratch/cleanup", "", 202, nil)
	eventually(t, "the cluster to be healed", func() error {
		left, err := scratch.tryKubectl(t, "", "get", "ns,crd,validatingwebhookconfigurations", "-o", "name")
		if err != nil {
			return err
		}
		for _, gone := range []string{"acme--stuck", "vela-system", "namespace/capsule-system", "oam.dev", "capsule-validating"} {
			if strings.Contains(left, gone) {
				return fmt.Errorf("%s is left", gone)
			}
		}
		for _, kept := range []string{"namespace/acme--theirs", "widgets.theirs.example", "/theirs", "namespace/kube-system", "namespace/default"} {
			if !strings.Contains(left, kept) {
				t.Fatalf("%s is gone", kept)
			}
		}
		return nil
	})
	scratch.kubectl(t, "", "create", "namespace", "probe", "--dry-run=server")
}

// register registers a cluster for the length of the test.
func (p platform) register(t *testing.T, name, kubeconfig string) {
	t.Helper()
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	inline, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	p.rest(t, "POST", "/clusters", fmt.Sprintf(`{"name":%q,"kubeconfig":%q}`, name, base64.StdEncoding.EncodeToString(inline)), 200, nil)
	t.Cleanup(func() { p.rest(t, "DELETE", "/clusters/"+name, "", 204, nil) })
	eventually(t, "the cluster "+name+" to be connected", func() error {
		var cluster struct {
			Conditions []struct{ Type, Status, Message string }
		}
		p.rest(t, "GET", "/clusters/"+name, "", 200, &cluster)
		for _, c := range cluster.Conditions {
			if c.Type == "Connected" && c.Status == "True" {
				return nil
			}
		}
		return fmt.Errorf("conditions %v", cluster.Conditions)
	})
}
