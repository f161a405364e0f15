package apiserver_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// broken is an admission plugin that panics, or waits until it is let go, for
// clusters of these names.
type broken struct {
	entered chan struct{}
	letGo   chan struct{}
}

func (broken) Handles(operation admission.Operation) bool { return operation == admission.Create }

func (b broken) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	switch a.GetName() {
	case "panic":
		panic("admission is broken")
	case "slow":
		b.entered <- struct{}{}
		<-b.letGo
	}
	return nil
}

// panics has the chain itself panic.
func panics() apiserver.Authentication {
	return apiserver.Authentication{Authenticator: authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
		panic("the authenticator is broken")
	})}
}

// asUser has every caller be one whom the limits of the native API hold for.
func asUser() apiserver.Authentication {
	caller := &user.DefaultInfo{Name: "alice", Groups: []string{user.AllAuthenticated}}
	return apiserver.Authentication{Authenticator: authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
		return &authenticator.Response{User: caller}, true, nil
	})}
}

// TestEveryAnswerOfTheChainIsInTheErrorModel has each filter answer that stands
// before the facade, and each of the native API that the facade hears from.
func TestEveryAnswerOfTheChainIsInTheErrorModel(t *testing.T) {
	b := broken{make(chan struct{}), make(chan struct{})}
	config := overEtcd(t, testserver.Start(t).Etcd, "/chain", "")
	config.Generic.AdmissionControl = admission.NewChainHandler(parents.New(config.Parents), b)
	config.Generic.MaxMutatingRequestsInFlight = 1
	config.Generic.RequestTimeout = 3 * time.Second
	server := run(t, config)
	url := listen(t, server.RESTWith(asUser()))
	wantAnswer(t, http.MethodGet, listen(t, server.RESTWith(panics()))+"/api/v1/me", "", 500)

	wantAnswer(t, http.MethodGet, url+"/", "", 404)
	wantAnswer(t, http.MethodGet, url+"/apis", "", 404)
	wantAnswer(t, http.MethodGet, url+"/api/v1x", "", 404)
	wantAnswer(t, http.MethodGet, url+"/api/v1/nothing", "", 404)
	wantAnswer(t, http.MethodPost, url+"/api/v1/clusters", cluster("panic"), 500)
	wantAnswer(t, http.MethodPost, url+"/api/v1/clusters", strings.Repeat(" ", 1<<20+1), 413)

	// One request takes the only seat of the native API, and too long besides.
	slow := make(chan struct{})
	go func() {
		defer close(slow)
		wantAnswer(t, http.MethodPost, url+"/api/v1/clusters", cluster("slow"), 503)
	}()
	<-b.entered
	wantAnswer(t, http.MethodPost, url+"/api/v1/clusters", cluster("dev"), 429)
	<-slow
	close(b.letGo)

	config.Generic.NonLongRunningRequestWaitGroup.Wait()
	wantAnswer(t, http.MethodGet, url+"/api/v1/version", "", 503)
	if status, _, body := exchange(t, http.MethodGet, url+"/api/v1/healthz", ""); status != http.StatusOK {
		t.Errorf("while shutting down, healthz answers %d %s", status, body)
	}
}

// listen serves a REST door on plain HTTP until the test ends.
func listen(t *testing.T, door http.Handler) string {
	t.Helper()
	listener, err := apiserver.ListenLoopback(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- apiserver.ServeHTTP(ctx, listener, door) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

func cluster(name string) string {
	kubeconfig := `{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
		"clusters":[{"name":"c","cluster":{"server":"https://192.0.2.1:1"}}],"users":[{"name":"u","user":{"token":"x"}}]}`
	return fmt.Sprintf(`{"name":%q,"kubeconfig":%q}`, name, base64.StdEncoding.EncodeToString([]byte(kubeconfig)))
}

func exchange(t *testing.T, method, url, body string) (int, http.Header, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Errorf("%s %s: %v", method, url, err)
		return 0, http.Header{}, nil
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("%s %s: %v", method, url, err)
	}
	return response.StatusCode, response.Header, answer
}

// wantAnswer checks that a request is refused in the error model, and that what
// can be tried again says when.
func wantAnswer(t *testing.T, method, url, body string, want int) {
	t.Helper()
	status, header, answer := exchange(t, method, url, body)
	var problem struct{ Code, Message string }
	if err := json.Unmarshal(answer, &problem); err != nil {
		t.Errorf("%s %s answers %d %q, which is not JSON: %v", method, url, status, answer, err)
		return
	}
	if status != want || problem.Code != fmt.Sprintf("KN-%d", want) || problem.Message == "" || strings.Contains(problem.Message, "broken") {
		t.Errorf("%s %s answers %d %s, want %d", method, url, status, answer, want)
	}
	if got := header.Get("Content-Type"); got != "application/json" {
		t.Errorf("%s %s: the content type is %s", method, url, got)
	}
	if again := header.Get("Retry-After"); (again != "") != (want == 429 || want == 503) {
		t.Errorf("%s %s answers %d with Retry-After %q", method, url, status, again)
	}
}
