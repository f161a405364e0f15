package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// makeApp makes the app hello of a tenant.
func makeApp(t *testing.T, server *testserver.Server, tenant string) *v1alpha1.App {
	t.Helper()
	api, create := server.Client.KubenovaV1alpha1(), metav1.CreateOptions{}
	named := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }
	_, err := api.Tenants().Create(t.Context(), &v1alpha1.Tenant{
		ObjectMeta: named(tenant), Spec: v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: "dev"}},
	}, create)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.Projects("kn-"+tenant).Create(t.Context(), &v1alpha1.Project{ObjectMeta: named("web")}, create); err != nil {
		t.Fatal(err)
	}
	app, err := api.Apps("kn-"+tenant+"--web").Create(t.Context(), &v1alpha1.App{ObjectMeta: named("hello")}, create)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// TestRun has the example list, and then watch, the apps of one of two tenants.
func TestRun(t *testing.T) {
	server := testserver.Start(t)
	_, err := server.Client.KubenovaV1alpha1().Clusters().Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	makeApp(t, server, "other")
	app := makeApp(t, server, "acme")

	const pending = "web/hello: Pending, revision 0"
	var now strings.Builder
	if err := run(t.Context(), server.Client, "acme", true, &now); err != nil {
		t.Fatal(err)
	}
	if now.String() != pending+"\n" {
		t.Errorf("the list is %q", now.String())
	}

	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, server.Client, "acme", false, writer) }()
	lines := bufio.NewScanner(reader)
	next := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("it says %q, want %q", lines.Text(), want)
		}
	}
	next(pending)
	app.Status.Phase, app.Status.Revision = v1alpha1.AppRunning, 3
	if _, err := server.Client.KubenovaV1alpha1().Apps(app.Namespace).UpdateStatus(t.Context(), app, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	next("web/hello: Running, revision 3")
	stop()
	// Nobody reads what it may still want to say.
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
