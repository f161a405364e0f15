package cluster

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/kubeconfig"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// KubeconfigREST serves clusters/kubeconfig: POST replaces the credentials of a
// cluster, GET reads them and is meant for controllers alone.
type KubeconfigREST struct {
	clusters    *genericregistry.Store
	credentials *credentials
}

var (
	_ rest.NamedCreater = &KubeconfigREST{}
	_ rest.Getter       = &KubeconfigREST{}
)

func newKubeconfigREST(main *genericregistry.Store, s strategy, c *credentials) *KubeconfigREST {
	clusters := *main
	clusters.UpdateStrategy = credentialsStrategy{s}
	return &KubeconfigREST{clusters: &clusters, credentials: c}
}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements
// rest.SubresourceObjectMetaPreserver: a uid in the body is a precondition.
func (*KubeconfigREST) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// New implements rest.Storage.
func (*KubeconfigREST) New() runtime.Object { return &v1alpha1.ClusterKubeconfig{} }

// Destroy implements rest.Storage. The credentials' store is this path's own.
func (r *KubeconfigREST) Destroy() { r.credentials.store.Destroy() }

// Get returns the stored credentials.
func (r *KubeconfigREST) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
	cluster, err := r.cluster(ctx, name)
	if err != nil {
		return nil, err
	}
	return r.credentials.get(ctx, cluster)
}

// Create replaces the credentials. The answer does not repeat them.
func (r *KubeconfigREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.ClusterKubeconfig)
	if err := store.NameFromPath(request, name); err != nil {
		return nil, err
	}
	sanitized, errs := kubeconfig.Sanitize(request.Spec.Kubeconfig)
	if len(errs) > 0 {
		return nil, apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("ClusterKubeconfig").GroupKind(), name, prefixed(errs))
	}
	answer := &v1alpha1.ClusterKubeconfig{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if validate != nil {
		// Validating plugins see who writes to which cluster, not the credentials.
		if err := validate(ctx, answer.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	cluster, err := r.cluster(ctx, name)
	if err != nil {
		return nil, err
	}
	if request.UID != "" && request.UID != cluster.UID {
		return nil, apierrors.NewConflict(v1alpha1.Resource("clusters"), name, store.ErrRecreated)
	}
	answer.Spec.ClusterUID = string(cluster.UID)
	if len(options.DryRun) > 0 {
		return answer, nil
	}
	// The credentials go first: if the count is not raised, the caller sees an
	// error and writes again.
	stillThere := func(ctx context.Context) error { return r.sameCluster(ctx, cluster) }
	if err := r.credentials.put(ctx, cluster, sanitized, request.ResourceVersion, stillThere); err != nil {
		return nil, err
	}
	if err := r.countWrite(ctx, cluster); err != nil {
		return nil, err
	}
	return answer, nil
}

func (r *KubeconfigREST) cluster(ctx context.Context, name string) (*v1alpha1.Cluster, error) {
	obj, err := r.clusters.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return obj.(*v1alpha1.Cluster), nil
}

// sameCluster fails when a cluster is gone or another one has taken its name.
func (r *KubeconfigREST) sameCluster(ctx context.Context, cluster *v1alpha1.Cluster) error {
	current, err := r.cluster(ctx, cluster.Name)
	if err == nil && current.UID != cluster.UID {
		err = apierrors.NewConflict(v1alpha1.Resource("clusters"), cluster.Name, store.ErrRecreated)
	}
	return err
}

func (r *KubeconfigREST) countWrite(ctx context.Context, cluster *v1alpha1.Cluster) error {
	increment := rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		updated := old.DeepCopyObject().(*v1alpha1.Cluster)
		if updated.UID != cluster.UID {
			return nil, apierrors.NewConflict(v1alpha1.Resource("clusters"), cluster.Name, store.ErrRecreated)
		}
		updated.Spec.CredentialsRevision++
		return updated, nil
	})
	return store.UpdateInternally(ctx, r.clusters, cluster.Name, "clusters", increment)
}

// prefixed puts the field paths of a kubeconfig under the field that carries it.
func prefixed(errs field.ErrorList) field.ErrorList {
	for _, err := range errs {
		err.Field = "spec." + err.Field
	}
	return errs
}
