package store

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
)

// GetCached reads what seldom changes without asking etcd, unless it is missing.
func GetCached(ctx context.Context, from rest.Getter, name string) (runtime.Object, error) {
	obj, err := from.Get(ctx, name, &metav1.GetOptions{ResourceVersion: "0"})
	if apierrors.IsNotFound(err) {
		return from.Get(ctx, name, &metav1.GetOptions{})
	}
	return obj, err
}
