package apiserver_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	mutatingwebhook "k8s.io/apiserver/pkg/admission/plugin/webhook/mutating"
	auditapi "k8s.io/apiserver/pkg/apis/audit"
	"k8s.io/apiserver/pkg/audit/policy"
	"k8s.io/apiserver/pkg/authentication/user"
	genericoptions "k8s.io/apiserver/pkg/server/options"

	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/inprocess"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// curious stands where a mutating webhook does: it keeps what it sees and
// changes what it can.
type curious struct {
	mu   sync.Mutex
	seen []string
}

func (c *curious) Handles(admission.Operation) bool { return true }

func (c *curious) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	c.keep(a)
	switch object := a.GetObject().(type) {
	case *v1alpha1.ClusterKubeconfig:
		object.Spec.Kubeconfig = []byte("changed by admission")
	case *v1alpha1.Cluster:
		object.Labels = map[string]string{"changed-by": "admission"}
	}
	return nil
}

func (c *curious) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	c.keep(a)
	return nil
}

func (c *curious) keep(a admission.Attributes) {
	c.mu.Lock()
	defer c.mu.Unlock()
	raw, err := json.Marshal([]any{a.GetResource().Resource, a.GetSubresource(), a.GetObject(), a.GetOldObject()})
	if err != nil {
		panic(err)
	}
	c.seen = append(c.seen, string(raw))
}

// auditLog keeps audit events.
type auditLog struct {
	mu     sync.Mutex
	events []auditapi.Event
}

func (*auditLog) Run(<-chan struct{}) error { return nil }
func (*auditLog) Shutdown()                 {}
func (*auditLog) String() string            { return "test" }
func (l *auditLog) ProcessEvents(events ...*auditapi.Event) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, event := range events {
		l.events = append(l.events, *event.DeepCopy())
	}
	return true
}

const encryption = `{"apiVersion":"apiserver.config.k8s.io/v1","kind":"EncryptionConfiguration","resources":[{"resources":["*.kubenova.io"],
	"providers":[{"secretbox":{"keys":[{"name":"first","secret":"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}]}}]}]}`

// startWatched runs a server whose admission and audit log are those given.
func startWatched(t *testing.T, plugin admission.Interface, log *auditLog) *inprocess.Server {
	t.Helper()
	encryptionFile := filepath.Join(t.TempDir(), "encryption.yaml")
	if err := os.WriteFile(encryptionFile, []byte(encryption), 0o600); err != nil {
		t.Fatal(err)
	}
	// Only the etcd of this one is used.
	config := overEtcd(t, testserver.Start(t).Etcd, "/registry/watched", encryptionFile)
	options := apiserver.AdmissionOptions(genericoptions.NewAdmissionOptions(), config.Parents, config.Quota)
	config.Generic.AdmissionControl = admission.NewChainHandler(
		options.Decorators.Decorate(parents.New(config.Parents), parents.PluginName),
		options.Decorators.Decorate(plugin, mutatingwebhook.PluginName))
	config.Generic.AuditBackend = log
	config.Generic.AuditPolicyRuleEvaluator = policy.NewFakePolicyRuleEvaluator(auditapi.LevelRequestResponse, nil)
	run(t, config)
	return config.InProcess
}

func TestCredentialsReachNeitherAdmissionNorAudit(t *testing.T) {
	const canary = "canary-5f0c"
	plugin, log := &curious{}, &auditLog{}
	client, err := startWatched(t, plugin, log).ClientFor(&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, clusters := t.Context(), client.KubenovaV1alpha1().Clusters()
	cluster, err := clusters.Create(ctx, &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if cluster.Labels["changed-by"] != "admission" {
		t.Error("admission did not run, or its changes of other objects are lost")
	}
	kubeconfig := `{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
		"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],"users":[{"name":"u","user":{"token":"` + canary + `"}}]}`
	if _, err := clusters.CreateKubeconfig(ctx, "dev", &v1alpha1.ClusterKubeconfig{
		Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: []byte(kubeconfig)}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	stored, err := clusters.GetKubeconfig(ctx, "dev", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(stored.Spec.Kubeconfig), canary) {
		t.Errorf("what is stored is not what was sent: %q", stored.Spec.Kubeconfig)
	}
	plugin.check(t)
	log.check(t)
}

func (c *curious) check(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := 0
	for _, seen := range c.seen {
		if !strings.HasPrefix(seen, `["clusters","kubeconfig"`) {
			continue
		}
		asked++
		if strings.Contains(seen, `"kubeconfig":"`) {
			t.Errorf("admission sees %s", seen)
		}
	}
	if asked < 2 {
		t.Errorf("admission was asked %d times about credentials, want at least twice", asked)
	}
}

func (l *auditLog) check(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	bodies, credentials := 0, 0
	for _, event := range l.events {
		if event.ObjectRef == nil || event.Stage != auditapi.StageResponseComplete {
			continue
		}
		if event.ObjectRef.Subresource != "kubeconfig" {
			if event.RequestObject != nil {
				bodies++
			}
			continue
		}
		credentials++
		if event.RequestObject != nil || event.ResponseObject != nil || event.Level != auditapi.LevelMetadata {
			t.Errorf("the audit log has, at level %s, of a %s: %s %s", event.Level, event.Verb, event.RequestObject, event.ResponseObject)
		}
	}
	if bodies == 0 || credentials != 2 {
		t.Errorf("the audit log has %d other bodies and %d events about credentials, want some and 2", bodies, credentials)
	}
}
