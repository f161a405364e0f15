package accessgrant

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/registry/home"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

const (
	// issueTimeout bounds the ten or so calls to the cluster.
	issueTimeout = 20 * time.Second
	undoTimeout  = 10 * time.Second
	// maxProjects and maxGroups are what a grant can hold.
	maxProjects = 256
	maxGroups   = 64
)

// Stores are what the issuer reads.
type Stores struct{ Tenants, Projects *genericregistry.Store }

// Issuer issues kubeconfigs.
type Issuer struct {
	stores     Stores
	grants     *genericregistry.Store
	homes      home.Homes
	authorizer authorizer.Authorizer
	proxy      *access.Proxy
	clock      clock.PassiveClock
}

// NewIssuer returns an issuer, whose grants are stored in grants and whose callers
// the authorizer judges. A nil proxy means that there is no default one.
func NewIssuer(stores Stores, grants *REST, homes home.Homes, authorizer authorizer.Authorizer, proxy *access.Proxy) *Issuer {
	return &Issuer{stores, grants.store, homes, authorizer, proxy, clock.RealClock{}}
}

// OfTenants serves tenants/kubeconfig.
func (i *Issuer) OfTenants() *KubeconfigREST { return &KubeconfigREST{issuer: i} }

// OfProjects serves projects/kubeconfig.
func (i *Issuer) OfProjects() *KubeconfigREST { return &KubeconfigREST{issuer: i, ofProject: true} }

// issue records the grant first: whatever comes to be on the cluster has a grant
// that it ends with. A cluster that is away has none, since nothing can come to be
// there, and what is revoked there waits for it.
func (i *Issuer) issue(ctx context.Context, w wish, dryRun bool) (*v1alpha1.AccessKubeconfigStatus, error) {
	caller, ok := genericapirequest.UserFrom(ctx)
	if !ok {
		return nil, apierrors.NewInternalError(errors.New("the request has no user"))
	}
	tenant, projects, err := i.parents(ctx, w)
	if err != nil {
		return nil, err
	}
	grant, err := i.grantFor(ctx, caller, w, tenant, projects)
	if err != nil {
		return nil, err
	}
	if dryRun {
		return &v1alpha1.AccessKubeconfigStatus{ExpiresAt: &grant.Spec.ExpiresAt, Role: grant.Spec.Role}, nil
	}
	cluster, err := i.homes.Cluster(ctx, tenant)
	if err != nil {
		return nil, err
	}
	connection, err := i.homes.Connections.Get(ctx, cluster)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, issueTimeout)
	defer cancel()
	if err := access.Prepare(ctx, connection); err != nil {
		return nil, err
	}
	inTenant := genericapirequest.WithNamespace(ctx, grant.Namespace)
	created, err := i.grants.Create(store.InternalRequest(inTenant, "create", "accessgrants"), grant, rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	grant = created.(*v1alpha1.AccessGrant)
	status, err := i.carryOut(inTenant, w, cluster, connection, grant)
	if err != nil {
		i.undo(inTenant, grant)
		return nil, err
	}
	return status, nil
}

// carryOut makes the token and the kubeconfig around it.
func (i *Issuer) carryOut(ctx context.Context, w wish, cluster *v1alpha1.Cluster, connection *connections.Connection, grant *v1alpha1.AccessGrant) (*v1alpha1.AccessKubeconfigStatus, error) {
	token, err := access.Issue(ctx, connection, w.tenant, grant, time.Duration(w.seconds)*time.Second)
	if err != nil {
		return nil, err
	}
	expiresAt := metav1.NewTime(token.ExpiresAt)
	if err := i.record(ctx, grant, expiresAt); err != nil {
		return nil, err
	}
	namespace := ""
	if len(grant.Spec.Projects) > 0 {
		namespace = v1alpha1.TargetNamespace(w.tenant, grant.Spec.Projects[0])
	}
	endpoint, ca := connection.Endpoint()
	server := i.proxy.ServerFor(cluster, endpoint, ca)
	file, err := access.Kubeconfig(cluster.Name, server, namespace, token.Value)
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	return &v1alpha1.AccessKubeconfigStatus{
		Kubeconfig: file, ExpiresAt: &expiresAt, Grant: grant.Name, Role: grant.Spec.Role, Proxied: server.Proxied,
	}, nil
}

// grantFor is what the caller is granted, if it may have what it wishes.
func (i *Issuer) grantFor(ctx context.Context, caller user.Info, w wish, tenant *v1alpha1.Tenant, projects []v1alpha1.Project) (*v1alpha1.AccessGrant, error) {
	role, bound, err := i.scope(ctx, caller, w, projects)
	if err != nil {
		return nil, err
	}
	groups := access.NamedGroups(caller.GetGroups(), tenant, projects)
	if len(bound) > maxProjects || len(groups) > maxGroups {
		return nil, apierrors.NewBadRequest("the kubeconfig would be for too many projects or groups: name one project")
	}
	expires := metav1.NewTime(i.clock.Now().Add(time.Duration(w.seconds) * time.Second)).Rfc3339Copy()
	grant := &v1alpha1.AccessGrant{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "grant-", Namespace: v1alpha1.TenantNamespace(w.tenant)},
		Spec: v1alpha1.AccessGrantSpec{
			Subject: caller.GetName(), Groups: groups, Role: role, Project: w.project, Projects: bound, ExpiresAt: expires,
			ServiceAccount: access.ServiceAccountName(caller.GetName(), w.tenant, w.project, role),
		},
	}
	grant.Spec.ByMembership = access.Holds(grant.Spec, tenant, projects)
	if grant.Spec.ByMembership {
		return grant, nil
	}
	// Who is allowed it and is no member any more was one a moment ago.
	ok, err := i.administers(ctx, caller, w.tenant)
	if err == nil && !ok {
		err = forbidden(w, "the caller is neither an owner nor a member there")
	}
	return grant, err
}

// record puts in when the token really ends.
func (i *Issuer) record(ctx context.Context, grant *v1alpha1.AccessGrant, expiresAt metav1.Time) error {
	if grant.Spec.ExpiresAt.Equal(&expiresAt) {
		return nil
	}
	issued := *i.grants
	issued.UpdateStrategy = issuedStrategy{issued.UpdateStrategy.(store.Strategy)}
	change := rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		updated := old.DeepCopyObject().(*v1alpha1.AccessGrant)
		if updated.UID != grant.UID || updated.DeletionTimestamp != nil {
			return nil, apierrors.NewConflict(v1alpha1.Resource("accessgrants"), grant.Name, errors.New("it was revoked meanwhile"))
		}
		updated.Spec.ExpiresAt = expiresAt
		return updated, nil
	})
	return store.UpdateInternally(ctx, &issued, grant.Name, "accessgrants", change)
}

// undo revokes a grant whose kubeconfig is not handed out. It goes on when the
// caller has gone away; what it cannot reach ends when the grant expires.
func (i *Issuer) undo(ctx context.Context, grant *v1alpha1.AccessGrant) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	_, _, err := i.grants.Delete(store.InternalRequest(ctx, "delete", "accessgrants"), grant.Name,
		rest.ValidateAllObjectFunc, metav1.NewPreconditionDeleteOptions(string(grant.UID)))
	if err != nil && !apierrors.IsNotFound(err) {
		klog.FromContext(ctx).Error(err, "A grant without a kubeconfig is left until it expires", "grant", klog.KObj(grant))
	}
}
