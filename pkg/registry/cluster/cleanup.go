package cluster

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/audit"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/cleanup"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// auditCleanup is the audit annotation that says what a cleanup has done.
const auditCleanup = "cleanup.kubenova.io/actions"

// HasTenants says whether there are tenants on a cluster.
type HasTenants func(ctx context.Context, cluster *v1alpha1.Cluster) (bool, error)

// CleanupREST serves clusters/cleanup: POST heals what removed components have
// left on a cluster. Nothing of it is stored.
type CleanupREST struct {
	clusters    *genericregistry.Store
	connections *connections.Pool
	hasTenants  HasTenants
}

var _ rest.NamedCreater = &CleanupREST{}

// NewCleanupREST returns what serves the path.
func NewCleanupREST(s Storage, hasTenants HasTenants) *CleanupREST {
	return &CleanupREST{clusters: s.Cluster.Store, connections: s.Connections, hasTenants: hasTenants}
}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements
// rest.SubresourceObjectMetaPreserver: a uid in the body is a precondition.
func (*CleanupREST) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// New implements rest.Storage.
func (*CleanupREST) New() runtime.Object { return &v1alpha1.ClusterCleanup{} }

// Destroy implements rest.Storage: the main path owns the underlying store.
func (*CleanupREST) Destroy() {}

// Create looks at the cluster and, unless it is a dry run, cleans up.
func (r *CleanupREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.ClusterCleanup)
	if err := store.NameFromPath(request, name); err != nil {
		return nil, err
	}
	request.Status = v1alpha1.ClusterCleanupStatus{}
	if validate != nil {
		if err := validate(ctx, request.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	found, err := r.clusters.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	cluster := found.(*v1alpha1.Cluster)
	if request.UID != "" && request.UID != cluster.UID {
		return nil, apierrors.NewConflict(v1alpha1.Resource("clusters"), name, store.ErrRecreated)
	}
	connection, err := r.connections.Get(ctx, cluster)
	if err != nil {
		return nil, err
	}
	results, err := r.cleanUp(ctx, cluster, connection, len(options.DryRun) > 0)
	if err != nil {
		return nil, needsAdministrator(ctx, cluster, connection, err)
	}
	for _, result := range results {
		request.Status.Actions = append(request.Status.Actions, report(connection, result))
	}
	if len(options.DryRun) == 0 {
		tell(ctx, cluster, request.Status.Actions)
	}
	return request, nil
}

func (r *CleanupREST) cleanUp(ctx context.Context, cluster *v1alpha1.Cluster, connection *connections.Connection, dryRun bool) ([]cleanup.Result, error) {
	tenants, err := r.hasTenants(ctx, cluster)
	if err != nil {
		return nil, err
	}
	target := cleanup.Cluster{Kubernetes: connection.Kubernetes(), Dynamic: connection.Dynamic()}
	state, err := cleanup.Read(ctx, target, tenants)
	if err != nil {
		return nil, err
	}
	plan := cleanup.Make(state)
	if !dryRun {
		return cleanup.Do(ctx, target, plan), nil
	}
	results := make([]cleanup.Result, 0, len(plan))
	for _, action := range plan {
		results = append(results, cleanup.Result{Action: action})
	}
	return results, nil
}

// report leaves out what the cluster itself says when a step fails, but for what
// comes through a connection as it is.
func report(connection *connections.Connection, result cleanup.Result) v1alpha1.CleanupAction {
	object := result.Object
	out := v1alpha1.CleanupAction{
		Action: string(result.Verb), Resource: object.Resource.GroupResource().String(),
		Namespace: object.Namespace, Name: object.Name, Reason: result.Reason,
	}
	if result.Err != nil {
		out.Error = result.Err.Error()
		if apierrors.ReasonForError(result.Err) != metav1.StatusReasonUnknown {
			out.Error = connection.Error(result.Err).Error()
		}
	}
	return out
}

// tell puts what was done into the audit event and the log.
func tell(ctx context.Context, cluster *v1alpha1.Cluster, actions []v1alpha1.CleanupAction) {
	lines := make([]string, 0, len(actions))
	for _, a := range actions {
		if a.Action == string(cleanup.Keep) {
			continue
		}
		line := fmt.Sprintf("%s %s %s", a.Action, a.Resource, strings.TrimPrefix(a.Namespace+"/"+a.Name, "/"))
		if a.Error != "" {
			line += ": " + a.Error
		}
		lines = append(lines, line)
	}
	klog.FromContext(ctx).Info("Cleaned up a cluster", "cluster", cluster.Name, "actions", lines)
	audit.AddAuditAnnotation(ctx, auditCleanup, strings.Join(lines, "; "))
}
