package agent

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"

	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

const (
	// Namespace on clusters of the ServiceAccounts. No tenant can have it.
	Namespace = "kubenova-system"

	labelManagedBy = "app.kubernetes.io/managed-by"
	managedBy      = "kubenova"
)

// AccountName is the name of the ServiceAccount of a registered cluster, by its uid.
func AccountName(cluster types.UID) string { return "kubenova-agent-" + string(cluster) }

// UserName is who the ServiceAccount is for its cluster.
func UserName(cluster types.UID) string {
	return "system:serviceaccount:" + Namespace + ":" + AccountName(cluster)
}

// RoleName is the name of its ClusterRole and ClusterRoleBinding.
func RoleName(cluster types.UID) string {
	return targetrbac.OwnClusterRole + ":" + string(cluster)
}

func labels() map[string]string { return map[string]string{labelManagedBy: managedBy} }

func namespace() *corev1ac.NamespaceApplyConfiguration {
	return corev1ac.Namespace(Namespace).WithLabels(labels())
}

func role(cluster types.UID) *rbacv1ac.ClusterRoleApplyConfiguration {
	out := rbacv1ac.ClusterRole(RoleName(cluster)).WithLabels(labels())
	for _, rule := range targetrbac.OwnRules() {
		out.WithRules(rbacv1ac.PolicyRule().WithAPIGroups(rule.APIGroups...).WithResources(rule.Resources...).WithVerbs(rule.Verbs...))
	}
	return out
}

func account(cluster types.UID, owner *rbacv1.ClusterRole) *corev1ac.ServiceAccountApplyConfiguration {
	return corev1ac.ServiceAccount(AccountName(cluster), Namespace).WithLabels(labels()).
		// Its token is asked for; pods have none of it.
		WithAutomountServiceAccountToken(false).
		WithOwnerReferences(ownedBy(owner))
}

func binding(cluster types.UID, owner *rbacv1.ClusterRole) *rbacv1ac.ClusterRoleBindingApplyConfiguration {
	return rbacv1ac.ClusterRoleBinding(RoleName(cluster)).WithLabels(labels()).
		WithOwnerReferences(ownedBy(owner)).
		WithRoleRef(rbacv1ac.RoleRef().WithAPIGroup(rbacv1.GroupName).WithKind("ClusterRole").WithName(RoleName(cluster))).
		WithSubjects(rbacv1ac.Subject().WithKind(rbacv1.ServiceAccountKind).WithNamespace(Namespace).WithName(AccountName(cluster)))
}

func ownedBy(owner *rbacv1.ClusterRole) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().WithAPIVersion(rbacv1.SchemeGroupVersion.String()).WithKind("ClusterRole").
		WithName(owner.Name).WithUID(owner.UID)
}

// belongsToTenant says whether a tenant of Capsule could make pods with the
// ServiceAccounts of a namespace.
func belongsToTenant(found *corev1.Namespace) bool {
	return len(found.OwnerReferences) > 0 || found.Labels[capsule.LabelTenant] != ""
}
