package apiserver_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	auditapi "k8s.io/apiserver/pkg/apis/audit"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestProxyIsAudited asks a cluster that is away for something: the audit log must
// say for what and as whom, and not what the query held.
func TestProxyIsAudited(t *testing.T) {
	log := &auditLog{}
	client, err := startWatched(t, &curious{}, log).ClientFor(&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}})
	if err != nil {
		t.Fatal(err)
	}
	api := client.KubenovaV1alpha1()
	if _, err := api.Clusters().Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.Clusters().CreateKubeconfig(t.Context(), "dev", kubeconfigOf("https://127.0.0.1:1", "t"), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	const path = "/api/v1/namespaces/n/pods/p/exec"
	err = api.RESTClient().Post().AbsPath("/apis/kubenova.io/v1alpha1/clusters/dev/proxy"+path).Param("command", "secret").MaxRetries(0).Do(t.Context()).Error()
	if !apierrors.IsServiceUnavailable(err) {
		t.Errorf("a cluster that is away: %v, want 503", err)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	for _, event := range log.events {
		if event.Stage != auditapi.StageResponseComplete || event.ObjectRef == nil || event.ObjectRef.Subresource != "proxy" {
			continue
		}
		got := event.Annotations
		if got["proxy.kubenova.io/path"] != "POST "+path || got["proxy.kubenova.io/user"] != "kubenova:user:root" || event.User.Username != "root" {
			t.Errorf("the event says %v", got)
		}
		return
	}
	t.Error("there is no audit event")
}
