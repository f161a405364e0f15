package app

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// WorkflowREST serves apps/workflow: POST delivers the content of the newest
// revision once more, as a new revision, because what delivers it works through
// each revision once.
type WorkflowREST struct {
	action[v1alpha1.AppWorkflow, *v1alpha1.AppWorkflow]
	deploy *DeployREST
}

var _ rest.NamedCreater = &WorkflowREST{}

func newWorkflowREST(deploy *DeployREST) *WorkflowREST {
	return &WorkflowREST{deploy: deploy}
}

// Create asks for a run and answers with it.
func (r *WorkflowREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.AppWorkflow)
	if err := store.Begin(ctx, request, name, validate); err != nil {
		return nil, err
	}
	revision, err := r.deploy.revise(ctx, name, request.UID, newest, options)
	if err != nil {
		return nil, err
	}
	request.Status.Run = v1alpha1.WorkflowRun{
		ID: string(revision.UID), Revision: revision.Spec.Revision, Phase: v1alpha1.WorkflowPending,
	}
	return request, nil
}
