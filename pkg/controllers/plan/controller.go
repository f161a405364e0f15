package plan

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

const (
	workers = 4
	// gather is how long changes of tenants are gathered before their plan is
	// looked at: that goes through all of its tenants in the cache.
	gather = 500 * time.Millisecond
)

// Add adds the controller that carries changes of plans to tenants.
func Add(mgr manager.Manager, host base.HostNamespaces, tracer trace.TracerProvider) error {
	r := &Reconciler{
		Applier: Applier{Client: mgr.GetClient(), Events: base.NewRecorder(mgr, host, "kubenova-plan")},
		Live:    mgr.GetAPIReader(),
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("plan").
		For(&v1alpha1.Plan{}).
		Watches(&v1alpha1.Tenant{}, plansOfTenants(), builder.WithPredicates(predicate.Funcs{UpdateFunc: matters})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(base.Traced(tracer, "plan", base.StampOf(mgr.GetClient(), &v1alpha1.Plan{}), r))
}

// plansOfTenants asks for the plans of tenants, those that they leave included.
func plansOfTenants() handler.EventHandler {
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	add := func(q queue, objects ...client.Object) {
		for _, object := range objects {
			for _, name := range plansOf(object) {
				q.AddAfter(base.Request("", name), gather)
			}
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q queue) { add(q, e.Object) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) { add(q, e.ObjectOld, e.ObjectNew) },
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { add(q, e.Object) },
	}
}

// matters says whether a change of a tenant can make a difference to its plan.
func matters(e event.UpdateEvent) bool {
	was, ok := e.ObjectOld.(*v1alpha1.Tenant)
	now, also := e.ObjectNew.(*v1alpha1.Tenant)
	if !ok || !also {
		return false
	}
	return was.Generation != now.Generation || was.DeletionTimestamp.IsZero() != now.DeletionTimestamp.IsZero() ||
		!equality.Semantic.DeepEqual(was.Status.Plan, now.Status.Plan) ||
		!equality.Semantic.DeepEqual(was.Status.Quotas, now.Status.Quotas) ||
		quotaStatus(was) != quotaStatus(now)
}

// quota is whether the quotas of a tenant hold on its cluster, and why not.
type quota struct {
	status metav1.ConditionStatus
	reason string
}

func quotaStatus(tenant *v1alpha1.Tenant) quota {
	if c := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.TenantQuotaApplied); c != nil {
		return quota{c.Status, c.Reason}
	}
	return quota{}
}
