package connections

import (
	"net/http"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestStatus(t *testing.T) {
	answers := map[string]string{
		"/version": `{"gitVersion":"v1.37.2"}`,
		"/apis":    `{"groups":[{"name":"capsule.clastix.io","versions":[{"groupVersion":"capsule.clastix.io/v1beta2"}]}]}`,
		"/apis/apps/v1/deployments": `{"items":[{"metadata":{"labels":{"app.kubernetes.io/version":"0.14.0"}},
			"status":{"availableReplicas":1}}]}`,
	}
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("labelSelector") == "app.kubernetes.io/name=capsule-proxy" {
			answer(http.StatusOK, `{"items":[]}`)(w, r)
			return
		}
		answer(http.StatusOK, answers[r.URL.Path])(w, r)
	})
	c := connect(t, s)
	status, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ClusterTenancyReady) ||
		!meta.IsStatusConditionFalse(status.Conditions, v1alpha1.ClusterProxyReady) ||
		!meta.IsStatusConditionFalse(status.Conditions, v1alpha1.ClusterAppDeliveryReady) {
		t.Errorf("got %+v", status.Conditions)
	}
	if len(status.Components) != 1 || status.Components[0].Version != "0.14.0" || status.KubernetesVersion != "v1.37.2" {
		t.Errorf("got %+v of Kubernetes %s", status.Components, status.KubernetesVersion)
	}

	for _, handler := range []http.HandlerFunc{answer(http.StatusUnauthorized, canary), answer(http.StatusOK, canary), answer(http.StatusInternalServerError, canary)} {
		s.handler.Store(&handler)
		_, err := c.Status(t.Context())
		isUnavailable(t, s, err)
	}
}
