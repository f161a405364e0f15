package plugin_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// eventually repeats what the controllers would do until it is done.
func eventually(t *testing.T, what string, do func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = do(); err == nil {
			return
		}
	}
	t.Errorf("%s: %v", what, err)
}

// TestBootstrapShowsProgress follows two components, whose conditions are set as the
// controllers would.
func TestBootstrapShowsProgress(t *testing.T) {
	s := newShell(t)
	s.withTenants()
	api := s.server.Client.KubenovaV1alpha1().Clusters()
	set := func(change func(c *v1alpha1.Cluster) bool) {
		eventually(t, "changing the status of dev", func() error {
			cluster, err := api.Get(t.Context(), "dev", metav1.GetOptions{})
			if err != nil {
				return err
			}
			if !change(cluster) {
				return errNotYet
			}
			_, err = api.UpdateStatus(t.Context(), cluster, metav1.UpdateOptions{})
			return err
		})
	}
	condition := func(c *v1alpha1.Cluster, name string, status metav1.ConditionStatus, reason, message string) {
		meta.SetStatusCondition(&c.Status.Conditions, metav1.Condition{Type: name, Status: status, Reason: reason, Message: message})
	}
	go func() {
		set(func(c *v1alpha1.Cluster) bool {
			condition(c, "TenancyInstalled", metav1.ConditionFalse, "Installing", "Capsule is rendered.")
			condition(c, "AppDeliveryInstalled", metav1.ConditionFalse, "InstallFailed", "The chart is not there.")
			return len(c.Spec.Components) == 2
		})
		set(func(c *v1alpha1.Cluster) bool {
			for _, wanted := range c.Spec.Components {
				c.Status.Components = append(c.Status.Components, v1alpha1.ClusterComponentStatus{Name: wanted.Name, RequestedAt: wanted.RequestedAt})
			}
			condition(c, v1alpha1.ClusterTenancyReady, metav1.ConditionTrue, "Ready", "Capsule works.")
			condition(c, v1alpha1.ClusterAppDeliveryReady, metav1.ConditionTrue, "Ready", "KubeVela works.")
			return true
		})
	}()
	s.run("✔ tenancy: Capsule works.\n  ✔ app-delivery: KubeVela works.\n", "cluster", "bootstrap", "dev", "tenancy", "app-delivery")
	s.fails("not done within 1s", "cluster", "bootstrap", "dev", "proxy", "--timeout", "1s")
	if out, err := s.try("cluster", "bootstrap", "dev", "tenancy", "--wait=false", "-o", "name"); err != nil || out != "cluster.kubenova.io/dev\n" || !strings.Contains(s.said, "tenancy requested") {
		t.Errorf("a program reads %q, people %q (%v)", out, s.said, err)
	}
}

type notYet string

func (n notYet) Error() string { return string(n) }

const errNotYet = notYet("not yet")

// TestDeployShowsProgress follows revisions, one that arrives and one that fails.
func TestDeployShowsProgress(t *testing.T) {
	s := newShell(t)
	s.withTenants()
	api := s.server.Client.KubenovaV1alpha1().Apps("kn-acme--web")
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "hello"}, Spec: v1alpha1.AppSpec{Components: []v1alpha1.Component{{
		Name: "front", Type: "worker", Properties: &runtime.RawExtension{Raw: []byte(`{"image":"nginx:1.29"}`)},
	}}}}
	if _, err := api.Create(t.Context(), app, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// The newest revision becomes what the test says, one state after the other.
	become := func(revision int64, states ...v1alpha1.AppStatus) {
		for _, status := range states {
			eventually(t, "changing the status of hello", func() error {
				if _, err := s.server.Client.KubenovaV1alpha1().AppRevisions("kn-acme--web").Get(t.Context(), "hello-"+string(rune('0'+revision)), metav1.GetOptions{}); err != nil {
					return err
				}
				found, err := api.Get(t.Context(), "hello", metav1.GetOptions{})
				if err != nil {
					return err
				}
				found.Status = status
				found.Status.Revision = revision
				_, err = api.UpdateStatus(t.Context(), found, metav1.UpdateOptions{})
				return err
			})
		}
	}
	front := func(healthy bool, message string) []v1alpha1.ComponentStatus {
		return []v1alpha1.ComponentStatus{{Name: "front", Healthy: healthy, Message: message}}
	}
	deploy := []string{"app", "deploy", "hello", "-t", "acme", "-p", "web"}

	go become(1,
		v1alpha1.AppStatus{Phase: v1alpha1.AppDeploying, Components: front(false, "Ready:0/1")},
		v1alpha1.AppStatus{Phase: v1alpha1.AppRunning, Healthy: true, Components: front(true, "Ready:1/1")})
	s.run("  ✔ front: Ready:1/1\n  ✔ hello: Running, revision 1\n", deploy...)

	failed := v1alpha1.AppStatus{Phase: v1alpha1.AppFailed, ConditionedStatus: v1alpha1.ConditionedStatus{Conditions: []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: "Failed", Message: "the image is not there", LastTransitionTime: metav1.Now(),
	}}}}
	go become(2, failed)
	s.fails("revision 2 failed: the image is not there\nTry: kubectl kubenova app status hello, app logs hello or app rollback hello", deploy...)

	go become(3, v1alpha1.AppStatus{Phase: v1alpha1.AppSuspended})
	out, err := s.try(append(deploy, "-o", "json")...)
	var printed v1alpha1.App
	if err != nil || json.Unmarshal([]byte(out), &printed) != nil || printed.Status.Revision != 3 || printed.Kind != "App" {
		t.Errorf("as JSON: %v\n%s", err, out)
	}
	if !strings.Contains(s.said, "✔ hello: Suspended, revision 3") {
		t.Errorf("beside it stands\n%s", s.said)
	}
	s.fails("not done within 1s", append(deploy, "--timeout", "1s")...)
}
