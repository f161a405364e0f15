package cluster

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// CredentialsResource is the resource whose encryption protects the stored
// kubeconfigs. No path serves it.
const CredentialsResource = "clustercredentials"

// credentials is the store of kubeconfigs, one for each cluster under the
// cluster's name.
type credentials struct{ store *genericregistry.Store }

func newCredentials(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter) (*credentials, error) {
	s, err := store.New(store.Resource[*v1alpha1.ClusterKubeconfig]{
		Plural: CredentialsResource, Singular: "clustercredential",
		New:      func() *v1alpha1.ClusterKubeconfig { return &v1alpha1.ClusterKubeconfig{} },
		NewList:  func() runtime.Object { return &v1alpha1.ClusterKubeconfigList{} },
		Strategy: upsertStrategy{store.NewBase(scheme, false, v1alpha1.CheckClusterName)},
	}, uncached{optsGetter})
	if err != nil {
		return nil, err
	}
	return &credentials{store: s}, nil
}

// uncached keeps decrypted credentials out of the watch cache's memory.
type uncached struct{ generic.RESTOptionsGetter }

func (u uncached) GetRESTOptions(resource schema.GroupResource, example runtime.Object) (generic.RESTOptions, error) {
	options, err := u.RESTOptionsGetter.GetRESTOptions(resource, example)
	options.Decorator = generic.UndecoratedStorage
	return options, err
}

// upsertStrategy lets one PUT create or replace credentials.
type upsertStrategy struct{ store.Base }

func (upsertStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields()
}
func (upsertStrategy) AllowCreateOnUpdate(context.Context) bool                         { return true }
func (upsertStrategy) PrepareForCreate(context.Context, runtime.Object)                 {}
func (upsertStrategy) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}
func (upsertStrategy) Validate(context.Context, runtime.Object) field.ErrorList         { return nil }
func (upsertStrategy) ValidateUpdate(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	return nil
}

// get returns the kubeconfig stored for exactly this cluster: one that was left
// behind by an earlier cluster of the same name does not count.
func (c *credentials) get(ctx context.Context, cluster *v1alpha1.Cluster) (*v1alpha1.ClusterKubeconfig, error) {
	obj, err := c.store.Get(ctx, cluster.Name, &metav1.GetOptions{})
	notStored := apierrors.NewNotFound(v1alpha1.Resource("clusters/kubeconfig"), cluster.Name)
	if apierrors.IsNotFound(err) {
		return nil, notStored
	}
	if err != nil {
		return nil, err
	}
	stored := obj.(*v1alpha1.ClusterKubeconfig)
	if stored.Spec.ClusterUID != string(cluster.UID) {
		return nil, notStored
	}
	return stored, nil
}

// Kubeconfig implements connections.Credentials.
func (c *credentials) Kubeconfig(ctx context.Context, cluster *v1alpha1.Cluster) ([]byte, error) {
	stored, err := c.get(ctx, cluster)
	if err != nil {
		return nil, err
	}
	return stored.Spec.Kubeconfig, nil
}

// put stores the kubeconfig of a cluster, over the given version of what is stored
// if one is given. One that is stored for another cluster of the same name is only
// replaced if stillThere says that this is the living one.
func (c *credentials) put(ctx context.Context, cluster *v1alpha1.Cluster, kubeconfig []byte, over string, stillThere func(context.Context) error) error {
	replace := func(ctx context.Context, _, old runtime.Object) (runtime.Object, error) {
		stored := old.(*v1alpha1.ClusterKubeconfig)
		if over != "" && over != stored.ResourceVersion {
			return nil, apierrors.NewConflict(v1alpha1.Resource("clusters/kubeconfig"), cluster.Name, errReplaced)
		}
		if stored.Spec.ClusterUID != string(cluster.UID) {
			if err := stillThere(ctx); err != nil {
				return nil, err
			}
		}
		wanted := stored.DeepCopy()
		wanted.Name = cluster.Name
		wanted.Spec = v1alpha1.ClusterKubeconfigSpec{Kubeconfig: kubeconfig, ClusterUID: string(cluster.UID)}
		return wanted, nil
	}
	_, _, err := c.store.Update(store.InternalRequest(ctx, "update", CredentialsResource), cluster.Name,
		rest.DefaultUpdatedObjectInfo(nil, replace), rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, true, &metav1.UpdateOptions{})
	return err
}

// afterClusterDelete removes the credentials of a cluster that is gone. What a
// crash leaves behind is never used again: get checks the cluster's uid.
func (c *credentials) afterClusterDelete(obj runtime.Object, options *metav1.DeleteOptions) {
	if options != nil && len(options.DryRun) > 0 {
		return
	}
	cluster := obj.(*v1alpha1.Cluster)
	ctx, cancel := context.WithTimeout(context.Background(), deleteTimeout)
	defer cancel()
	ctx = store.InternalRequest(genericapirequest.WithNamespace(ctx, metav1.NamespaceNone), "delete", CredentialsResource)
	_, _, err := c.store.Delete(ctx, cluster.Name, onlyOf(cluster), &metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		klog.ErrorS(err, "Removing the credentials of a deleted cluster", "cluster", klog.KObj(cluster))
	}
}

// onlyOf keeps the credentials of a newer cluster of the same name.
func onlyOf(cluster *v1alpha1.Cluster) rest.ValidateObjectFunc {
	return func(_ context.Context, obj runtime.Object) error {
		if stored, ok := obj.(*v1alpha1.ClusterKubeconfig); !ok || stored.Spec.ClusterUID != string(cluster.UID) {
			return apierrors.NewConflict(v1alpha1.Resource(CredentialsResource), cluster.Name, store.ErrRecreated)
		}
		return nil
	}
}

// errReplaced is about a write that was made of credentials that are there no more.
var errReplaced = errors.New("the credentials were replaced in between")

const deleteTimeout = 10 * time.Second
