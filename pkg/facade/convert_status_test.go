package facade

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestAppStatusPhase(t *testing.T) {
	cases := []struct {
		phase            v1alpha1.AppPhase
		revision, newest int64
		want             string
	}{
		{"", 0, 0, "Pending"},
		{"", 0, 1, "Pending"},
		{v1alpha1.AppRunning, 2, 2, "Running"},
		{v1alpha1.AppRunning, 2, 3, "Deploying"},
		{v1alpha1.AppFailed, 2, 3, "Failed"},
		{v1alpha1.AppSuspended, 2, 3, "Suspended"},
		{v1alpha1.AppPending, 0, 1, "Pending"},
	}
	for _, c := range cases {
		a := &v1alpha1.App{Status: v1alpha1.AppStatus{Phase: c.phase, Revision: c.revision}}
		if got := fromAppStatus(a, c.newest); got.Phase != c.want || got.Revision != c.revision {
			t.Errorf("%q %d of %d: got %s %d, want %s", c.phase, c.revision, c.newest, got.Phase, got.Revision, c.want)
		}
	}
}

func TestAppStatusLastUpdated(t *testing.T) {
	at := func(minute int) metav1.Time { return metav1.NewTime(time.Date(2025, 1, 1, 12, minute, 0, 0, time.UTC)) }
	a := &v1alpha1.App{}
	a.Status.Conditions = []metav1.Condition{{Type: "A", LastTransitionTime: at(1)}, {Type: "B", LastTransitionTime: at(3)}, {Type: "C", LastTransitionTime: at(2)}}
	if got := fromAppStatus(a, 0).LastUpdated; got == nil || !got.Equal(at(3).Time) {
		t.Errorf("got %v, want %v", got, at(3))
	}
}

func TestSummary(t *testing.T) {
	many := make([]v1alpha1.Component, 7)
	for i := range many {
		many[i] = v1alpha1.Component{Name: "c", Type: "worker"}
	}
	cases := []struct {
		components []v1alpha1.Component
		want       string
	}{
		{nil, "no components"},
		{[]v1alpha1.Component{{Name: "web", Type: "webservice", Properties: raw(`{"image":"nginx:1.25"}`)}, {Name: "db", Type: "worker"}}, "web: webservice nginx:1.25; db: worker"},
		{[]v1alpha1.Component{{Name: "web", Type: "webservice", Properties: raw(`{"image":5}`)}}, "web: webservice"},
		{[]v1alpha1.Component{{Name: "web", Type: "webservice", Properties: raw(`{`)}}, "web: webservice"},
		{many, "c: worker; c: worker; c: worker; c: worker; c: worker; and 2 more"},
	}
	for _, c := range cases {
		if got := summary(v1alpha1.RenderedApp{Components: c.components}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
