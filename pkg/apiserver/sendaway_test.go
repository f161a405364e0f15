package apiserver

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestClientsAreSentAwayFromAServerThatStops asks a server before and after it was told to stop.
func TestClientsAreSentAwayFromAServerThatStops(t *testing.T) {
	done := make(chan struct{})
	handler := sendAway(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }), done)
	asked := func() (int, string) {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		return answer.Code, answer.Header().Get("Connection")
	}
	if status, connection := asked(); status != http.StatusOK || connection != "" {
		t.Errorf("before: %d, Connection %q", status, connection)
	}
	close(done)
	if status, connection := asked(); status != http.StatusOK || connection != "close" {
		t.Errorf("after: %d, Connection %q", status, connection)
	}
}
