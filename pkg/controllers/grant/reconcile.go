package grant

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// Reconciler ends grants that do not hold any more.
type Reconciler struct {
	Client      client.Client
	Live        client.Reader
	Placement   base.Placement
	Connections *connections.Pool
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var grant v1alpha1.AccessGrant
	if err := r.Client.Get(ctx, request.NamespacedName, &grant); apierrors.IsNotFound(err) {
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the grant %s: %w", request, err)
	}
	tenant, _, ok := v1alpha1.SplitNamespace(grant.Namespace)
	if !ok {
		return reconcile.Result{}, reconcile.TerminalError(fmt.Errorf("the grant %s is in a namespace of no tenant", request))
	}
	if grant.DeletionTimestamp != nil {
		err := r.revoke(ctx, tenant, &grant)
		if apierrors.IsServiceUnavailable(err) {
			// The record of a tenant that is let go of stands for its grants too.
			err = r.recorded(ctx, tenant, err)
		}
		if err != nil {
			return outcome(err)
		}
		return reconcile.Result{}, base.Release(ctx, r.Client, &grant)
	}
	left := time.Until(grant.Spec.ExpiresAt.Time)
	why := "expired"
	if left > 0 {
		var err error
		if why, err = r.ended(ctx, tenant, &grant); err != nil {
			return reconcile.Result{}, err
		}
	}
	if why != "" {
		ctrl.LoggerFrom(ctx).Info("Revoking a grant", "subject", grant.Spec.Subject, "why", why)
		return reconcile.Result{}, client.IgnoreNotFound(r.Client.Delete(ctx, &grant, client.Preconditions{UID: &grant.UID}))
	}
	if err := r.repair(ctx, tenant, &grant); err != nil {
		result, err := outcome(err)
		result.RequeueAfter = min(result.RequeueAfter, left)
		return result, err
	}
	return reconcile.Result{RequeueAfter: left + time.Second}, nil
}

// outcome waits for a cluster that is away, and tries again what failed.
func outcome(err error) (reconcile.Result, error) {
	if apierrors.IsServiceUnavailable(err) {
		return reconcile.Result{RequeueAfter: base.Recheck}, nil
	}
	return reconcile.Result{}, err
}

// ended says why a grant does not hold any more, or nothing. What the cache says
// is made sure of, since the grant may be younger than the cache.
func (r *Reconciler) ended(ctx context.Context, tenant string, grant *v1alpha1.AccessGrant) (string, error) {
	why, err := endedBy(ctx, r.Client, tenant, grant)
	if err != nil || why == "" {
		return "", err
	}
	return endedBy(ctx, r.Live, tenant, grant)
}

func endedBy(ctx context.Context, from client.Reader, name string, grant *v1alpha1.AccessGrant) (string, error) {
	var tenant v1alpha1.Tenant
	if err := from.Get(ctx, client.ObjectKey{Name: name}, &tenant); apierrors.IsNotFound(err) {
		return "the tenant is gone", nil
	} else if err != nil {
		return "", fmt.Errorf("reading the tenant %s: %w", name, err)
	}
	var projects v1alpha1.ProjectList
	if err := from.List(ctx, &projects, client.InNamespace(grant.Namespace)); err != nil {
		return "", fmt.Errorf("listing the projects of tenant %s: %w", name, err)
	}
	for _, project := range grant.Spec.Projects {
		living := slices.ContainsFunc(projects.Items, func(p v1alpha1.Project) bool {
			return p.Name == project && p.DeletionTimestamp == nil
		})
		if !living {
			return "its project " + project + " is gone", nil
		}
	}
	if grant.Spec.ByMembership && !access.Holds(grant.Spec, &tenant, projects.Items) {
		return "the subject has the role no more", nil
	}
	return "", nil
}

func (r *Reconciler) repair(ctx context.Context, tenant string, grant *v1alpha1.AccessGrant) error {
	connection, err := r.connect(ctx, tenant)
	if err != nil || connection == nil {
		return err
	}
	return access.Repair(ctx, connection, tenant, grant)
}

func (r *Reconciler) revoke(ctx context.Context, tenant string, grant *v1alpha1.AccessGrant) error {
	connection, err := r.connect(ctx, tenant)
	if err != nil || connection == nil {
		return err
	}
	others := func(ctx context.Context) ([]v1alpha1.AccessGrant, error) { return r.others(ctx, grant) }
	return access.Revoke(ctx, connection, tenant, grant, others)
}

// recorded returns nil if it is written down that all of the tenant's grants are
// to be revoked when its cluster is back, and the error otherwise.
func (r *Reconciler) recorded(ctx context.Context, name string, away error) error {
	var tenant v1alpha1.Tenant
	orphaned, err := base.IsOrphaned(ctx, r.Live, client.ObjectKey{Name: name}, &tenant)
	if err != nil {
		return err
	}
	if !orphaned {
		return away
	}
	err = r.Live.Get(ctx, client.ObjectKey{Name: string(tenant.UID)}, &v1alpha1.OrphanRecord{})
	if apierrors.IsNotFound(err) {
		return away
	}
	return err
}

// connect returns the connection to a tenant's cluster; none when there is no
// such cluster any more.
func (r *Reconciler) connect(ctx context.Context, tenant string) (*connections.Connection, error) {
	cluster, err := r.Placement.Home(ctx, tenant)
	if err != nil || cluster == nil {
		return nil, err
	}
	return r.Connections.Get(ctx, cluster)
}

// others lists the living grants of the same ServiceAccount, from the API.
func (r *Reconciler) others(ctx context.Context, grant *v1alpha1.AccessGrant) ([]v1alpha1.AccessGrant, error) {
	var grants v1alpha1.AccessGrantList
	if err := r.Live.List(ctx, &grants, client.InNamespace(grant.Namespace)); err != nil {
		return nil, fmt.Errorf("listing grants: %w", err)
	}
	return slices.DeleteFunc(grants.Items, func(other v1alpha1.AccessGrant) bool {
		return other.UID == grant.UID || other.DeletionTimestamp != nil || other.Spec.ServiceAccount != grant.Spec.ServiceAccount
	}), nil
}
