package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/bootstrap"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned/fake"
)

type staticTargets struct{ err error }

func (t staticTargets) RESTConfig(context.Context, *v1alpha1.Cluster) (*rest.Config, error) {
	return &rest.Config{}, t.err
}

// scriptedInstaller fails for the components that are in errs, and counts.
type scriptedInstaller struct {
	errs  map[v1alpha1.ComponentName]error
	calls []string
	// stages are what the condition says while it works, as look reads it.
	stages []string
	look   func() string
}

func (i *scriptedInstaller) Install(_ context.Context, _ *rest.Config, component v1alpha1.ComponentName, source bootstrap.ChartSource, progress func(string)) (bootstrap.Result, error) {
	progress("Working")
	i.stages = append(i.stages, i.look())
	i.calls = append(i.calls, fmt.Sprintf("%s from %s", component, source.Reference))
	if err := i.errs[component]; err != nil {
		return bootstrap.Result{}, err
	}
	return bootstrap.Result{Action: bootstrap.Installed, Message: "a release"}, nil
}

type fixture struct {
	t         *testing.T
	clientset *fake.Clientset
	installer *scriptedInstaller
	r         *Reconciler
}

var requested = metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))

func newFixture(t *testing.T, components ...v1alpha1.ComponentName) *fixture {
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev", UID: "uid", Generation: 2}}
	for _, name := range components {
		cluster.Spec.Components = append(cluster.Spec.Components, v1alpha1.ClusterComponent{Name: name, RequestedAt: &requested})
	}
	f := &fixture{t: t, clientset: newClientset(t, cluster), installer: &scriptedInstaller{errs: map[v1alpha1.ComponentName]error{}}}
	f.r = &Reconciler{
		Clusters:  f.clientset.KubenovaV1alpha1().Clusters(),
		Targets:   staticTargets{},
		Installer: f.installer,
		Charts:    map[v1alpha1.ComponentName]bootstrap.ChartSource{v1alpha1.ComponentTenancy: {Reference: "capsule"}},
	}
	f.installer.look = func() string {
		c := meta.FindStatusCondition(f.cluster().Status.Conditions, "TenancyInstalled")
		if c == nil {
			return ""
		}
		return c.Reason + ": " + c.Message
	}
	return f
}

func (f *fixture) reconcile() error {
	f.t.Helper()
	_, err := f.r.Reconcile(f.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "dev"}})
	return err
}

func (f *fixture) cluster() *v1alpha1.Cluster {
	f.t.Helper()
	cluster, err := f.r.Clusters.Get(f.t.Context(), "dev", metav1.GetOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	return cluster
}

func (f *fixture) wantCondition(kind string, status metav1.ConditionStatus, reason string) *metav1.Condition {
	f.t.Helper()
	condition := meta.FindStatusCondition(f.cluster().Status.Conditions, kind)
	if condition == nil || condition.Status != status || condition.Reason != reason || condition.ObservedGeneration != 2 {
		f.t.Fatalf("condition %s = %+v, want %s, %s", kind, condition, status, reason)
	}
	return condition
}

func TestInstallsWhatIsRequestedOnce(t *testing.T) {
	f := newFixture(t, v1alpha1.ComponentTenancy)
	for range 2 {
		if err := f.reconcile(); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(f.installer.calls, "; "); got != "tenancy from capsule" {
		t.Errorf("installed %s", got)
	}
	f.wantCondition("TenancyInstalled", metav1.ConditionTrue, "Installed")
	if done := carriedOut(&f.cluster().Status, v1alpha1.ComponentTenancy); !done.Equal(&requested) {
		t.Errorf("carried out %v, want %v", done, requested)
	}
}

func TestFailureIsReportedAndRetried(t *testing.T) {
	f := newFixture(t, v1alpha1.ComponentTenancy, v1alpha1.ComponentProxy, v1alpha1.ComponentAppDelivery)
	f.installer.errs[v1alpha1.ComponentTenancy] = errors.New("no such chart")

	if err := f.reconcile(); err == nil || !strings.Contains(err.Error(), "no such chart") {
		t.Fatalf("reconcile = %v, want the failure of the chart", err)
	}
	failed := f.wantCondition("TenancyInstalled", metav1.ConditionFalse, reasonFailed)
	if !strings.Contains(failed.Message, "no such chart") {
		t.Errorf("message = %q", failed.Message)
	}
	f.wantCondition("ProxyInstalled", metav1.ConditionTrue, "Installed")
	f.wantCondition("AppDeliveryInstalled", metav1.ConditionTrue, "Installed")
	if done := carriedOut(&f.cluster().Status, v1alpha1.ComponentTenancy); done != nil {
		t.Errorf("a failed request counts as carried out at %v", done)
	}

	// The retry is about tenancy alone, and leaves the other reports alone.
	f.installer.errs, f.installer.calls = nil, nil
	if err := f.reconcile(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.installer.calls, "; "); got != "tenancy from capsule" {
		t.Errorf("the retry installed %s", got)
	}
	f.wantCondition("TenancyInstalled", metav1.ConditionTrue, "Installed")
	f.wantCondition("ProxyInstalled", metav1.ConditionTrue, "Installed")
	f.wantCondition("AppDeliveryInstalled", metav1.ConditionTrue, "Installed")
}

// TestEventsTellOnce sees the Events of an installation that fails, fails again and
// ends well, and what its condition says meanwhile.
func TestEventsTellOnce(t *testing.T) {
	f := newFixture(t, v1alpha1.ComponentTenancy)
	recorder := events.NewFakeRecorder(10)
	f.r.Recorder = base.RecorderOf(recorder)
	f.installer.errs[v1alpha1.ComponentTenancy] = errors.New("no such chart")
	for range 2 {
		if err := f.reconcile(); err == nil {
			t.Fatal("no error")
		}
	}
	f.installer.errs = nil
	if err := f.reconcile(); err != nil {
		t.Fatal(err)
	}
	close(recorder.Events)
	var told []string
	for event := range recorder.Events {
		told = append(told, event)
	}
	want := "Warning InstallFailed tenancy: no such chart; Normal Installed tenancy: a release"
	if got := strings.Join(told, "; "); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if stages := strings.Join(f.installer.stages, "; "); stages != "Installing: Working; InstallFailed: no such chart; InstallFailed: no such chart" {
		t.Errorf("the condition said, stage by stage, %s", stages)
	}
}

func TestOtherFieldsOfTheStatusStay(t *testing.T) {
	f := newFixture(t, v1alpha1.ComponentTenancy)
	cluster := f.cluster()
	cluster.Status.KubernetesVersion = "v1.37.2"
	cluster.Status.Components = []v1alpha1.ClusterComponentStatus{{Name: v1alpha1.ComponentTenancy, Version: "v0.14.0"}}
	meta.SetStatusCondition(&cluster.Status.Conditions, metav1.Condition{Type: v1alpha1.ClusterConnected, Status: metav1.ConditionTrue, Reason: "Answers"})
	if _, err := f.r.Clusters.UpdateStatus(t.Context(), cluster, metav1.UpdateOptions{FieldManager: "kubenova"}); err != nil {
		t.Fatal(err)
	}
	if err := f.reconcile(); err != nil {
		t.Fatal(err)
	}
	status := f.cluster().Status
	if status.KubernetesVersion != "v1.37.2" || !meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ClusterConnected) ||
		len(status.Components) != 1 || status.Components[0].Version != "v0.14.0" || status.Components[0].RequestedAt == nil {
		t.Errorf("status = %+v", status)
	}
}

func TestUnreachableClusterIsReported(t *testing.T) {
	f := newFixture(t, v1alpha1.ComponentTenancy)
	f.r.Targets = staticTargets{err: errors.New("no credentials")}
	if err := f.reconcile(); err == nil {
		t.Fatal("no error")
	}
	f.wantCondition("TenancyInstalled", metav1.ConditionFalse, reasonFailed)
	if len(f.installer.calls) > 0 {
		t.Errorf("installed %v", f.installer.calls)
	}
}

func TestPending(t *testing.T) {
	earlier, now := metav1.NewTime(requested.Add(-time.Second)), metav1.Now()
	for _, test := range []struct {
		name    string
		wanted  *metav1.Time
		done    *metav1.Time
		deleted *metav1.Time
		want    int
	}{
		{name: "never asked for"},
		{name: "new", wanted: &requested, want: 1},
		{name: "newer", wanted: &requested, done: &earlier, want: 1},
		{name: "carried out", wanted: &requested, done: &requested},
		{name: "on a cluster that goes", wanted: &requested, deleted: &now},
	} {
		cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: test.deleted}}
		cluster.Spec.Components = []v1alpha1.ClusterComponent{{Name: v1alpha1.ComponentTenancy, RequestedAt: test.wanted}}
		cluster.Status.Components = []v1alpha1.ClusterComponentStatus{{Name: v1alpha1.ComponentTenancy, RequestedAt: test.done}}
		if got := Pending(cluster); len(got) != test.want {
			t.Errorf("%s: %d pending, want %d", test.name, len(got), test.want)
		}
	}
}
