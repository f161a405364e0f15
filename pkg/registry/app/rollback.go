package app

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// RollbackREST serves apps/rollback: POST deploys the content of an earlier
// revision again. The app's spec stays as it is, for the next deploy.
type RollbackREST struct {
	action[v1alpha1.AppRollback, *v1alpha1.AppRollback]
	deploy *DeployREST
}

var _ rest.NamedCreater = &RollbackREST{}

func newRollbackREST(deploy *DeployREST) *RollbackREST {
	return &RollbackREST{deploy: deploy}
}

// Create rolls the app back and answers with the revision that is meant to run.
func (r *RollbackREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.AppRollback)
	if err := store.Begin(ctx, request, name, validate); err != nil {
		return nil, err
	}
	if to := request.Spec.ToRevision; to < 0 {
		at := field.NewPath("spec", "toRevision")
		return nil, r.deploy.unlessGone(ctx, name, apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("AppRollback").GroupKind(), name,
			field.ErrorList{field.Invalid(at, to, "must not be negative")}))
	}
	revision, err := r.deploy.revise(ctx, name, request.UID, earlier(request.Spec.ToRevision), options)
	if err != nil {
		return nil, err
	}
	request.Status = answer(revision)
	return request, nil
}
