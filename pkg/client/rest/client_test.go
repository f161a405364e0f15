package rest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/client/rest"
	"github.com/kubenova/kubenova/pkg/testserver"
)

func newClient(t *testing.T) *rest.ClientWithResponses {
	t.Helper()
	client, err := rest.NewClientWithResponses(testserver.Start(t).URL + "/api/v1")
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func register(t *testing.T, client *rest.ClientWithResponses, name string) *rest.CreateClusterResponse {
	t.Helper()
	made, err := client.CreateClusterWithResponse(t.Context(), nil, rest.ClusterCreate{Name: name, Kubeconfig: []byte(kubeconfig)})
	if err != nil || made.JSON200 == nil {
		t.Fatalf("registering %s: %v %+v", name, err, made)
	}
	return made
}

// TestPaging follows the cursors of a list.
func TestPaging(t *testing.T) {
	client := newClient(t)
	var want []string
	for i := range 5 {
		want = append(want, register(t, client, fmt.Sprintf("c%d", i)).JSON200.Name)
	}
	var got []string
	params := rest.ListClustersParams{Limit: ptr.To(rest.Limit(2))}
	for pages := 1; ; pages++ {
		page, err := client.ListClustersWithResponse(t.Context(), &params)
		if err != nil || page.JSON200 == nil {
			t.Fatalf("page %d: %v %+v", pages, err, page)
		}
		for _, cluster := range *page.JSON200 {
			got = append(got, cluster.Name)
		}
		if params.Cursor = page.Headers200.XNextCursor; params.Cursor == nil {
			if pages != 3 {
				t.Errorf("%d pages, want 3", pages)
			}
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestErrors checks that a refusal comes with its cause, and that If-Match and
// dryRun reach the server.
func TestErrors(t *testing.T) {
	client := newClient(t)
	cluster := register(t, client, "dev").JSON200.UID.String()
	refused, err := client.CreateTenantWithResponse(t.Context(), cluster, nil, rest.TenantCreate{Name: "a--b"})
	if err != nil || refused.StatusCode() != http.StatusUnprocessableEntity || refused.JSONDefault == nil || refused.JSONDefault.Details == nil {
		t.Fatalf("got %v %+v", err, refused)
	}
	if cause := (*refused.JSONDefault.Details)[0]; ptr.Deref(cause.Field, "") != "name" {
		t.Errorf("the cause is %+v", cause)
	}
	stale, err := client.DeleteClusterWithResponse(t.Context(), cluster, &rest.DeleteClusterParams{IfMatch: ptr.To(`"1"`)})
	if err != nil || stale.StatusCode() != http.StatusPreconditionFailed {
		t.Errorf("got %v %+v", err, stale)
	}
	dry, err := client.DeleteClusterWithResponse(t.Context(), cluster, &rest.DeleteClusterParams{DryRun: ptr.To(rest.DryRunModeAll)})
	if err != nil || dry.StatusCode() != http.StatusNoContent {
		t.Errorf("got %v %+v", err, dry)
	}
	if still, err := client.GetClusterWithResponse(t.Context(), cluster); err != nil || still.JSON200 == nil || still.Headers200.ETag == "" {
		t.Errorf("after a dry run: %v %+v", err, still)
	}
}

// TestDocuments gets the contract and its page from a running server.
func TestDocuments(t *testing.T) {
	client := newClient(t)
	contract, err := client.GetContractWithResponse(t.Context(), nil)
	if err != nil || contract.JSON200 == nil {
		t.Fatalf("got %v %+v", err, contract)
	}
	known := rest.GetContractParams{IfNoneMatch: &contract.Headers200.ETag}
	if again, err := client.GetContractWithResponse(t.Context(), &known); err != nil || again.StatusCode() != http.StatusNotModified {
		t.Errorf("with its ETag: %v %+v", err, again)
	}
	page, err := client.GetDocs(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := page.Body.Close(); err != nil {
		t.Error(err)
	}
	if page.StatusCode != http.StatusOK || page.Header.Get("Content-Security-Policy") == "" || !strings.Contains(string(body), "createTenant") {
		t.Errorf("the page is %d %v", page.StatusCode, page.Header)
	}
}
