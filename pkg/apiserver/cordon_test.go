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
	cordon("false")
	for name, act := range actions {
		if err := act(); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
}
