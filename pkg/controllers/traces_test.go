package controllers_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
	"github.com/kubenova/kubenova/pkg/traces/otlp"
	"github.com/kubenova/kubenova/test/memorycluster"
)

// spans is an OpenTelemetry collector that keeps what it is sent.
type spans struct {
	collector.UnimplementedTraceServiceServer

	mu  sync.Mutex
	all []*tracev1.Span
}

// Export implements collector.TraceServiceServer.
func (s *spans) Export(_ context.Context, request *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			s.all = append(s.all, scope.Spans...)
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func (s *spans) list() []*tracev1.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

// find returns a span of a name that has an attribute.
func (s *spans) find(name, key, value string) *tracev1.Span {
	for _, span := range s.list() {
		if span.Name == name && attributeOf(span, key) == value {
			return span
		}
	}
	return nil
}

func attributeOf(span *tracev1.Span, key string) string {
	for _, attribute := range span.Attributes {
		if attribute.Key == key {
			return attribute.Value.GetStringValue()
		}
	}
	return ""
}

// above returns the names of a span and of those above it, and the topmost of them.
func (s *spans) above(span *tracev1.Span) (names []string, root *tracev1.Span) {
	all := s.list()
	for {
		names = append(names, span.Name)
		parent := slices.IndexFunc(all, func(other *tracev1.Span) bool { return string(other.SpanId) == string(span.ParentSpanId) })
		if parent < 0 {
			return names, span
		}
		span = all[parent]
	}
}

// newTracedPlatform is a platform whose server and controllers send every trace to a
// collector, as --tracing-config-file has them do. Its REST door authenticates.
func newTracedPlatform(t *testing.T) (*platform, *spans) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	received, server := &spans{}, grpc.NewServer()
	collector.RegisterTraceServiceServer(server, received)
	go func() { _ = server.Serve(listener) }() // the exporter tells of a server that fails
	t.Cleanup(server.Stop)
	file := filepath.Join(t.TempDir(), "tracing.yaml")
	config := "apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\nsamplingRatePerMillion: 1000000\nendpoint: " + listener.Addr().String() + "\n"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	tracer, err := otlp.New(file, "kubenova")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlatform(t, testserver.WithAuth, func(o *standalone.Options) { o.Tracer = tracer })
	p.tracer = tracer
	return p, received
}

// token returns a token of a user who is not privileged.
func (p *platform) token() string {
	p.Helper()
	issued, err := p.api.Tokens().Create(p.Context(), &v1alpha1.Token{Spec: v1alpha1.TokenSpec{Subject: "ann@example.com", Roles: []string{"admin"}}}, metav1.CreateOptions{})
	p.must(err)
	return issued.Status.Token
}

// post sends a request to the REST door, with headers.
func (p *platform) post(path, body string, headers map[string]string) {
	p.Helper()
	request, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.server.URL+"/api/v1"+path, strings.NewReader(body))
	p.must(err)
	request.Header.Set("Content-Type", "application/json")
	for key, value := range headers {
		request.Header.Set(key, value)
	}
	response, err := http.DefaultClient.Do(request)
	p.must(err)
	answer, err := io.ReadAll(response.Body)
	p.must(err)
	p.must(response.Body.Close())
	if response.StatusCode >= 300 {
		p.Fatalf("POST %s: %d %s", path, response.StatusCode, answer)
	}
	if strings.Contains(string(answer), v1alpha1.AnnotationTrace) {
		p.Errorf("POST %s shows the trace: %s", path, answer)
	}
}

// TestOneTrace follows requests of the REST door through the API server, etcd and the
// controllers to what is applied on a cluster.
func TestOneTrace(t *testing.T) {
	p, received := newTracedPlatform(t)
	p.start()
	const theirs, canary, tenants = "4bf92f3577b34da6a3ce929d0e0e4736", "canary-of-a-caller-77aa", "/clusters/dev/tenants"
	token := p.token()
	headers := map[string]string{"Authorization": "Bearer " + token, "Baggage": "secret=" + canary, "Traceparent": "00-" + theirs + "-00f067aa0ba902b7-01"}
	p.post(tenants+"?pretty=true", `{"name":"acme","annotations":{"note":"`+canary+`","`+v1alpha1.AnnotationTrace+`":"x"}}`, headers)
	p.post(tenants+"/acme/projects", `{"name":"web"}`, headers)
	app := `{"name":"hello","components":[{"name":"web","type":"webservice","properties":{"image":"nginx","env":[{"name":"PASSWORD","value":"` + canary + `"}]}}]}`
	p.post(tenants+"/acme/projects/web/apps", app, headers)
	p.post(tenants+"/acme/projects/web/apps/hello:deploy", "", headers)
	eventually(t, "the app to run", func() bool { return p.running(1) })

	for _, test := range []struct{ door, inner, reconcile, applied string }{
		{"POST /api/v1/clusters/{cluster}/tenants", "POST /apis/kubenova.io/v1alpha1/tenants", "reconcile tenant", "/apis/capsule.clastix.io/v1beta2/tenants/acme"},
		{"POST /api/v1/clusters/{cluster}/tenants/{tenant}/projects", "POST /apis/kubenova.io/v1alpha1/namespaces/{:namespace}/projects", "reconcile project", "/api/v1/namespaces/acme--web"},
		{"POST /api/v1/clusters/{cluster}/tenants/{tenant}/projects/{project}/apps/{app}/:deploy", "POST /apis/kubenova.io/v1alpha1/namespaces/{:namespace}/apps/{:name}/deploy", "reconcile app", "/apis/core.oam.dev/v1beta1/namespaces/acme--web/applications/hello"},
	} {
		var applied *tracev1.Span
		eventually(t, "the trace of "+test.applied, func() bool {
			applied = received.find("request PATCH", "url.path", test.applied)
			if applied == nil {
				return false
			}
			_, root := received.above(applied)
			return root.Name == test.door
		})
		names, root := received.above(applied)
		for _, name := range []string{test.reconcile, test.inner} {
			if !slices.Contains(names, name) {
				t.Errorf("%s is not in the way to what was applied: %v", name, names)
			}
		}
		if string(applied.TraceId) != string(root.TraceId) || hex.EncodeToString(root.TraceId) == theirs {
			t.Errorf("the trace of %s is %x, that of the door %x", test.applied, applied.TraceId, root.TraceId)
		}
		if len(root.Links) != 1 || hex.EncodeToString(root.Links[0].TraceId) != theirs {
			t.Errorf("the caller's own trace is not linked: %v", root.Links)
		}
		if !slices.ContainsFunc(received.list(), func(span *tracev1.Span) bool {
			return span.Name == "etcdserverpb.KV/Txn" && string(span.TraceId) == string(root.TraceId)
		}) {
			t.Errorf("the trace of %s has no write to etcd", test.applied)
		}
	}
	address, err := url.Parse(p.target.URL)
	p.must(err)
	text := fmt.Sprint(received.list())
	for what, secret := range map[string]string{"credentials": memorycluster.Token, "token": token, "token's signature": strings.Split(token, ".")[2], "content": canary, "address": address.Host} {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("the %s is in a span: …%.300s", what, text[max(0, at-200):])
		}
	}
}

// TestNoTraceIsKeptUnlessRecorded has a caller ask for a trace of a server that records
// none.
func TestNoTraceIsKeptUnlessRecorded(t *testing.T) {
	p := newPlatform(t)
	p.start()
	forged := map[string]string{"Traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
	p.post("/clusters/dev/tenants", `{"name":"acme","annotations":{"`+v1alpha1.AnnotationTrace+`":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01@2999-01-01T00:00:00Z"}}`, forged)
	var tenant *v1alpha1.Tenant
	eventually(t, "the tenant to be ready", func() bool {
		var err error
		tenant, err = p.api.Tenants().Get(t.Context(), "acme", metav1.GetOptions{})
		p.must(err)
		return meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady)
	})
	if stamp, found := tenant.Annotations[v1alpha1.AnnotationTrace]; found {
		t.Errorf("the tenant says %q of a trace", stamp)
	}
}
