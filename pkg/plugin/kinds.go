package plugin

import (
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// scope is where objects of a kind live.
type scope int

const (
	inCluster scope = iota
	inTenant
	inProject
)

// kind is a kind of object that is listed, deleted and completed.
type kind struct {
	// resource of the API, and what people call its objects.
	resource, plural string
	scope            scope
	object, list     func() runtime.Object
}

func clusters() kind {
	return kind{"clusters", "clusters", inCluster, made[v1alpha1.Cluster], made[v1alpha1.ClusterList]}
}

func tenants() kind {
	return kind{"tenants", "tenants", inCluster, made[v1alpha1.Tenant], made[v1alpha1.TenantList]}
}

func plans() kind {
	return kind{"plans", "plans", inCluster, made[v1alpha1.Plan], made[v1alpha1.PlanList]}
}

func projects() kind {
	return kind{"projects", "projects", inTenant, made[v1alpha1.Project], made[v1alpha1.ProjectList]}
}

func grants() kind {
	return kind{"accessgrants", "kubeconfigs", inTenant, made[v1alpha1.AccessGrant], made[v1alpha1.AccessGrantList]}
}

func apps() kind {
	return kind{"apps", "apps", inProject, made[v1alpha1.App], made[v1alpha1.AppList]}
}

// made returns a new object of a type.
func made[T any, P interface {
	*T
	runtime.Object
}]() runtime.Object {
	return P(new(T))
}

// namespace returns where objects of the kind live; empty for everywhere.
func (s *session) namespace(k kind) (string, error) {
	switch k.scope {
	case inTenant:
		return s.tenantNamespace()
	case inProject:
		return s.projectNamespace()
	}
	return "", nil
}
