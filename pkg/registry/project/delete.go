package project

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/registry/store"
)

// Delete implements rest.GracefulDeleter. With the propagation policy Orphan, what
// the project has on its cluster is let go of.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	return r.Narrowed.Delete(ctx, name, store.RecordCascade(validate, options), store.WithoutPolicy(options))
}

// DeleteCollection implements rest.CollectionDeleter.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions, list *internalversion.ListOptions) (runtime.Object, error) {
	return r.Narrowed.DeleteCollection(ctx, store.RecordCascade(validate, options), store.WithoutPolicy(options), list)
}
