package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	capsuleNamespace = "capsule-system"
	// capsuleHealthPort is fixed in Capsule's source: two clusters with
	// Capsule cannot run on one machine.
	capsuleHealthPort = 10080
	capsuleWebhooks   = "capsule-dynamic-webhook"
)

func (c *cluster) capsule() command {
	return command{
		Name: capsule,
		Path: filepath.Join(c.bin, capsule),
		Args: []string{
			fmt.Sprintf("--webhook-port=%d", c.ports.capsuleWebhook),
			"--webhook-cert-path=" + c.layout.path("certs", capsule),
			"--metrics-addr=" + loopback(c.ports.capsuleMetrics),
			"--configuration-name=default",
			"--workers=4",
			"--client-connection-qps=200",
			"--client-connection-burst=400",
			"--zap-log-level=info",
		},
		Env: []string{
			"KUBECONFIG=" + c.layout.kubeconfigOf(capsule),
			"NAMESPACE=" + capsuleNamespace,
			"SERVICE_ACCOUNT=capsule",
		},
		Ready: "http://" + loopback(capsuleHealthPort) + "/readyz",
		Ports: []int{c.ports.capsuleWebhook},
		Stage: stageClients,
	}
}

func (c *cluster) capsuleRelease(chart string) release {
	return release{
		chart:     chart,
		name:      "capsule",
		namespace: capsuleNamespace,
		kinds: []string{
			"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "CapsuleConfiguration",
		},
		values: map[string]any{
			"webhooks": map[string]any{"service": map[string]any{
				"url":      "https://" + loopback(c.ports.capsuleWebhook),
				"caBundle": base64.StdEncoding.EncodeToString(c.pki.ca.pem),
			}},
			"tls":         map[string]any{"enableController": false, "create": false},
			"certManager": map[string]any{"generateCertificates": false},
			"proxy":       map[string]any{"enabled": false},
			"manager":     map[string]any{"options": capsuleOptions()},
		},
	}
}

// capsuleOptions name who is who. Capsule's webhooks do not care for RBAC: an
// identity that is neither an administrator nor a user cannot make a namespace
// of a tenant, cluster-admin or not.
func capsuleOptions() map[string]any {
	return map[string]any{
		"forceTenantPrefix": true,
		"administrators": []any{
			map[string]any{"kind": "ServiceAccount", "name": targetIdentity},
		},
		"users": []any{
			map[string]any{"kind": "Group", "name": "projectcapsule.dev"},
			map[string]any{"kind": "Group", "name": "system:serviceaccounts:" + accessNamespace},
		},
	}
}

// installCapsule applies everything that the manager needs before it starts.
func (c *cluster) installCapsule(ctx context.Context) error {
	module, err := moduleDir(ctx, c.root, "capsule", "github.com/projectcapsule/capsule")
	if err != nil {
		return err
	}
	crds, objects, err := c.capsuleRelease(filepath.Join(module, "charts", "capsule")).render()
	if err != nil {
		return err
	}
	if err := c.kube.applyCRDs(ctx, crds); err != nil {
		return err
	}
	if err := c.kube.apply(ctx, objects...); err != nil {
		return err
	}
	return c.writeTokenKubeconfig(ctx, capsule, capsuleNamespace, "capsule")
}

func (c *cluster) startCapsule(ctx context.Context) error {
	if !portIsFree(capsuleHealthPort) {
		return fmt.Errorf("port %d, which Capsule cannot do without, is taken: is another local cluster up?", capsuleHealthPort)
	}
	if err := c.start(ctx, c.capsule()); err != nil {
		return err
	}
	return c.waitCapsuleWebhooks(ctx)
}

// waitCapsuleWebhooks waits until the manager has written its webhooks and
// taken its users over into the configuration's status, where it reads them.
func (c *cluster) waitCapsuleWebhooks(ctx context.Context) error {
	admission := c.kube.typed.AdmissionregistrationV1()
	return poll(ctx, "Capsule's webhooks", func(ctx context.Context) error {
		if _, err := admission.ValidatingWebhookConfigurations().Get(ctx, capsuleWebhooks, metav1.GetOptions{}); err != nil {
			return err
		}
		if _, err := admission.MutatingWebhookConfigurations().Get(ctx, capsuleWebhooks, metav1.GetOptions{}); err != nil {
			return err
		}
		return c.capsuleUsersKnown(ctx)
	})
}

func (c *cluster) capsuleUsersKnown(ctx context.Context) error {
	configuration := &unstructured.Unstructured{}
	configuration.SetAPIVersion("capsule.clastix.io/v1beta2")
	configuration.SetKind("CapsuleConfiguration")
	resource, err := c.kube.resource(configuration)
	if err != nil {
		return err
	}
	found, err := resource.Get(ctx, "default", metav1.GetOptions{})
	if err != nil {
		return err
	}
	users, _, _ := unstructured.NestedSlice(found.Object, "status", "users")
	if len(users) == 0 {
		return fmt.Errorf("the CapsuleConfiguration has no users in its status yet")
	}
	return nil
}
