package apiserver_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestSecretsAreInNoLogMetricTraceOrStore sends secrets through both doors, well
// and badly, and looks for them wherever operators and others look: the log, all
// metrics, all traces, the audit log, and what is in etcd.
func TestSecretsAreInNoLogMetricTraceOrStore(t *testing.T) {
	log := captureLog(t, "6")
	dataDir := t.TempDir()
	server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	config := overEtcd(t, server.Etcd, apiserver.DefaultEtcdPrefix, filepath.Join(dataDir, "encryption.yaml"))
	spans := tracetest.NewSpanRecorder()
	config.Trace(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans), sdktrace.WithSampler(sdktrace.AlwaysSample())),
		storagebackend.NewDefaultConfig("", nil)) // its storage has been applied
	rest := httptest.NewServer(run(t, config).RESTWith(apiserver.Everyone()))
	defer rest.Close()
	root := &user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}}
	client, err := config.InProcess.ClientFor(root)
	if err != nil {
		t.Fatal(err)
	}

	secrets := spread(t, rest.URL)
	native := client.KubenovaV1alpha1()
	issued, err := native.Tokens().Create(t.Context(), &v1alpha1.Token{Spec: v1alpha1.TokenSpec{Subject: "ann", Roles: []string{"ops"}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	app, err := native.Apps(v1alpha1.ProjectNamespace("acme", "web")).Get(t.Context(), "hello", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := json.Marshal(app); err != nil || !bytes.Contains(raw, []byte(secrets[1])) {
		t.Fatalf("the secret of the app did not arrive: %s, %v", raw, err)
	}
	secrets = append(secrets, issued.Status.Token, strings.Split(issued.Status.Token, ".")[2])

	kube, err := kubernetes.NewForConfig(config.InProcess.ConfigFor(root))
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := kube.Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{
		"log": log(), "metrics": string(metrics), "traces": fmt.Sprintf("%+v", tracetest.SpanStubsFromReadOnlySpans(spans.Ended())),
		"etcd": stored(t, server.Etcd),
	}
	// Each place has to hold what it is for.
	for place, sign := range map[string]string{"log": "verb=", "metrics": "apiserver_request_total", "traces": "POST /api/v1/clusters/{cluster}/tenants", "etcd": "k8s:enc:secretbox:v1:"} {
		if !strings.Contains(places[place], sign) {
			t.Errorf("the %s does not even hold %q: %.300s", place, sign, places[place])
		}
	}
	for place, text := range places {
		for i, secret := range secrets {
			for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
				if at := strings.Index(text, form); at >= 0 {
					t.Errorf("secret %d is in the %s: …%.200s", i, place, text[max(0, at-100):])
				}
			}
		}
	}
	for _, secret := range secrets {
		if files := filesContaining(t, dataDir, secret); len(files) > 0 {
			t.Errorf("a secret is in %v", files)
		}
	}
}

// spread sends secrets through the REST door, also in requests that are refused,
// and returns them.
func spread(t *testing.T, url string) []string {
	t.Helper()
	const ofCluster, ofApp, refused = "canary-of-a-cluster-81c2", "canary-of-an-app-93d7", "canary-that-is-refused-4e0b"
	kubeconfig := func(token string) string {
		return base64.StdEncoding.EncodeToString([]byte(`{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
		"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],"users":[{"name":"u","user":{` + token + `}}]}`))
	}
	app := func(name, value string) string {
		return `{"name":"` + name + `","components":[{"name":"web","type":"webservice","properties":{"image":"nginx","env":[{"name":"PASSWORD","value":"` + value + `"}]}}]}`
	}
	apps := "/clusters/dev/tenants/acme/projects/web/apps"
	for i, request := range []struct {
		path, body string
		status     int
	}{
		{"/clusters", `{"name":"dev","kubeconfig":"` + kubeconfig(`"token":"`+ofCluster+`"`) + `"}`, 200},
		{"/clusters", `{"name":"bad","kubeconfig":"` + kubeconfig(`"token":"`+refused+`","exec":{"command":"x"}`) + `"}`, 422},
		{"/clusters/dev/tenants", `{"name":"acme"}`, 200},
		{"/clusters/dev/tenants/acme/projects", `{"name":"web"}`, 200},
		{apps, app("hello", ofApp), 200},
		{apps, app("Not A Name", refused), 422},
		{apps, app("hello", refused), 409},
		{apps, `{"name":"x","secret":"` + refused + `"}`, 422},
		{apps + "/hello:deploy", "", 202},
	} {
		status, body := post(t, url, request.path, request.body, fmt.Sprint("canary-", i))
		if status != request.status {
			t.Fatalf("POST %s: %d %s", request.path, status, body)
		}
		if strings.Contains(body, refused) || strings.Contains(body, ofCluster) {
			t.Errorf("POST %s answers with the secret: %s", request.path, body)
		}
	}
	return []string{ofCluster, ofApp, refused}
}

// captureLog has klog write to memory with a verbosity until the test ends, and
// returns what it wrote.
func captureLog(t *testing.T, verbosity string) func() string {
	t.Helper()
	var written lockedBuffer
	flags := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(flags)
	state := klog.CaptureState()
	t.Cleanup(state.Restore)
	for name, value := range map[string]string{"v": verbosity, "logtostderr": "false", "alsologtostderr": "false", "stderrthreshold": "FATAL"} {
		if err := flags.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	klog.SetOutput(&written)
	return func() string {
		klog.Flush()
		return written.String()
	}
}

// lockedBuffer is a buffer that many write to.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// stored returns everything that is in etcd.
func stored(t *testing.T, endpoint string) string {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	all, err := client.Get(t.Context(), "\x00", clientv3.WithFromKey())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, kv := range all.Kvs {
		text.Write(kv.Key)
		text.Write(kv.Value)
	}
	return text.String()
}
