// Package capsule translates tenants and projects to what Capsule 0.14 needs on
// a cluster. Its functions are pure: they return objects for server-side apply
// that hold only the fields that KubeNova owns.
package capsule

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

const (
	// GroupName is Capsule's API group.
	GroupName = "capsule.clastix.io"
	// LabelTenant is the label by which Capsule knows the tenant of a namespace.
	LabelTenant = "capsule.clastix.io/tenant"
	// AnnotationQuotas tells people on the cluster which quotas hold, as JSON.
	AnnotationQuotas = "kubenova.io/quotas"
	// LabelOwns marks a TenantOwner, which is not among spec.owners, with the tenant
	// that it owns.
	LabelOwns = "kubenova.io/owns"
	// labelPodSecurity makes the cluster refuse pods beyond a level.
	labelPodSecurity = "pod-security.kubernetes.io/enforce"
	podSecurity      = "baseline"
)

// GroupVersion is the version of Capsule's API that KubeNova speaks.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: GroupName, Version: "v1beta2"}
}

// TenantFor returns the Capsule Tenant of a tenant: its labels but for those
// that others own, its owners, and what bounds it. The quotas are those that are
// to hold, as EffectiveQuotas or AtLeast return them.
func TenantFor(t *v1alpha1.Tenant, quotas v1alpha1.ResourceAmounts) *unstructured.Unstructured {
	labels := userMetadata(t.Labels)
	labels[v1alpha1.LabelTenant] = t.Name
	if uid := t.Labels[v1alpha1.LabelCluster]; uid != "" {
		labels[v1alpha1.LabelCluster] = uid
	}
	owners := make([]any, 0, len(t.Spec.Owners))
	for _, owner := range t.Spec.Owners {
		owners = append(owners, map[string]any{
			"kind": string(kindOf(owner)), "name": owner.Name, "clusterRoles": []any{targetrbac.OwnerClusterRole},
		})
	}
	out := object(GroupVersion().WithKind("Tenant"), t.Name, labels, map[string]any{
		"owners":           owners,
		"rules":            quotaRules(quotas),
		"limitRanges":      map[string]any{"items": limitRangesFor(t, quotas)},
		"networkPolicies":  map[string]any{"items": networkPoliciesFor(t)},
		"namespaceOptions": namespaceOptions(t.Name),
		// The TenantOwners of kubeconfigs that are issued to owners.
		"permissions":     map[string]any{"matchOwners": []any{map[string]any{"matchLabels": map[string]any{LabelOwns: t.Name}}}},
		"cordoned":        t.Spec.Cordoned,
		"preventDeletion": t.Spec.PreventDeletion,
	})
	out.SetAnnotations(map[string]string{AnnotationQuotas: quotasText(quotas)})
	return out
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
		spec := map[string]any{"kind": kind, "name": owner.Name, "aggregate": true, "clusterRoles": []any{targetrbac.OwnerClusterRole}}
		out = append(out, object(GroupVersion().WithKind("TenantOwner"), name, labels, spec))
	}
	return out
}

// NamespaceFor returns the namespace of a project on its tenant's cluster, with
// the project's labels and annotations but for those that others own. Capsule's
// admission gives it to the tenant that the label names.
func NamespaceFor(tenant string, project *v1alpha1.Project) *unstructured.Unstructured {
	labels := userMetadata(project.Labels)
	labels[v1alpha1.LabelTenant] = tenant
	labels[v1alpha1.LabelProject] = project.Name
	labels[LabelTenant] = tenant
	labels[labelPodSecurity] = podSecurity
	out := object(schema.GroupVersionKind{Version: "v1", Kind: "Namespace"},
		v1alpha1.TargetNamespace(tenant, project.Name), labels, nil)
	if annotations := userMetadata(project.Annotations); len(annotations) > 0 {
		out.SetAnnotations(annotations)
	}
	return out
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

// userMetadata drops the labels or annotations that KubeNova, Capsule, KubeVela
// or Kubernetes read: on a cluster they would mean more than their writer may.
func userMetadata(metadata map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, metadata)
	maps.DeleteFunc(out, func(key, _ string) bool {
		domain, _, qualified := strings.Cut(key, "/")
		return strings.HasPrefix(key, "kubenova.") || qualified && slices.ContainsFunc(reservedDomains(), func(reserved string) bool {
			return domain == reserved || strings.HasSuffix(domain, "."+reserved)
		})
	})
	return out
}

func reservedDomains() []string {
	return []string{"kubernetes.io", "k8s.io", "kubenova.io", "clastix.io", "projectcapsule.dev", "oam.dev"}
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
