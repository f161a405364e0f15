package main

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestRun runs the example twice against a real server.
func TestRun(t *testing.T) {
	server := testserver.Start(t)
	clusters := server.Client.KubenovaV1alpha1().Clusters()
	if _, err := clusters.Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, revision := range []string{"1", "2"} {
		var out strings.Builder
		if err := run(t.Context(), server.Client, "dev", &out); err != nil {
			t.Fatal(err)
		}
		want := "tenant acme is on dev\napps of project web live in kn-acme--web\napp hello is deployed as revision " + revision + "\n"
		if out.String() != want {
			t.Errorf("it says\n%swant\n%s", out.String(), want)
		}
	}
	app, err := server.Client.KubenovaV1alpha1().Apps("kn-acme--web").Get(t.Context(), "hello", metav1.GetOptions{})
	if err != nil || app.Generation != 1 {
		t.Errorf("applied twice, the app has generation %d (%v)", app.Generation, err)
	}
}
