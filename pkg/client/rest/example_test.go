package rest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/client/rest"
)

// Example takes an app from nothing to its first revision.
func Example() {
	server, stop := startServer()
	defer stop()
	if err := firstRevision(context.Background(), server+"/api/v1", "a token"); err != nil {
		log.Print(err)
	}
	// Output:
	// cluster dev has the labels map[env:dev]
	// tenant acme belongs to [owner@example.com]
	// revision 1 would run [web]
	// revision 1: web: webservice nginx:1.25.3
	// KN-404: there is no app "missing" here
}

func firstRevision(ctx context.Context, server, token string) error {
	authenticate := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
	client, err := rest.NewClientWithResponses(server, rest.WithRequestEditorFn(authenticate))
	if err != nil {
		return err
	}
	if err := platform(ctx, client); err != nil {
		return err
	}
	return app(ctx, client)
}

// platform does what a platform team does: a cluster, and a tenant with a project.
func platform(ctx context.Context, client *rest.ClientWithResponses) error {
	cluster, err := client.CreateClusterWithResponse(ctx, nil, rest.ClusterCreate{
		Name: "dev", Kubeconfig: []byte(kubeconfig), Labels: &rest.Labels{"env": "dev"},
	})
	if err != nil {
		return err
	}
	if cluster.JSON200 == nil {
		return failed(cluster.JSONDefault)
	}
	fmt.Printf("cluster %s has the labels %v\n", cluster.JSON200.Name, cluster.JSON200.Labels)

	tenant, err := client.CreateTenantWithResponse(ctx, cluster.JSON200.UID.String(), nil, rest.TenantCreate{
		Name: "acme", Owners: &rest.Owners{"owner@example.com"},
	})
	if err != nil {
		return err
	}
	if tenant.JSON200 == nil {
		return failed(tenant.JSONDefault)
	}
	fmt.Printf("tenant %s belongs to %v\n", tenant.JSON200.Name, tenant.JSON200.Owners)

	project, err := client.CreateProjectWithResponse(ctx, "dev", "acme", nil, rest.ProjectCreate{Name: "web"})
	if err != nil {
		return err
	}
	return failed(project.JSONDefault)
}

// app does what a tenant does.
func app(ctx context.Context, client *rest.ClientWithResponses) error {
	web := rest.Component{Name: "web", Type: "webservice", Properties: &rest.Properties{"image": "nginx:1.25.3"}}
	created, err := client.CreateAppWithResponse(ctx, "dev", "acme", "web", nil, rest.AppCreate{
		Name: "hello", Components: &[]rest.Component{web},
	})
	if err != nil {
		return err
	}
	if created.JSON200 == nil {
		return failed(created.JSONDefault)
	}
	hello := created.JSON200.UID.String()

	preview, err := client.DeployAppWithResponse(ctx, "dev", "acme", "web", hello, &rest.DeployAppParams{DryRun: ptr.To(rest.DryRunModeAll)})
	if err != nil {
		return err
	}
	if preview.JSON200 == nil {
		return failed(preview.JSONDefault)
	}
	fmt.Printf("revision %d would run [%s]\n", preview.JSON200.Revision, preview.JSON200.Components[0].Name)

	deployed, err := client.DeployAppWithResponse(ctx, "dev", "acme", "web", hello, nil)
	if err != nil {
		return err
	}
	if deployed.StatusCode() != http.StatusAccepted {
		return failed(deployed.JSONDefault)
	}
	revisions, err := client.ListRevisionsWithResponse(ctx, "dev", "acme", "web", hello, nil)
	if err != nil {
		return err
	}
	if revisions.JSON200 == nil {
		return failed(revisions.JSONDefault)
	}
	for _, revision := range *revisions.JSON200 {
		fmt.Printf("revision %d: %s\n", revision.Revision, revision.Summary)
	}
	missing, err := client.GetAppWithResponse(ctx, "dev", "acme", "web", "missing")
	if err != nil {
		return err
	}
	fmt.Println(failed(missing.JSONDefault))
	return nil
}

// failed returns what the server said went wrong, if it did.
func failed(problem *rest.Error) error {
	if problem == nil {
		return nil
	}
	return errors.New(problem.Code + ": " + problem.Message)
}

// kubeconfig is of a cluster that is not there.
const kubeconfig = `{"apiVersion":"v1","kind":"Config","current-context":"dev",
	"clusters":[{"name":"c","cluster":{"server":"https://cluster.example:6443"}}],
	"users":[{"name":"u","user":{"token":"secret"}}],
	"contexts":[{"name":"dev","context":{"cluster":"c","user":"u"}}]}`
