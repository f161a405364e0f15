package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

var apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}

func (c *cluster) kubenovaAPIServer() command {
	cert, key := serving(c.layout, kubenovaAPIServer)
	kubeconfig := c.layout.kubeconfigOf(kubenovaAPIServer)
	return command{
		Name: kubenovaAPIServer,
		Path: c.options.kubenova,
		Args: []string{
			"apiserver",
			"--etcd-servers=http://" + loopback(c.ports.etcd),
			"--etcd-prefix=/registry/kubenova.io",
			"--bind-address=127.0.0.1",
			fmt.Sprintf("--secure-port=%d", c.ports.kubenova),
			"--tls-cert-file=" + cert,
			"--tls-private-key-file=" + key,
			"--kubeconfig=" + kubeconfig,
			"--authentication-kubeconfig=" + kubeconfig,
			"--authorization-kubeconfig=" + kubeconfig,
			"--encryption-provider-config=" + c.layout.path("data", "encryption.yaml"),
			"--http-address=" + loopback(c.ports.kubenovaHTTP),
			"--audit-log-path=" + c.layout.path("data", "kubenova-audit.log"),
			// The cluster that registers itself is on loopback.
			"--allow-target-cidr=127.0.0.0/8",
		},
		Ready: "https://" + loopback(c.ports.kubenova) + "/readyz",
		Stage: stageClients,
	}
}

func (c *cluster) kubenovaControllers() command {
	return command{
		Name: kubenovaControllers,
		Path: c.options.kubenova,
		Args: []string{
			"controller-manager",
			"--kubeconfig=" + c.layout.kubeconfigOf(kubenovaControllers),
			"--leader-elect=true",
			"--leader-elect-namespace=" + hostNamespace,
			"--health-address=" + loopback(c.ports.kubenovaControllersHealth),
			"--profiling-address=" + loopback(c.ports.kubenovaControllersProfiling),
			// The cluster that registers itself is on loopback.
			"--allow-target-cidr=127.0.0.0/8",
		},
		Ready: "http://" + loopback(c.ports.kubenovaControllersHealth) + "/readyz",
		Stage: stageControllers,
	}
}

// installKubeNova applies the RBAC of the repository and writes what the
// processes read.
func (c *cluster) installKubeNova(ctx context.Context) error {
	if err := c.writeEncryptionConfig(); err != nil {
		return err
	}
	objects, err := decodeFiles(filepath.Join(c.root, "artifacts", "rbac", "*.yaml"))
	if err != nil {
		return err
	}
	if err := c.kube.apply(ctx, objects...); err != nil {
		return err
	}
	if err := c.writeTokenKubeconfig(ctx, kubenovaAPIServer, hostNamespace, kubenovaAPIServer); err != nil {
		return err
	}
	return c.writeTokenKubeconfig(ctx, kubenovaControllers, hostNamespace, kubenovaControllers)
}

// installAPIService registers the API with the aggregator. The aggregator
// reaches loopback through a Service of type ExternalName.
func (c *cluster) installAPIService(ctx context.Context) error {
	objects, err := decodeFiles(filepath.Join(c.root, "artifacts", "apiservice.yaml"))
	if err != nil {
		return err
	}
	objects = append(objects, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "Service",
		"metadata":   map[string]any{"name": kubenovaAPIServer, "namespace": hostNamespace},
		"spec":       map[string]any{"type": "ExternalName", "externalName": "localhost"},
	}})
	for _, object := range objects {
		if object.GetKind() != "APIService" {
			continue
		}
		spec, _ := object.Object["spec"].(map[string]any)
		spec["caBundle"] = base64.StdEncoding.EncodeToString(c.pki.ca.pem)
		service, _ := spec["service"].(map[string]any)
		service["port"] = int64(c.ports.kubenova)
	}
	if err := c.kube.apply(ctx, objects...); err != nil {
		return err
	}
	return c.waitAPIService(ctx)
}

// waitAPIService waits until the aggregator has reached the API server.
func (c *cluster) waitAPIService(ctx context.Context) error {
	resource := c.kube.dynamic.Resource(apiServices)
	err := poll(ctx, "the APIService", func(ctx context.Context) error {
		found, err := resource.Get(ctx, "v1alpha1.kubenova.io", metav1.GetOptions{})
		if err != nil {
			return err
		}
		conditions, _, _ := unstructured.NestedSlice(found.Object, "status", "conditions")
		for _, condition := range conditions {
			fields, _ := condition.(map[string]any)
			if fields["type"] == "Available" && fields["status"] == "True" {
				return nil
			}
		}
		return fmt.Errorf("it is not available: %v", conditions)
	})
	if err != nil {
		return &notReady{name: kubenovaAPIServer, log: c.layout.log(kubenovaAPIServer), cause: err}
	}
	return nil
}

func (c *cluster) writeEncryptionConfig() error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("drawing the encryption key: %w", err)
	}
	secretbox := map[string]any{"keys": []any{
		map[string]any{"name": "local", "secret": base64.StdEncoding.EncodeToString(key)},
	}}
	config, err := yaml.Marshal(map[string]any{
		"apiVersion": "apiserver.config.k8s.io/v1",
		"kind":       "EncryptionConfiguration",
		// No identity provider: nothing of KubeNova is stored in the clear.
		"resources": []any{map[string]any{
			"resources": []any{"*.kubenova.io"},
			"providers": []any{map[string]any{"secretbox": secretbox}},
		}},
	})
	if err != nil {
		return fmt.Errorf("encoding the encryption configuration: %w", err)
	}
	if err := os.WriteFile(c.layout.path("data", "encryption.yaml"), config, 0o600); err != nil {
		return fmt.Errorf("writing the encryption configuration: %w", err)
	}
	return nil
}
