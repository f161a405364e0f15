package catalog

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// RolloutREST serves plans/stop and plans/resume: POST sets or clears
// spec.rollout.stopped, which the files say nothing of.
type RolloutREST struct {
	plans   *genericregistry.Store
	stopped bool
	body    func() store.Object
	answer  func(body runtime.Object, status v1alpha1.PlanStatus)
}

var _ rest.NamedCreater = &RolloutREST{}

func newStopREST(plans *genericregistry.Store) *RolloutREST {
	return &RolloutREST{
		plans: plans, stopped: true,
		body:   func() store.Object { return &v1alpha1.PlanStop{} },
		answer: func(body runtime.Object, status v1alpha1.PlanStatus) { body.(*v1alpha1.PlanStop).Status = status },
	}
}

func newResumeREST(plans *genericregistry.Store) *RolloutREST {
	return &RolloutREST{
		plans: plans, stopped: false,
		body:   func() store.Object { return &v1alpha1.PlanResume{} },
		answer: func(body runtime.Object, status v1alpha1.PlanStatus) { body.(*v1alpha1.PlanResume).Status = status },
	}
}

// New implements rest.Storage.
func (r *RolloutREST) New() runtime.Object { return r.body() }

// Destroy implements rest.Storage: the main path owns the store.
func (r *RolloutREST) Destroy() {}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements
// rest.SubresourceObjectMetaPreserver: a uid in the body is a precondition.
func (r *RolloutREST) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// Create stops or resumes the rollout of the plan's change.
func (r *RolloutREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	body, ok := obj.(store.Object)
	if !ok {
		return nil, apierrors.NewInternalError(fmt.Errorf("the body is a %T", obj))
	}
	if err := store.Begin(ctx, body, name, validate); err != nil {
		return nil, err
	}
	info := rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		plan := old.(*v1alpha1.Plan).DeepCopy()
		if uid := body.GetUID(); uid != "" && uid != plan.UID {
			return nil, apierrors.NewConflict(v1alpha1.Resource("plans"), name, store.ErrRecreated)
		}
		plan.Spec.Rollout.Stopped = r.stopped
		return plan, nil
	})
	updated, err := store.UpdatedInternally(ctx, r.plans, name, "plans", info, options.DryRun...)
	if err != nil {
		return nil, err
	}
	r.answer(obj, updated.(*v1alpha1.Plan).Status)
	return obj, nil
}
