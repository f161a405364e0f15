package apiserver_test

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestCordonedTenantsGetNothingNew asks for everything that would write to the
// cluster of a cordoned tenant, and again when it is not any more.
func TestCordonedTenantsGetNothingNew(t *testing.T) {
	o := startWithApp(t)
	apps, create := o.Apps("kn-acme--web"), metav1.CreateOptions{}
	cordon := func(value string) {
		patch := []byte(`{"spec":{"cordoned":` + value + `}}`)
		must2(o.Tenants().Patch(t.Context(), "acme", types.MergePatchType, patch, metav1.PatchOptions{}))(t)
	}
	must2(apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, create))(t)
	first := &v1alpha1.AppImage{Spec: v1alpha1.AppImageSpec{Component: "web", Image: "nginx", Tag: "1"}}
	must2(apps.UpdateImage(t.Context(), "hello", first, create))(t)
	image := &v1alpha1.AppImage{Spec: v1alpha1.AppImageSpec{Component: "web", Image: "nginx", Tag: "2"}}
	actions := map[string]func() error{
		"deploy": func() error { _, err := apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, create); return err },
		"resume": func() error { _, err := apps.Resume(t.Context(), "hello", &v1alpha1.AppResume{}, create); return err },
		"rollback": func() error {
			_, err := apps.Rollback(t.Context(), "hello", &v1alpha1.AppRollback{}, create)
			return err
		},
		"image": func() error { _, err := apps.UpdateImage(t.Context(), "hello", image, create); return err },
		"workflow": func() error {
			_, err := apps.RunWorkflow(t.Context(), "hello", &v1alpha1.AppWorkflow{}, create)
			return err
		},
	}
	cordon("true")
	for name, act := range actions {
		if err := act(); !apierrors.IsConflict(err) || !strings.Contains(err.Error(), "cordoned") {
			t.Errorf("%s in a cordoned tenant: got %v, want a Conflict that says why", name, err)
		}
	}
	revisions := must2(o.AppRevisions("kn-acme--web").List(t.Context(), metav1.ListOptions{}))(t)
	if app := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t); len(revisions.Items) != 2 || app.Spec.Images[0].Image != "nginx:1" {
		t.Errorf("there are %d revisions, and images %v", len(revisions.Items), app.Spec.Images)
	}
	must2(apps.Suspend(t.Context(), "hello", &v1alpha1.AppSuspend{}, create))(t)
	resume := []byte(`{"spec":{"suspended":false}}`)
	applied := []byte(`{"apiVersion":"kubenova.io/v1alpha1","kind":"App","metadata":{"name":"hello","namespace":"kn-acme--web"},"spec":{"suspended":false}}`)
	for kind, patch := range map[types.PatchType][]byte{types.MergePatchType: resume, types.ApplyPatchType: applied} {
		_, err := apps.Patch(t.Context(), "hello", kind, patch, metav1.PatchOptions{FieldManager: "someone", Force: forced(kind)})
		if !apierrors.IsConflict(err) || !strings.Contains(err.Error(), "cordoned") {
			t.Errorf("resuming by %s in a cordoned tenant: got %v, want a Conflict that says why", kind, err)
		}
	}
	if app := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t); !app.Spec.Suspended {
		t.Error("the app is resumed")
	}
	relabel := []byte(`{"metadata":{"labels":{"a":"b"}}}`)
	must2(apps.Patch(t.Context(), "hello", types.MergePatchType, relabel, metav1.PatchOptions{}))(t)
	cordon("false")
	for name, act := range actions {
		if err := act(); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
}

// forced applies over others; only apply knows that.
func forced(kind types.PatchType) *bool {
	if kind != types.ApplyPatchType {
		return nil
	}
	return new(true)
}
