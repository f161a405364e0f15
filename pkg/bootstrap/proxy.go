package bootstrap

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

const proxyRelease = "capsule-proxy"

// errNoCapsule is about the order of two requests.
var errNoCapsule = errors.New("capsule-proxy needs Capsule, which is not there yet: bootstrap tenancy first")

// proxyValues are the values of capsule-proxy's chart, for a Capsule with this
// configuration.
func proxyValues(configuration string) map[string]any {
	return map[string]any{
		"options": map[string]any{
			"capsuleConfigurationName": configuration,
			// The chart's own job makes a certificate, so that cert-manager need not be there.
			"enableSSL":            true,
			"generateCertificates": true,
			"pprof":                false,
		},
		"certManager": map[string]any{"generateCertificates": false},
	}
}

// installProxy installs capsule-proxy beside a Capsule, or reports one that is there.
func (t *target) installProxy(ctx context.Context, source ChartSource) (Result, error) {
	configuration, err := t.findCapsule(ctx)
	if err != nil {
		return Result{}, err
	}
	if configuration == nil {
		return Result{}, errNoCapsule
	}
	r, err := t.release(ctx, proxyRelease, capsuleNamespace)
	if err != nil {
		return Result{}, err
	}
	return r.installUnlessTheirs(ctx, source, proxyValues(configuration.GetName()), t.hasProxy,
		"capsule-proxy was not installed by KubeNova and is left as it is")
}

// hasProxy says whether the target has a Deployment or a DaemonSet of capsule-proxy.
func (t *target) hasProxy(ctx context.Context) (bool, error) {
	client, err := kubernetes.NewForConfig(t.config)
	if err != nil {
		return false, fmt.Errorf("building a client: %w", err)
	}
	one := metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=capsule-proxy", Limit: 1}
	deployments, err := client.AppsV1().Deployments("").List(ctx, one)
	if err != nil {
		return false, fmt.Errorf("looking for capsule-proxy: %w", err)
	}
	daemonSets, err := client.AppsV1().DaemonSets("").List(ctx, one)
	if err != nil {
		return false, fmt.Errorf("looking for capsule-proxy: %w", err)
	}
	return len(deployments.Items)+len(daemonSets.Items) > 0, nil
}
