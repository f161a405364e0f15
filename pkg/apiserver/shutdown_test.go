package apiserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// shutdownLimit is how long a shutdown may take here. Nothing is measured by it.
const shutdownLimit = time.Minute

// stoppable runs a server until the returned function is called, and tells when it has ended.
func stoppable(t *testing.T, config *apiserver.Config) (server *apiserver.Server, stop func(), ended <-chan error) {
	t.Helper()
	server, err := config.New()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- server.Generic.PrepareRun().RunWithContext(ctx) }()
	waitReady(t, config)
	return server, cancel, done
}

// TestShutdownLetsRequestsEnd has a REST request under way when its server is told to
// stop: what it asks of the native API after that is not refused.
func TestShutdownLetsRequestsEnd(t *testing.T) {
	config := overEtcd(t, testserver.Start(t).Etcd, "/shutdown", "")
	server, stop, ended := stoppable(t, config)
	everyone, entered := apiserver.Everyone(), make(chan struct{}, 1)
	url := listen(t, server.RESTWith(apiserver.Authentication{Authenticator: authenticator.RequestFunc(func(r *http.Request) (*authenticator.Response, bool, error) {
		if r.Method == http.MethodPost {
			entered <- struct{}{}
		}
		return everyone.Authenticator.AuthenticateRequest(r)
	})}))
	body, send := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1/clusters", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	answered := make(chan string, 1)
	go func() {
		response, err := http.DefaultClient.Do(req)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		answered <- fmt.Sprint(response.StatusCode, " ", string(text), err)
	}()
	whole := cluster("dev")
	if _, err := send.Write([]byte(whole[:10])); err != nil {
		t.Fatal(err)
	}
	<-entered
	stop()
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if status, _, _ := exchange(t, http.MethodGet, url+"/api/v1/version", ""); status == http.StatusServiceUnavailable {
			break
		}
		if time.Since(begin) > shutdownLimit {
			t.Fatal("the server does not shut down")
		}
	}
	if _, err := send.Write([]byte(whole[10:])); err != nil {
		t.Fatal(err)
	}
	if err := send.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-answered; !strings.HasPrefix(got, "200 ") {
		t.Errorf("the request that was under way was answered with %s", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestShutdownEndsWatches has a native watch open, whose client does not leave.
func TestShutdownEndsWatches(t *testing.T) {
	config := overEtcd(t, testserver.Start(t).Etcd, "/watches", "")
	_, stop, ended := stoppable(t, config)
	client, err := config.InProcess.ClientFor(&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}})
	if err != nil {
		t.Fatal(err)
	}
	watch, err := client.KubenovaV1alpha1().Clusters().Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	stop()
	for open := true; open; {
		select {
		case _, open = <-watch.ResultChan():
		case <-time.After(shutdownLimit):
			t.Fatal("the watch goes on")
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
