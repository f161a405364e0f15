package app

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
	"github.com/kubenova/kubenova/pkg/render"
)

// SuspendREST serves apps/suspend: POST sets spec.suspended.
type SuspendREST struct {
	action[v1alpha1.AppSuspend, *v1alpha1.AppSuspend]
	editor editor
}

// ResumeREST serves apps/resume: POST clears spec.suspended.
type ResumeREST struct {
	action[v1alpha1.AppResume, *v1alpha1.AppResume]
	editor editor
}

var (
	_ rest.NamedCreater = &SuspendREST{}
	_ rest.NamedCreater = &ResumeREST{}
)

func newSuspendREST(e editor) *SuspendREST {
	return &SuspendREST{editor: e}
}

func newResumeREST(e editor) *ResumeREST {
	return &ResumeREST{editor: e}
}

// Create suspends the app.
func (r *SuspendREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.AppSuspend)
	status, err := r.editor.setSuspended(ctx, request, name, true, validate, options)
	request.Status = status
	return request, err
}

// Create resumes the app.
func (r *ResumeREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.AppResume)
	if err := r.editor.deploy.requireOpen(ctx, name); err != nil {
		return nil, err
	}
	status, err := r.editor.setSuspended(ctx, request, name, false, validate, options)
	request.Status = status
	return request, err
}

// setSuspended changes spec.suspended and answers with what runs then.
func (e editor) setSuspended(ctx context.Context, body store.Object, name string, value bool, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (status v1alpha1.AppDeployStatus, err error) {
	if err := store.Begin(ctx, body, name, validate); err != nil {
		return status, err
	}
	app, err := e.edit(ctx, name, body.GetUID(), suspension(value), options.FieldManager, options.DryRun)
	if err != nil {
		return status, err
	}
	revisions, err := e.deploy.revisionsOf(ctx, name)
	if err != nil {
		return status, err
	}
	kept := keptOf(app, revisions)
	if len(kept) == 0 {
		return status, nil
	}
	status = answer(&kept[0])
	if value {
		status.Rendered = new(render.Suspended(*status.Rendered))
	}
	return status, nil
}

// suspension is the value of spec.suspended.
type suspension bool

func (s suspension) apply(app *v1alpha1.App) { app.Spec.Suspended = bool(s) }

func (s suspension) clear(app *v1alpha1.App) { app.Spec.Suspended = !bool(s) }
