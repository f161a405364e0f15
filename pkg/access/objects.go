package access

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

// namespaceObject is that of the grants. No pod is to run in it.
func namespaceObject() *unstructured.Unstructured {
	out := object("v1", "Namespace", "", Namespace)
	labels := out.GetLabels()
	labels["pod-security.kubernetes.io/enforce"] = "restricted"
	out.SetLabels(labels)
	return out
}

// serviceAccount of a grant.
func serviceAccount(grant *v1alpha1.AccessGrant) *unstructured.Unstructured {
	out := ofTenant(object("v1", "ServiceAccount", Namespace, grant.Spec.ServiceAccount), grant)
	out.SetAnnotations(map[string]string{annotationSubject: grant.Spec.Subject, annotationGrant: string(grant.UID)})
	out.Object["automountServiceAccountToken"] = false
	return out
}

// secret is what a grant's token is bound to. It holds nothing. Its name is the
// grant's uid: names of grants may come again in another tenant.
func secret(grant *v1alpha1.AccessGrant) *unstructured.Unstructured {
	out := ofTenant(object("v1", "Secret", Namespace, string(grant.UID)), grant)
	out.Object["type"] = "kubenova.io/grant"
	out.SetAnnotations(map[string]string{annotationSubject: grant.Spec.Subject, annotationGrant: grant.Namespace + "/" + grant.Name})
	return out
}

// ofTenant labels an object, by which it is found when the grant itself is gone.
func ofTenant(o *unstructured.Unstructured, grant *v1alpha1.AccessGrant) *unstructured.Unstructured {
	labels := o.GetLabels()
	labels[v1alpha1.LabelTenant], _, _ = v1alpha1.SplitNamespace(grant.Namespace)
	o.SetLabels(labels)
	return o
}

// rights are what a grant's ServiceAccount is allowed: to own the tenant, or a
// role in the namespaces of projects.
func rights(tenant string, grant *v1alpha1.AccessGrant) []*unstructured.Unstructured {
	if OwnsTenant(grant.Spec) {
		return []*unstructured.Unstructured{targetrbac.OwnerRole(), tenantOwner(tenant, grant.Spec.ServiceAccount)}
	}
	var out []*unstructured.Unstructured
	for _, project := range grant.Spec.Projects {
		out = append(out, rightsIn(tenant, project, grant.Spec)...)
	}
	return out
}

func tenantOwner(tenant, serviceAccount string) *unstructured.Unstructured {
	out := object(capsule.GroupVersion().String(), "TenantOwner", "", BindingName(serviceAccount))
	labels := out.GetLabels()
	labels[capsule.LabelOwns] = tenant
	out.SetLabels(labels)
	out.Object["spec"] = map[string]any{
		"kind": "ServiceAccount", "name": userOf(serviceAccount), "aggregate": true,
		"clusterRoles": []any{targetrbac.OwnerClusterRole},
	}
	return out
}

// rightsIn are the Role and the RoleBinding in one project. They are apart from
// those of the project's members, which come and go with the members.
func rightsIn(tenant, project string, spec v1alpha1.AccessGrantSpec) []*unstructured.Unstructured {
	holder := &v1alpha1.Project{}
	holder.Name = project
	holder.Spec.Access = []v1alpha1.ProjectMember{
		{Kind: v1alpha1.SubjectServiceAccount, Name: userOf(spec.ServiceAccount), Role: spec.Role},
	}
	out := targetrbac.For(tenant, holder, spec.Role)
	role := namePrefix + targetrbac.Name(spec.Role)
	for _, o := range out {
		o.SetLabels(map[string]string{labelManagedBy: managedBy})
		if o.GetKind() == "Role" {
			o.SetName(role)
			continue
		}
		o.SetName(BindingName(spec.ServiceAccount))
		o.Object["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role}
	}
	return out
}

func object(apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetAPIVersion(apiVersion)
	out.SetKind(kind)
	out.SetNamespace(namespace)
	out.SetName(name)
	out.SetLabels(map[string]string{labelManagedBy: managedBy})
	return out
}

// resourceOf is the API of the kinds above.
func resourceOf(o *unstructured.Unstructured) schema.GroupVersionResource {
	plural := map[string]string{
		"Namespace": "namespaces", "ServiceAccount": "serviceaccounts", "Secret": "secrets",
		"Role": "roles", "RoleBinding": "rolebindings", "ClusterRole": "clusterroles", "TenantOwner": "tenantowners",
	}
	return o.GroupVersionKind().GroupVersion().WithResource(plural[o.GetKind()])
}
