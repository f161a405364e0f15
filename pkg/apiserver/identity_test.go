package apiserver

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/apiserver/pkg/server/dynamiccertificates"
)

// lateCA is an authority that arrives after the server has started.
type lateCA struct {
	dynamiccertificates.CAContentProvider
	arrived bool
}

func (l *lateCA) VerifyOptions() (x509.VerifyOptions, bool) { return x509.VerifyOptions{}, l.arrived }

func TestRequestsWaitForTheFrontProxyCA(t *testing.T) {
	ca := &lateCA{}
	frontProxy := newFrontProxyCA(ca)
	handler := frontProxy.wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	answer := func(path string) int {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return recorder.Code
	}
	if got := answer("/apis/kubenova.io"); got != http.StatusServiceUnavailable {
		t.Errorf("before the CA is there: %d, want 503", got)
	}
	if got := answer("/readyz"); got != http.StatusOK {
		t.Errorf("health before the CA is there: %d", got)
	}
	if frontProxy.check().Check(nil) == nil {
		t.Error("ready before the CA is there")
	}
	ca.arrived = true
	if got := answer("/apis/kubenova.io"); got != http.StatusOK {
		t.Errorf("once the CA is there: %d", got)
	}
	if err := frontProxy.check().Check(nil); err != nil {
		t.Errorf("not ready once the CA is there: %v", err)
	}
}
