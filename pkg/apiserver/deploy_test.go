package apiserver_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func startWithApp(t *testing.T) objects {
	t.Helper()
	o := start(t)
	o.cluster("dev")
	o.tenant("acme", "dev")
	o.project("acme", "web")
	o.app("acme", "web", "hello", webservice("nginx"))
	return o
}

// TestLaterRevisionsHoldLaterApps deploys while the app changes: the newest
// revision is what runs, so it must never hold an older app than one before it.
func TestLaterRevisionsHoldLaterApps(t *testing.T) {
	o := startWithApp(t)
	apps := o.Apps("kn-acme--web")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, err := apps.Deploy(ctx, "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{})
				if err != nil && ctx.Err() == nil && !apierrors.IsConflict(err) {
					t.Errorf("deploying: %v", err)
				}
			}
		})
	}
	for n := 0; ctx.Err() == nil; n++ {
		patch := `{"spec":{"description":"` + strings.Repeat("x", n%7+1) + `"}}`
		if _, err := apps.Patch(ctx, "hello", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil && ctx.Err() == nil {
			t.Errorf("changing the app: %v", err)
		}
	}
	wg.Wait()

	list := must2(o.AppRevisions("kn-acme--web").List(t.Context(), metav1.ListOptions{}))(t)
	generations := map[int64]int64{}
	for _, revision := range list.Items {
		generations[revision.Spec.Revision] = revision.Spec.AppGeneration
	}
	t.Logf("%d revisions of %d generations", len(generations), generations[int64(len(generations))])
	for number := int64(2); number <= int64(len(generations)); number++ {
		if generations[number] < generations[number-1] {
			t.Errorf("revision %d holds generation %d, revision %d before it %d", number, generations[number], number-1, generations[number-1])
		}
	}
}

func TestRevisionsBelongToAnApp(t *testing.T) {
	o := startWithApp(t)
	revisions := o.AppRevisions("kn-acme--web")
	revision := func(app string, number int64) *v1alpha1.AppRevision {
		return &v1alpha1.AppRevision{
			ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.RevisionName(app, number)},
			Spec:       v1alpha1.AppRevisionSpec{App: app, Revision: number},
		}
	}
	if _, err := revisions.Create(t.Context(), revision("ghost", 1), metav1.CreateOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a revision of no app: got %v, want NotFound", err)
	}
	if _, err := revisions.Create(t.Context(), revision("hello", 1_000_000_000), metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("a number too large: got %v, want Invalid", err)
	}
	restored := must2(revisions.Create(t.Context(), revision("hello", 7), metav1.CreateOptions{}))(t)
	app := must2(o.Apps("kn-acme--web").Get(t.Context(), "hello", metav1.GetOptions{}))(t)
	if len(restored.OwnerReferences) != 1 || restored.OwnerReferences[0].UID != app.UID {
		t.Errorf("a restored revision belongs to %v", restored.OwnerReferences)
	}
	answer := must2(o.Apps("kn-acme--web").Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{}))(t)
	if answer.Status.Revision != 8 {
		t.Errorf("the deploy after revision 7 made %d", answer.Status.Revision)
	}
}

func TestDeployHonoursTheUID(t *testing.T) {
	o := startWithApp(t)
	other := &v1alpha1.AppDeploy{ObjectMeta: metav1.ObjectMeta{UID: "00000000-0000-4000-8000-000000000000"}}
	if _, err := o.Apps("kn-acme--web").Deploy(t.Context(), "hello", other, metav1.CreateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("deploying another app of that name: got %v, want Conflict", err)
	}
	if err := o.Apps("kn-acme--web").Delete(t.Context(), "hello", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Apps("kn-acme--web").Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{}); !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), "being deleted") {
		t.Errorf("deploying an app that is being deleted: got %v, want NotFound that says so", err)
	}
}

func TestDeployTooLargeIsRefused(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	o.tenant("acme", "dev")
	o.project("acme", "web")
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "huge"}}
	for i := range 64 {
		component := webservice("nginx")
		component.Name = "c" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		app.Spec.Components = append(app.Spec.Components, component)
	}
	app.Spec.Traits = []v1alpha1.AppTrait{{Trait: v1alpha1.Trait{
		Type: "annotations", Properties: rawObject(map[string]any{"example.com/note": strings.Repeat("x", 60_000)}),
	}}}
	must2(o.Apps("kn-acme--web").Create(t.Context(), app, metav1.CreateOptions{}))(t)
	_, err := o.Apps("kn-acme--web").Deploy(t.Context(), "huge", &v1alpha1.AppDeploy{}, metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "spec") {
		t.Errorf("got %v, want an Invalid error that names spec", err)
	}
}
