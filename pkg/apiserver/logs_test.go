package apiserver_test

import (
	"bufio"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// podServer is a cluster with pods that write one line and run on.
type podServer struct {
	*httptest.Server

	pods atomic.Pointer[[]string]
}

func newPodServer(t *testing.T, pods ...string) *podServer {
	t.Helper()
	s := &podServer{}
	s.pods.Store(&pods)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s
}

func (s *podServer) serve(w http.ResponseWriter, r *http.Request) {
	name, isLog := strings.CutSuffix(r.URL.Path, "/log")
	switch {
	case isLog:
		_, _ = fmt.Fprintf(w, "2026-01-01T00:00:00Z says %s\n", name[strings.LastIndex(name, "/")+1:])
		w.(http.Flusher).Flush()
		if r.URL.Query().Get("follow") == "true" {
			<-r.Context().Done()
		}
	case strings.HasSuffix(r.URL.Path, "/namespaces/acme--web/pods"):
		var items []string
		for _, pod := range *s.pods.Load() {
			items = append(items, fmt.Sprintf(`{"metadata":{"name":%q,"uid":%q},"spec":{"containers":[{"name":"web"}]},"status":{"phase":"Running"}}`, pod, pod))
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"kind":"PodList","apiVersion":"v1","items":[%s]}`, strings.Join(items, ","))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *podServer) kubeconfig() []byte {
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	return fmt.Appendf(nil, `{"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],
		"users":[{"name":"u","user":{"token":"t"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}]}`, s.URL, ca)
}

// followed opens the logs of hello as alice.
func followed(t *testing.T, server *testserver.Server) (io.ReadCloser, error) {
	t.Helper()
	return server.ClientFor(t, "alice", "system:authenticated").KubenovaV1alpha1().RESTClient().Get().Namespace("kn-acme--web").
		Resource("apps").Name("hello").SubResource("logs").Param("component", "web").Param("follow", "true").Stream(t.Context())
}

// startWithPods starts a server with an app of alice's, whose pods a cluster has.
func startWithPods(t *testing.T, pods ...string) (*testserver.Server, *podServer) {
	t.Helper()
	server, cluster := testserver.Start(t), newPodServer(t, pods...)
	api := server.Client.KubenovaV1alpha1()
	must2(api.Clusters().Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{}))(t)
	must2(api.Clusters().CreateKubeconfig(t.Context(), "dev", &v1alpha1.ClusterKubeconfig{
		ObjectMeta: metav1.ObjectMeta{Name: "dev"}, Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: cluster.kubeconfig()},
	}, metav1.CreateOptions{}))(t)
	must2(api.Tenants().Create(t.Context(), &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme"},
		Spec:       v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: "dev"}, Owners: []v1alpha1.Subject{{Name: "alice"}}},
	}, metav1.CreateOptions{}))(t)
	must2(api.Projects("kn-acme").Create(t.Context(), &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "web"}}, metav1.CreateOptions{}))(t)
	must2(api.Apps("kn-acme--web").Create(t.Context(), &v1alpha1.App{
		ObjectMeta: metav1.ObjectMeta{Name: "hello"}, Spec: v1alpha1.AppSpec{Components: []v1alpha1.Component{webservice("nginx")}},
	}, metav1.CreateOptions{}))(t)
	return server, cluster
}

// TestFollowedLogs follows natively, while a pod starts and until the caller is no
// owner any more.
func TestFollowedLogs(t *testing.T) {
	server, cluster := startWithPods(t, "one")
	log := must2(followed(t, server))(t)
	defer func() { _ = log.Close() }()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(log); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	next := func(within time.Duration) (string, bool) {
		select {
		case line, open := <-lines:
			return line, open
		case <-time.After(within):
			return "nothing", true
		}
	}
	if line, _ := next(10 * time.Second); !strings.Contains(line, "says one") {
		t.Fatalf("got %s", line)
	}
	cluster.pods.Store(&[]string{"one", "two"})
	if line, _ := next(10 * time.Second); !strings.Contains(line, "says two") {
		t.Errorf("of a pod that started later came %s", line)
	}
	if line, _ := next(4 * time.Second); line != "nothing" {
		t.Errorf("then came %s", line)
	}
	tenant := must2(server.Client.KubenovaV1alpha1().Tenants().Get(t.Context(), "acme", metav1.GetOptions{}))(t)
	tenant.Spec.Owners = nil
	must2(server.Client.KubenovaV1alpha1().Tenants().Update(t.Context(), tenant, metav1.UpdateOptions{}))(t)
	begun := time.Now()
	if line, open := next(5 * time.Second); open {
		t.Errorf("who is no owner any more still follows, and got %s", line)
	}
	t.Logf("it ended after %s", time.Since(begun).Round(100*time.Millisecond))
}

// TestLogsOfATenantAreBounded opens as many logs as there can be, and one more.
func TestLogsOfATenantAreBounded(t *testing.T) {
	server, _ := startWithPods(t, "one")
	const most = 16
	var logs []io.ReadCloser
	for range most {
		logs = append(logs, must2(followed(t, server))(t))
	}
	_, err := followed(t, server)
	if seconds, retry := apierrors.SuggestsClientDelay(err); !apierrors.IsTooManyRequests(err) || !retry || seconds < 1 {
		t.Errorf("one more: got %v, want 429 with Retry-After", err)
	}
	if err := logs[0].Close(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		log, err := followed(t, server)
		if err == nil {
			_ = log.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after one was closed: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, log := range logs[1:] {
		_ = log.Close()
	}
}
