package cluster

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// BootstrapREST serves clusters/bootstrap: POST asks for a component to be
// installed or repaired. The request is kept in the cluster's spec.
type BootstrapREST struct {
	clusters *genericregistry.Store
	clock    clock.PassiveClock
}

var _ rest.NamedCreater = &BootstrapREST{}

func newBootstrapREST(main *genericregistry.Store, clock clock.PassiveClock) *BootstrapREST {
	return &BootstrapREST{clusters: main, clock: clock}
}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements
// rest.SubresourceObjectMetaPreserver: a uid in the body is a precondition.
func (*BootstrapREST) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// New implements rest.Storage.
func (*BootstrapREST) New() runtime.Object { return &v1alpha1.ClusterBootstrap{} }

// Destroy implements rest.Storage: the main path owns the underlying store.
func (*BootstrapREST) Destroy() {}

// Create records the request.
func (r *BootstrapREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.ClusterBootstrap)
	if err := store.NameFromPath(request, name); err != nil {
		return nil, err
	}
	if errs := validateBootstrap(request); len(errs) > 0 {
		return nil, apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("ClusterBootstrap").GroupKind(), name, errs)
	}
	if validate != nil {
		if err := validate(ctx, request.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	add := rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		cluster := old.DeepCopyObject().(*v1alpha1.Cluster)
		if request.UID != "" && request.UID != cluster.UID {
			return nil, apierrors.NewConflict(v1alpha1.Resource("clusters"), name, store.ErrRecreated)
		}
		now := metav1.NewTime(r.clock.Now()).Rfc3339Copy()
		cluster.Spec.Components = withRequest(cluster.Spec.Components, request.Spec.Component, &now)
		return cluster, nil
	})
	if err := store.UpdateInternally(ctx, r.clusters, name, "clusters", add, options.DryRun...); err != nil {
		return nil, err
	}
	return request, nil
}

// withRequest returns components with one of them asked for at a time.
func withRequest(components []v1alpha1.ClusterComponent, name v1alpha1.ComponentName, at *metav1.Time) []v1alpha1.ClusterComponent {
	for i := range components {
		if components[i].Name == name {
			components[i].RequestedAt = at
			return components
		}
	}
	return append(components, v1alpha1.ClusterComponent{Name: name, RequestedAt: at})
}

func validateBootstrap(request *v1alpha1.ClusterBootstrap) field.ErrorList {
	at := field.NewPath("spec", "component")
	known := v1alpha1.ComponentNames()
	for _, component := range known {
		if request.Spec.Component == component {
			return nil
		}
	}
	if request.Spec.Component == "" {
		return field.ErrorList{field.Required(at, "")}
	}
	return field.ErrorList{field.NotSupported(at, request.Spec.Component, known)}
}
