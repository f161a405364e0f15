package access

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
)

// Revoke ends a grant on its cluster: its token, and whatever its ServiceAccount
// has that no other grant of it needs. others lists those from the API itself; it
// is asked after the ServiceAccount was read, so that one which a new grant takes
// up meanwhile is seen to have changed, and is kept.
func Revoke(ctx context.Context, c *connections.Connection, tenant string, grant *v1alpha1.AccessGrant, others func(context.Context) ([]v1alpha1.AccessGrant, error)) error {
	if err := remove(ctx, c, secret(grant), metav1.DeleteOptions{}); err != nil {
		return err
	}
	account := serviceAccount(grant)
	live, err := at(c, account).Get(ctx, account.GetName(), metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the ServiceAccount: %w", err)
	}
	left, err := others(ctx)
	if err != nil {
		return err
	}
	for _, right := range unneeded(tenant, grant, left) {
		if err := remove(ctx, c, right, metav1.DeleteOptions{}); err != nil {
			return err
		}
	}
	if len(left) > 0 || live == nil {
		return nil
	}
	version := live.GetResourceVersion()
	return remove(ctx, c, account, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: &version}})
}

// unneeded lists the bindings of a grant that none of the others has. Roles stay:
// they give nothing to anyone, and other ServiceAccounts share them.
func unneeded(tenant string, grant *v1alpha1.AccessGrant, others []v1alpha1.AccessGrant) []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for _, right := range rights(tenant, grant) {
		needed := right.GetKind() == "Role" || right.GetKind() == "ClusterRole" || slices.ContainsFunc(others, func(other v1alpha1.AccessGrant) bool {
			return slices.ContainsFunc(rights(tenant, &other), func(o *unstructured.Unstructured) bool {
				return o.GetKind() == right.GetKind() && o.GetNamespace() == right.GetNamespace() && o.GetName() == right.GetName()
			})
		})
		if !needed {
			out = append(out, right)
		}
	}
	return out
}

func remove(ctx context.Context, c *connections.Connection, o *unstructured.Unstructured, options metav1.DeleteOptions) error {
	err := at(c, o).Delete(ctx, o.GetName(), options)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting the %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	return nil
}
