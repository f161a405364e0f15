package bootstrap

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/kubenova/kubenova/pkg/kubevela"
)

const (
	velaRelease   = "kubevela"
	velaNamespace = kubevela.SystemNamespace
	velaGroup     = "core.oam.dev"
)

// velaValues make KubeVela act with the rights of whoever wrote an
// Application: by default it acts as cluster-admin for everybody.
func velaValues() map[string]any {
	return map[string]any{
		"authentication": map[string]any{
			"enabled":      true,
			"withUser":     true,
			"groupPattern": "kubevela:*",
		},
		// The webhooks stamp Applications with who wrote them.
		"admissionWebhooks": map[string]any{"enabled": true},
		// Each registered cluster runs a KubeVela of its own.
		"multicluster": map[string]any{"enabled": false},
	}
}

// installAppDelivery installs KubeVela, or reports one that is there, and adds
// KubeNova's definitions to it.
func (t *target) installAppDelivery(ctx context.Context, source ChartSource) (Result, error) {
	result, err := t.installVela(ctx, source)
	if err != nil {
		return Result{}, err
	}
	return result, t.applyDefinitions(ctx)
}

// installVela installs KubeVela, or reports one that is there.
func (t *target) installVela(ctx context.Context, source ChartSource) (Result, error) {
	r, err := t.release(ctx, velaRelease, velaNamespace)
	if err != nil {
		return Result{}, err
	}
	return r.installUnlessTheirs(ctx, source, velaValues(), t.hasVela,
		"KubeVela was not installed by KubeNova and is left as it is, but for KubeNova's own definitions")
}

// hasVela says whether the target has component definitions. The kind alone
// proves nothing: CRDs outlive an interrupted or removed installation.
func (t *target) hasVela(ctx context.Context) (bool, error) {
	client, err := dynamic.NewForConfig(t.config)
	if err != nil {
		return false, fmt.Errorf("building a client: %w", err)
	}
	definitions := schema.GroupVersionResource{Group: velaGroup, Version: "v1beta1", Resource: "componentdefinitions"}
	list, err := client.Resource(definitions).List(ctx, metav1.ListOptions{Limit: 1})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("listing KubeVela's component definitions: %w", err)
	}
	return len(list.Items) > 0, nil
}
