package base

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/hostrbac"
)

// Grant makes the access to the API what it should be: what is not wanted goes
// first. An object of such a name that KubeNova did not make is Blocked, and it is
// left alone.
func (h HostNamespaces) Grant(ctx context.Context, all []hostrbac.Access) error {
	if !h.Enabled {
		return nil
	}
	for _, access := range all {
		if !access.Wanted {
			if err := h.Revoke(ctx, access); err != nil {
				return err
			}
		}
	}
	for _, access := range all {
		if !access.Wanted {
			continue
		}
		for _, want := range access.Objects {
			if err := h.ensure(ctx, want); err != nil {
				return fmt.Errorf("giving access in the namespace %s: %w", want.GetNamespace(), err)
			}
		}
	}
	return nil
}

// Revoke takes access away, the bindings before their roles.
func (h HostNamespaces) Revoke(ctx context.Context, access hostrbac.Access) error {
	if !h.Enabled {
		return nil
	}
	for i := len(access.Objects) - 1; i >= 0; i-- {
		live := access.Objects[i].DeepCopyObject().(client.Object)
		err := h.Client.Get(ctx, client.ObjectKeyFromObject(live), live)
		if err == nil {
			uid := live.GetUID()
			err = h.Client.Delete(ctx, live, client.Preconditions{UID: &uid})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("taking away access in the namespace %s: %w", live.GetNamespace(), err)
		}
	}
	return nil
}

func (h HostNamespaces) ensure(ctx context.Context, want client.Object) error {
	live, key := want.DeepCopyObject().(client.Object), client.ObjectKeyFromObject(want)
	err := h.Client.Get(ctx, key, live)
	if apierrors.IsNotFound(err) {
		if err = h.Client.Create(ctx, want); !apierrors.IsAlreadyExists(err) {
			return err
		}
		// The cache has only what is labelled as ours, and may be behind.
		err = h.Live.Get(ctx, key, live)
	}
	switch {
	case err != nil:
		return err
	case !hasLabels(live, want.GetLabels()):
		return &Blocked{"AccessNotOurs", "The namespace " + key.Namespace + " has an object " + key.Name + " of RBAC that KubeNova did not make; remove it.", Recheck}
	}
	return h.update(ctx, live, want)
}

// update writes what differs. The role of a binding cannot be changed.
func (h HostNamespaces) update(ctx context.Context, live, want client.Object) error {
	switch live := live.(type) {
	case *rbacv1.Role:
		want := want.(*rbacv1.Role)
		if equality.Semantic.DeepEqual(live.Rules, want.Rules) {
			return nil
		}
		live.Rules = want.Rules
	case *rbacv1.RoleBinding:
		want := want.(*rbacv1.RoleBinding)
		if live.RoleRef != want.RoleRef {
			uid := live.GetUID()
			if err := h.Client.Delete(ctx, live, client.Preconditions{UID: &uid}); err != nil {
				return err
			}
			return h.Client.Create(ctx, want)
		}
		if equality.Semantic.DeepEqual(live.Subjects, want.Subjects) {
			return nil
		}
		live.Subjects = want.Subjects
	}
	return h.Client.Update(ctx, live)
}
