package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/artifacts/definitions"
)

const (
	velaNamespace = "vela-system"
	velaAccount   = "kubevela-vela-core"
)

func (c *cluster) velaCore() command {
	return command{
		Name: velaCore,
		Path: filepath.Join(c.bin, velaCore),
		Args: []string{
			"--use-webhook=true",
			fmt.Sprintf("--webhook-port=%d", c.ports.velaWebhook),
			"--webhook-cert-dir=" + c.layout.path("certs", velaCore),
			"--metrics-addr=" + loopback(c.ports.velaMetrics),
			"--health-addr=" + loopback(c.ports.velaHealth),
			"--system-definition-namespace=" + velaNamespace,
			"--application-revision-limit=2",
			"--definition-revision-limit=2",
			"--concurrent-reconciles=4",
			"--kube-api-qps=400",
			"--kube-api-burst=600",
			"--application-re-sync-period=5m",
			"--feature-gates=AuthenticateApplication=true,MultiStageComponentApply=true,PreDispatchDryRun=true",
			"--authentication-with-user=true",
			"--authentication-default-user=kubevela:vela-core",
			"--authentication-group-pattern=kubevela:*",
			"--allow-cross-namespace-resource=false",
			"--dev-logs=false",
		},
		// Its own ServiceAccount: run as the same user as one of its clients,
		// it stamps every Application with itself and nothing deploys.
		Env:   []string{"KUBECONFIG=" + c.layout.kubeconfigOf(velaCore)},
		Ready: "http://" + loopback(c.ports.velaHealth) + "/readyz",
		Ports: []int{c.ports.velaWebhook},
		Stage: stageClients,
	}
}

func velaRelease(chart string) release {
	return release{
		chart:     chart,
		name:      "kubevela",
		namespace: velaNamespace,
		kinds: []string{
			"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ConfigMap",
			"ComponentDefinition", "TraitDefinition", "PolicyDefinition", "WorkflowStepDefinition", "WorkloadDefinition",
			"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
		},
		values: map[string]any{
			"multicluster":      map[string]any{"enabled": false},
			"admissionWebhooks": map[string]any{"patch": map[string]any{"enabled": false}},
		},
	}
}

// installVela applies everything but the webhooks, which wait for vela-core.
func (c *cluster) installVela(ctx context.Context) error {
	module, err := moduleDir(ctx, c.root, "vela", "github.com/oam-dev/kubevela")
	if err != nil {
		return err
	}
	crds, objects, err := velaRelease(filepath.Join(module, "charts", "vela-core")).render()
	if err != nil {
		return err
	}
	var first []*unstructured.Unstructured
	for _, object := range objects {
		switch kind := object.GetKind(); {
		case strings.HasSuffix(kind, "WebhookConfiguration"):
			if err := c.pointAtVela(object); err != nil {
				return err
			}
			c.velaWebhooks = append(c.velaWebhooks, object)
		case strings.HasSuffix(kind, "Definition"):
			c.velaDefinitions = append(c.velaDefinitions, object)
		default:
			first = append(first, object)
		}
	}
	own, err := definitions.Objects()
	if err != nil {
		return err
	}
	c.velaDefinitions = append(c.velaDefinitions, own...)
	if err := c.kube.applyCRDs(ctx, crds); err != nil {
		return err
	}
	if err := c.kube.apply(ctx, first...); err != nil {
		return err
	}
	return c.writeTokenKubeconfig(ctx, velaCore, velaNamespace, velaAccount)
}

// pointAtVela replaces the Service of each webhook by vela-core's URL.
func (c *cluster) pointAtVela(object *unstructured.Unstructured) error {
	webhooks, _, err := unstructured.NestedSlice(object.Object, "webhooks")
	if err != nil {
		return fmt.Errorf("reading the webhooks of %s: %w", describe(object), err)
	}
	for _, webhook := range webhooks {
		fields, _ := webhook.(map[string]any)
		path, _, err := unstructured.NestedString(fields, "clientConfig", "service", "path")
		if err != nil {
			return fmt.Errorf("reading a webhook of %s: %w", describe(object), err)
		}
		fields["clientConfig"] = map[string]any{
			"url":      "https://" + loopback(c.ports.velaWebhook) + path,
			"caBundle": base64.StdEncoding.EncodeToString(c.pki.ca.pem),
		}
	}
	return unstructured.SetNestedSlice(object.Object, webhooks, "webhooks")
}

func (c *cluster) startVela(ctx context.Context) error {
	if err := c.start(ctx, c.velaCore()); err != nil {
		return err
	}
	return c.kube.apply(ctx, c.velaWebhooks...)
}
