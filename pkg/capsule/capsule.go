// Package capsule translates tenants and projects to what Capsule 0.14 needs on
// a cluster. Its functions are pure: they return objects for server-side apply
// that hold only the fields that KubeNova owns.
package capsule

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// GroupName is Capsule's API group.
	GroupName = "capsule.clastix.io"
	// LabelTenant is the label by which Capsule knows the tenant of a namespace.
	LabelTenant = "capsule.clastix.io/tenant"
	// labelPodSecurity makes the cluster refuse pods beyond a level.
	labelPodSecurity = "pod-security.kubernetes.io/enforce"
)

// GroupVersion is the version of Capsule's API that KubeNova speaks.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: GroupName, Version: "v1beta2"}
}

// TenantFor returns the Capsule Tenant of a tenant: its name, its labels but for
// those that others own, and its owners.
func TenantFor(t *v1alpha1.Tenant) *unstructured.Unstructured {
	labels := userLabels(t.Labels)
	labels[v1alpha1.LabelTenant] = t.Name
	if uid := t.Labels[v1alpha1.LabelCluster]; uid != "" {
		labels[v1alpha1.LabelCluster] = uid
	}
	owners := make([]any, 0, len(t.Spec.Owners))
	for _, owner := range t.Spec.Owners {
		owners = append(owners, map[string]any{"kind": string(kindOf(owner)), "name": owner.Name})
	}
	return object(GroupVersion().WithKind("Tenant"), t.Name, labels, map[string]any{"owners": owners})
}

// OwnersFor returns a Capsule TenantOwner for each owner of a tenant. They make
// the owners Capsule users: an owner that is not one can neither create
// namespaces nor see the tenant's alone.
func OwnersFor(t *v1alpha1.Tenant) []*unstructured.Unstructured {
	out := make([]*unstructured.Unstructured, 0, len(t.Spec.Owners))
	for _, owner := range t.Spec.Owners {
		kind := string(kindOf(owner))
		sum := sha256.Sum256([]byte(kind + "/" + owner.Name))
		name := "kubenova-" + t.Name + "-" + hex.EncodeToString(sum[:8])
		labels := map[string]string{v1alpha1.LabelTenant: t.Name}
		spec := map[string]any{"kind": kind, "name": owner.Name, "aggregate": true}
		out = append(out, object(GroupVersion().WithKind("TenantOwner"), name, labels, spec))
	}
	return out
}

// NamespaceFor returns the namespace of a project on its tenant's cluster.
// Capsule's admission gives it to the tenant that the label names.
func NamespaceFor(tenant, project string) *unstructured.Unstructured {
	return object(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"},
		v1alpha1.TargetNamespace(tenant, project),
		map[string]string{
			v1alpha1.LabelTenant:  tenant,
			v1alpha1.LabelProject: project,
			LabelTenant:           tenant,
			labelPodSecurity:      "baseline",
		}, nil)
}

// OwnedBy says whether Capsule has given a namespace to a tenant. Owners can
// change labels on their namespaces, but not this.
func OwnedBy(namespace *unstructured.Unstructured, tenant string) bool {
	for _, ref := range namespace.GetOwnerReferences() {
		group, _, _ := strings.Cut(ref.APIVersion, "/")
		if group == GroupName && ref.Kind == "Tenant" && ref.Name == tenant {
			return true
		}
	}
	return false
}

// userLabels drops the labels that Capsule or KubeNova set themselves.
func userLabels(labels map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, labels)
	maps.DeleteFunc(out, func(key, _ string) bool {
		domain, _, _ := strings.Cut(key, "/")
		return strings.HasPrefix(key, "kubenova.") || domain == "kubernetes.io" ||
			domain == GroupName || domain == "projectcapsule.dev"
	})
	return out
}

func kindOf(s v1alpha1.Subject) v1alpha1.SubjectKind {
	if s.Kind == "" {
		return v1alpha1.SubjectUser
	}
	return s.Kind
}

func object(kind schema.GroupVersionKind, name string, labels map[string]string, spec map[string]any) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetGroupVersionKind(kind)
	out.SetName(name)
	out.SetLabels(labels)
	if spec != nil {
		out.Object["spec"] = spec
	}
	return out
}
