package clusters

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/client-go/rest"
)

func TestRefuseRedirects(t *testing.T) {
	reached := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()

	client, err := rest.HTTPClientFor(&rest.Config{Transport: refuseRedirects{http.DefaultTransport}})
	if err != nil {
		t.Fatal(err)
	}
	if response, err := client.Get(server.URL + "/here"); err != nil || response.Body.Close() != nil {
		t.Errorf("an answer without a redirect: %v", err)
	}
	response, err := client.Get(server.URL + "/moved")
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, errRedirect) || reached {
		t.Errorf("redirect: error %v, followed %t", err, reached)
	}
}
