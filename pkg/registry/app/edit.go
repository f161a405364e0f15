package app

import (
	"cmp"
	"context"
	"fmt"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/applyconfiguration"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// defaultManager owns what an action changes when its caller names no manager.
const defaultManager = "kubenova-action"

// editor changes the spec of apps for the actions that do. The endpoint of a
// subresource keeps track of who owns the fields of its own body alone, so the
// editor does that for the app.
type editor struct {
	deploy *DeployREST
	owners *managedfields.FieldManager
}

func newEditor(scheme *runtime.Scheme, deploy *DeployREST, resetFields map[fieldpath.APIVersion]*fieldpath.Set, subresource string) (editor, error) {
	owners, err := managedfields.NewDefaultFieldManager(applyconfiguration.NewTypeConverter(scheme), scheme, scheme, scheme,
		v1alpha1.SchemeGroupVersion.WithKind("App"), schema.GroupVersion{Group: v1alpha1.GroupName, Version: runtime.APIVersionInternal},
		subresource, fieldpath.NewExcludeFilterSetMap(resetFields))
	if err != nil {
		return editor{}, fmt.Errorf("tracking the owners of what apps/%s changes: %w", subresource, err)
	}
	return editor{deploy: deploy, owners: owners}, nil
}

// change is what an action does to an app.
type change interface {
	// apply makes the change.
	apply(app *v1alpha1.App)
	// clear takes out of an app what belongs to who made the change, as a whole:
	// of an entry that is merely edited, its key would stay with its former owner,
	// who would remove it all by no longer applying it.
	clear(app *v1alpha1.App)
}

// edit changes an app's spec and returns the app. A change to what is there
// already writes nothing.
func (e editor) edit(ctx context.Context, name string, uid types.UID, change change, manager string, dryRun []string) (*v1alpha1.App, error) {
	info := rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		stored := old.(*v1alpha1.App)
		switch {
		case uid != "" && uid != stored.UID:
			return nil, apierrors.NewConflict(v1alpha1.Resource("apps"), name, store.ErrRecreated)
		case stored.DeletionTimestamp != nil:
			return nil, beingDeleted(name)
		}
		app := stored.DeepCopy()
		change.apply(app)
		if apiequality.Semantic.DeepEqual(app.Spec, stored.Spec) {
			return app, nil
		}
		without := stored.DeepCopy()
		change.clear(without)
		owned, err := e.owners.Update(without, app, cmp.Or(manager, defaultManager))
		if err != nil {
			return nil, apierrors.NewInternalError(fmt.Errorf("recording who owns the change: %w", err))
		}
		return owned, nil
	})
	obj, err := store.UpdatedInternally(ctx, e.deploy.apps, name, "apps", info, dryRun...)
	if err != nil {
		return nil, err
	}
	return obj.(*v1alpha1.App), nil
}
