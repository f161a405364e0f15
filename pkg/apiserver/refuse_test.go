package apiserver

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/apiserver/pkg/endpoints/request"
)

// wantProblem checks that an answer is an error of the REST door's model.
func wantProblem(t *testing.T, recorder *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var body struct{ Code, Message string }
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
		t.Errorf("the answer %q is not JSON: %v", recorder.Body, err)
	}
	if recorder.Code != status || body.Code != code || body.Message == "" {
		t.Errorf("answered %d %+v, want %d with code %s", recorder.Code, body, status, code)
	}
	if got := recorder.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("the content type is %s", got)
	}
}

func serve(handler http.Handler, change func(*http.Request)) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "http://localhost/api/v1/clusters", http.NoBody)
	change(req)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	return recorder
}

func TestImpersonationIsRefused(t *testing.T) {
	handler := refuseImpersonation(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, header := range []string{"Impersonate-User", "Impersonate-Group", "Impersonate-Uid", "Impersonate-Extra-Roles", "impersonate-user"} {
		recorder := serve(handler, func(req *http.Request) { req.Header[header] = []string{"alice"} })
		wantProblem(t, recorder, http.StatusBadRequest, "KN-400")
	}
	if recorder := serve(handler, func(*http.Request) {}); recorder.Code != http.StatusOK {
		t.Errorf("a request without impersonation: %d", recorder.Code)
	}
}

func TestWebPagesAreRefusedInTheErrorModel(t *testing.T) {
	handler := RefuseWebPages(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	recorder := serve(handler, func(req *http.Request) { req.Header.Set("Sec-Fetch-Site", "cross-site") })
	wantProblem(t, recorder, http.StatusForbidden, "KN-403")
}

func TestRequestsInFlightAreLimited(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	longRunning := func(req *http.Request, _ *request.RequestInfo) bool { return req.Header.Get("Long") != "" }
	handler := withMaxInFlight(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Stay") != "" {
			entered <- struct{}{}
			<-leave
		}
	}), make(chan struct{}, 1), longRunning)
	left := make(chan struct{})
	go func() {
		defer close(left)
		serve(handler, func(req *http.Request) { req.Header.Set("Stay", "yes") })
	}()
	<-entered
	refused := serve(handler, func(*http.Request) {})
	wantProblem(t, refused, http.StatusTooManyRequests, "KN-429")
	if refused.Header().Get("Retry-After") == "" {
		t.Error("the refusal does not say when to try again")
	}
	if recorder := serve(handler, func(req *http.Request) { req.Header.Set("Long", "yes") }); recorder.Code != http.StatusOK {
		t.Errorf("a long-running request was counted: %d", recorder.Code)
	}
	close(leave)
	<-left
	if recorder := serve(handler, func(*http.Request) {}); recorder.Code != http.StatusOK {
		t.Errorf("a seat was not given back: %d", recorder.Code)
	}
}

// TestAPanicInTheMiddleCutsTheAnswerOff makes sure that half an answer is not
// taken for a whole one, and that streams still flush behind the filter.
func TestAPanicInTheMiddleCutsTheAnswerOff(t *testing.T) {
	server := httptest.NewServer(withRecovery(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write([]byte("half")); err != nil {
			t.Error(err)
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		panic("broken")
	})))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err == nil || string(body) != "half" {
		t.Errorf("read %q and %v, want half and an error", body, err)
	}
}
