package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/catalog"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// Reconciler makes the API hold what the files say.
type Reconciler struct {
	Client client.Client
	Files  interface {
		Current() (*catalog.Catalog, error)
	}
	offers *offers
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	wanted, _ := r.Files.Current() // what is wrong with the files has been logged
	if wanted == nil {
		return reconcile.Result{}, nil
	}
	return reconcile.Result{}, errors.Join(
		r.policySets(ctx, wanted.PolicySets),
		r.plans(ctx, wanted.Plans),
		r.items(ctx, wanted.Items),
	)
}

func (r *Reconciler) policySets(ctx context.Context, wanted []v1alpha1.CatalogPolicySet) error {
	var have v1alpha1.CatalogPolicySetList
	if err := r.Client.List(ctx, &have); err != nil {
		return fmt.Errorf("listing the policy sets of the catalog: %w", err)
	}
	return sync(ctx, r.Client, kind[v1alpha1.CatalogPolicySet, *v1alpha1.CatalogPolicySet]{
		spec: func(o *v1alpha1.CatalogPolicySet) any { return o.Spec },
		set: func(into, from *v1alpha1.CatalogPolicySet) error {
			into.Spec = from.Spec
			return nil
		},
		gone: func(*v1alpha1.CatalogPolicySet) (bool, error) { return true, nil },
	}, have.Items, wanted)
}

func (r *Reconciler) plans(ctx context.Context, wanted []v1alpha1.Plan) error {
	var have v1alpha1.PlanList
	if err := r.Client.List(ctx, &have); err != nil {
		return fmt.Errorf("listing the plans: %w", err)
	}
	return sync(ctx, r.Client, kind[v1alpha1.Plan, *v1alpha1.Plan]{
		// Of what the files do not say: whether its rollout was stopped, and what it was.
		spec: func(o *v1alpha1.Plan) any {
			spec := o.Spec
			spec.Rollout.Stopped, spec.Revisions = false, nil
			return []any{spec, o.At(spec.Revision)}
		},
		set:  func(into, from *v1alpha1.Plan) error { return r.revise(ctx, into, from) },
		gone: func(p *v1alpha1.Plan) (bool, error) { return r.retirePlan(ctx, p) },
	}, have.Items, wanted)
}

func (r *Reconciler) items(ctx context.Context, wanted []v1alpha1.CatalogItem) error {
	var have v1alpha1.CatalogItemList
	if err := r.Client.List(ctx, &have); err != nil {
		return fmt.Errorf("listing the items of the catalog: %w", err)
	}
	var clusters v1alpha1.ClusterList
	if err := r.Client.List(ctx, &clusters); err != nil {
		return fmt.Errorf("listing the clusters: %w", err)
	}
	registered := make([]string, 0, len(clusters.Items))
	for i := range clusters.Items {
		registered = append(registered, clusters.Items[i].Name)
	}
	wanted = r.offers.complete(wanted, have.Items, registered)
	return sync(ctx, r.Client, kind[v1alpha1.CatalogItem, *v1alpha1.CatalogItem]{
		spec: func(o *v1alpha1.CatalogItem) any { return o.Spec },
		set: func(into, from *v1alpha1.CatalogItem) error {
			into.Spec = from.Spec
			return nil
		},
		gone: func(*v1alpha1.CatalogItem) (bool, error) { return true, nil },
	}, have.Items, wanted)
}

// kind says what the objects of a kind are compared by, and how they change.
type kind[T any, P interface {
	*T
	client.Object
}] struct {
	spec func(P) any
	set  func(into, from P) error
	// gone says whether an object that is no longer wanted can be deleted. It may
	// change the object instead.
	gone func(P) (bool, error)
}

// sync creates, updates and deletes what differs. The cache may lag behind: a
// conflict comes again with the next event.
func sync[T any, P interface {
	*T
	client.Object
}](ctx context.Context, c client.Client, k kind[T, P], have, wanted []T) error {
	stored := make(map[string]P, len(have))
	for i := range have {
		stored[P(&have[i]).GetName()] = &have[i]
	}
	var errs []error
	for i := range wanted {
		// Copied: what was loaded is shared.
		want := P(&wanted[i]).DeepCopyObject().(P)
		current, found := stored[want.GetName()]
		delete(stored, want.GetName())
		switch {
		case !found:
			errs = append(errs, describe(c.Create(ctx, want), "making", want))
		default:
			errs = append(errs, describe(update(ctx, c, k, current, want), "updating", want))
		}
	}
	for _, unwanted := range stored {
		deletable, err := k.gone(unwanted)
		if err == nil && deletable {
			uid, version := unwanted.GetUID(), unwanted.GetResourceVersion()
			err = client.IgnoreNotFound(c.Delete(ctx, unwanted, client.Preconditions{UID: &uid, ResourceVersion: &version}))
		}
		errs = append(errs, describe(err, "removing", unwanted))
	}
	return errors.Join(errs...)
}

func update[T any, P interface {
	*T
	client.Object
}](ctx context.Context, c client.Client, k kind[T, P], current, want P) error {
	// Compared as JSON: properties are stored in another spelling than in files.
	have, err := json.Marshal(k.spec(current))
	if err != nil {
		return err
	}
	wanted, err := json.Marshal(k.spec(want))
	if err != nil || bytes.Equal(have, wanted) {
		return err
	}
	if err := k.set(current, want); err != nil {
		return err
	}
	return c.Update(ctx, current)
}

func describe(err error, doing string, object client.Object) error {
	if err == nil || apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, base.Title(object), err)
}
