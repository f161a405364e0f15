package clusters

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/kubevela"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

// Kind is a kind of object that KubeNova keeps on clusters.
type Kind string

// Kinds that are kept, by the name of their kind on the cluster.
const (
	Namespace     Kind = "Namespace"
	Role          Kind = "Role"
	RoleBinding   Kind = "RoleBinding"
	ClusterRole   Kind = "ClusterRole"
	CapsuleTenant Kind = "Tenant"
	TenantOwner   Kind = "TenantOwner"
	Application   Kind = "Application"
	NetworkPolicy Kind = "NetworkPolicy"
)

// Pod is watched as well: of the pods of apps, what tells whether they are well.
const Pod Kind = "Pod"

// Kinds that are only read: they change with every pod, and no watch is worth that.
const (
	GlobalResourceQuota Kind = "GlobalResourceQuota"
	Secret              Kind = "Secret"
	ServiceAccount      Kind = "ServiceAccount"
	ComponentDefinition Kind = "ComponentDefinition"
	TraitDefinition     Kind = "TraitDefinition"
	ConfigMap           Kind = "ConfigMap"
)

// kinds is every kind that is kept, each of which is watched where its API is served.
func kinds() []Kind {
	return []Kind{Namespace, Role, RoleBinding, ClusterRole, CapsuleTenant, TenantOwner, Application, NetworkPolicy, Pod}
}

// resource is the API of a kind.
func (k Kind) resource() schema.GroupVersionResource {
	rbac := schema.GroupVersion{Group: "rbac.authorization.k8s.io", Version: "v1"}
	switch k {
	case Namespace:
		return schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	case Pod:
		return schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	case Secret:
		return schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	case ServiceAccount:
		return schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	case Role:
		return rbac.WithResource("roles")
	case RoleBinding:
		return rbac.WithResource("rolebindings")
	case ClusterRole:
		return rbac.WithResource("clusterroles")
	case CapsuleTenant:
		return capsule.GroupVersion().WithResource("tenants")
	case TenantOwner:
		return capsule.GroupVersion().WithResource("tenantowners")
	case GlobalResourceQuota:
		return capsule.GroupVersion().WithResource("globalresourcequotas")
	case ConfigMap:
		return schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	case ComponentDefinition:
		return kubevela.ComponentDefinition("").Resource()
	case TraitDefinition:
		return kubevela.TraitDefinition("").Resource()
	case Application:
		return kubevela.GroupVersion().WithResource("applications")
	case NetworkPolicy:
		return schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}
	}
	panic(fmt.Sprintf("unknown kind %q", k))
}

// selector limits the watch to what can concern KubeNova. Namespaces are
// selected by Capsule's label, which tenants cannot remove.
func (k Kind) selector() string {
	switch k {
	case Namespace:
		return capsule.LabelTenant
	case ClusterRole:
		return targetrbac.LabelRole
	case Pod:
		return kubevela.LabelComponent
	}
	return v1alpha1.LabelTenant
}
