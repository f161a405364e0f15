package main

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	hostNamespace   = "kubenova-system"
	targetNamespace = "kubenova-target"
	targetAccount   = "kubenova"
	targetIdentity  = "system:serviceaccount:" + targetNamespace + ":" + targetAccount
	adminAccount    = "admin"
	// accessNamespace holds the ServiceAccounts whose tokens KubeNova hands out.
	accessNamespace = "kubenova-access"
)

// installIdentities creates the namespaces, the administrator and the identity
// that KubeNova has on its targets; this cluster is a target too.
func (c *cluster) installIdentities(ctx context.Context) error {
	objects := []*unstructured.Unstructured{
		namespace(capsuleNamespace), namespace(velaNamespace),
		namespace(hostNamespace), namespace(targetNamespace), namespace(accessNamespace),
		serviceAccount(hostNamespace, adminAccount), clusterAdmin(hostNamespace, adminAccount),
		serviceAccount(targetNamespace, targetAccount), clusterAdmin(targetNamespace, targetAccount),
	}
	return c.kube.apply(ctx, objects...)
}

func namespace(name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name},
	}}
}

func serviceAccount(namespace, name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": name, "namespace": namespace},
	}}
}

func clusterAdmin(accountNamespace, account string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1",
		"kind":       "ClusterRoleBinding",
		"metadata":   map[string]any{"name": accountNamespace + ":" + account},
		"roleRef":    map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
		"subjects":   []any{map[string]any{"kind": "ServiceAccount", "namespace": accountNamespace, "name": account}},
	}}
}
