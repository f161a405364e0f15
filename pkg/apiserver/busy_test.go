package apiserver_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/admission"

	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/testserver"
	"github.com/kubenova/kubenova/test/restcontract"
)

// TestBusyAndEndingDoor asks for every operation of the contract while the only
// seat of the door is taken, and while the server shuts down: all but health
// probes are refused as the contract says.
func TestBusyAndEndingDoor(t *testing.T) {
	b := broken{make(chan struct{}), make(chan struct{})}
	config := overEtcd(t, testserver.Start(t).Etcd, "/busy", "")
	config.Generic.AdmissionControl = admission.NewChainHandler(parents.New(config.Parents), b)
	config.MaxRESTRequestsInFlight = 1
	server := run(t, config)
	url := listen(t, server.RESTWith(asUser()))
	_, _, document := exchange(t, http.MethodGet, url+"/api/v1/openapi.json", "")
	contract, err := restcontract.New(document)
	if err != nil {
		t.Fatal(err)
	}
	slow := make(chan struct{})
	go func() {
		defer close(slow)
		if status, _, body := exchange(t, http.MethodPost, url+"/api/v1/clusters?dryRun=All", cluster("slow")); status != http.StatusOK {
			t.Errorf("the request that had the seat ends with %d %s", status, body)
		}
	}()
	<-b.entered
	refusedByAll(t, contract, url, http.StatusTooManyRequests)
	close(b.letGo)
	<-slow
	config.Generic.NonLongRunningRequestWaitGroup.Wait()
	refusedByAll(t, contract, url, http.StatusServiceUnavailable)
}

// refusedByAll wants every operation but the health probes to be refused, with a
// time to come again.
func refusedByAll(t *testing.T, contract *restcontract.Checker, url string, want int) {
	t.Helper()
	asked := 0
	for path, item := range contract.Document.Paths.Map() {
		for method := range item.Operations() {
			filled := "/api/v1" + strings.NewReplacer("{", "", "}", "").Replace(path)
			status, header, body := exchange(t, method, url+filled, "")
			asked++
			if path == "/healthz" || path == "/readyz" {
				if status == want && path == "/healthz" {
					t.Errorf("%s answers %d", path, status)
				}
				continue
			}
			r, err := http.NewRequestWithContext(t.Context(), method, url+filled, bytes.NewReader(nil))
			if err != nil {
				t.Fatal(err)
			}
			if err := contract.Check(r, nil, status, header, body); err != nil || status != want || header.Get("Retry-After") == "" {
				t.Errorf("%s %s answers %d %s with Retry-After %q: %v", method, path, status, body, header.Get("Retry-After"), err)
			}
		}
	}
	t.Logf("%d operations asked", asked)
}
