package app

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// ImageREST serves apps/image: POST sets the image of a component and deploys
// the app. The image is an entry of spec.images, which belongs to the caller.
type ImageREST struct {
	action[v1alpha1.AppImage, *v1alpha1.AppImage]
	editor editor
}

var _ rest.NamedCreater = &ImageREST{}

func newImageREST(e editor) *ImageREST {
	return &ImageREST{editor: e}
}

// Create sets the image, deploys the app, and answers with what is meant to run.
// The change is tried before it is made: one that cannot be deployed leaves the
// app as it was.
func (r *ImageREST) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.AppImage)
	if err := store.Begin(ctx, request, name, validate); err != nil {
		return nil, err
	}
	image, errs := imageName(request.Spec, field.NewPath("spec"))
	if len(errs) > 0 {
		return nil, r.editor.deploy.unlessGone(ctx, name, apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("AppImage").GroupKind(), name, errs))
	}
	if err := r.editor.deploy.requireOpen(ctx, name); err != nil {
		return nil, err
	}
	change := &imageChange{component: request.Spec.Component, image: image}
	tried, err := r.editor.edit(ctx, name, request.UID, change, options.FieldManager, []string{metav1.DryRunAll})
	if err != nil {
		return nil, err
	}
	wouldBe, err := r.unlessThere(ctx, tried, nil)
	if err != nil {
		return nil, err
	}
	content := r.unlessThere
	if len(options.DryRun) > 0 {
		content = func(_ context.Context, _ *v1alpha1.App, kept []v1alpha1.AppRevision) (next, error) {
			return unlessNewest(wouldBe, kept)
		}
	} else if tried, err = r.editor.edit(ctx, name, request.UID, change, options.FieldManager, nil); err != nil {
		return nil, err
	}
	revision, err := r.editor.deploy.revise(ctx, name, tried.UID, content, options)
	if err != nil {
		if len(options.DryRun) == 0 {
			r.undo(ctx, tried, change, options.FieldManager)
		}
		return nil, err
	}
	request.Status = answer(revision)
	return request, nil
}

// unlessThere is the content of a deploy, but that no revision is made when the
// newest has that content: to update an image twice is to update it once.
func (r *ImageREST) unlessThere(ctx context.Context, app *v1alpha1.App, kept []v1alpha1.AppRevision) (next, error) {
	made, err := r.editor.deploy.contentOf(ctx, app, kept)
	if err != nil {
		return next{}, err
	}
	return unlessNewest(made, kept)
}

func unlessNewest(made next, kept []v1alpha1.AppRevision) (next, error) {
	if len(kept) == 0 {
		return made, nil
	}
	before, err := json.Marshal(kept[0].Spec.Rendered)
	if err != nil {
		return next{}, apierrors.NewInternalError(err)
	}
	after, err := json.Marshal(made.spec.Rendered)
	if err != nil {
		return next{}, apierrors.NewInternalError(err)
	}
	if bytes.Equal(before, after) {
		return next{there: &kept[0]}, nil
	}
	return made, nil
}

// undoTimeout is for the change to be taken back, whether or not the caller is
// still there.
const undoTimeout = 5 * time.Second

// undo takes the change back, unless the app was changed since.
func (r *ImageREST) undo(ctx context.Context, written *v1alpha1.App, change *imageChange, manager string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	back := reversal{change: change, version: written.ResourceVersion}
	if _, err := r.editor.edit(ctx, written.Name, written.UID, back, manager, nil); err != nil {
		klog.FromContext(ctx).Error(err, "Taking back an image that could not be deployed", "app", klog.KObj(written))
	}
}
