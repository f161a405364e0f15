package plugin_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/plugin"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// shell runs commands of the plugin against a server.
type shell struct {
	t          *testing.T
	server     *testserver.Server
	kubeconfig string
	// stdin is what the user types, and said what the last command wrote for people
	// beside its output.
	stdin, said string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	t.Setenv("NO_COLOR", "")
	server := testserver.Start(t)
	return &shell{t: t, server: server, kubeconfig: server.AdminKubeconfig()}
}

// try runs a command and returns what it printed.
func (s *shell) try(args ...string) (string, error) {
	s.t.Helper()
	streams, in, out, errOut := genericiooptions.NewTestIOStreams()
	in.WriteString(s.stdin)
	command := plugin.NewCommand(streams)
	command.SetArgs(append([]string{"--kubeconfig", s.kubeconfig}, args...))
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	err := command.ExecuteContext(ctx)
	s.said = errOut.String()
	return out.String(), err
}

// run is try for commands that must work and print something.
func (s *shell) run(want string, args ...string) {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("%v: %s", args, plugin.Explain(err))
	}
	if !strings.Contains(out, want) {
		s.t.Errorf("%v: got\n%s\nwant %q in it", args, out, want)
	}
}

// fails is try for commands that must fail with a message that helps.
func (s *shell) fails(want string, args ...string) {
	s.t.Helper()
	_, err := s.try(args...)
	if err == nil {
		s.t.Fatalf("%v: no error", args)
	}
	if message := plugin.Explain(err); !strings.Contains(message, want) {
		s.t.Errorf("%v: got %q, want %q in it", args, message, want)
	}
}

const target = `apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: a}}, {name: plugin, context: {cluster: a, user: plugin}},
  {name: both, context: {cluster: a, user: both, extensions: [{name: minikube, extension: {version: v1}}]}}]
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]
users:
- {name: a, user: {token: secret-token}}
- {name: both, user: {token: secret-token, exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: [/never], interactiveMode: Never}}}
- {name: plugin, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, args: [/never], interactiveMode: Never}}}
`

func TestPlatformAndApps(t *testing.T) {
	s := newShell(t)
	file := filepath.Join(t.TempDir(), "target")
	if err := os.WriteFile(file, []byte(target), 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails("which KubeNova does not run", "cluster", "register", "dev", "--target-kubeconfig", file, "--target-context", "plugin")
	s.run("dev registered", "cluster", "register", "dev", "--target-kubeconfig", file, "--labels", "env=dev")
	s.run("both registered", "cluster", "register", "both", "--target-kubeconfig", file, "--target-context", "both")
	if !strings.Contains(s.said, `warning: user "both" also gets credentials from a plugin (touch)`) {
		t.Errorf("of the plugin it said %q", s.said)
	}
	s.fails("kubectl config get-contexts", "cluster", "register", "other", "--target-kubeconfig", file, "--target-context", "missing")
	s.run("tenancy requested", "cluster", "bootstrap", "dev", "tenancy", "--wait=false")
	s.fails("is no component", "cluster", "bootstrap", "dev", "nothing", "--wait=false")

	s.run("tenant.kubenova.io/acme created", "tenant", "create", "acme", "--on", "dev", "--owner", "alice@example.com")
	s.run("project.kubenova.io/web created", "project", "create", "web", "-t", "acme")
	s.fails("--tenant", "project", "create", "web")
	s.fails("kubectl kubenova project list", "access", "list", "-t", "nobody", "-p", "web")

	s.run("access changed", "access", "grant", "dev@example.com", "--role", "projectDev", "-t", "acme", "-p", "web")
	s.run("access changed", "access", "grant", "group:ops", "--role", "readOnly", "-t", "acme", "-p", "web")
	s.run("dev@example.com", "access", "list", "-t", "acme", "-p", "web")
	s.run("owner of tenant acme", "access", "list", "-t", "acme", "-p", "web")
	s.run("access changed", "access", "revoke", "dev@example.com", "-t", "acme", "-p", "web")
	project, err := s.server.Client.KubenovaV1alpha1().Projects("kn-acme").Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(project.Spec.Access) != 1 || project.Spec.Access[0].Name != "ops" || project.Spec.Access[0].Kind != v1alpha1.SubjectGroup {
		t.Errorf("members are %v", project.Spec.Access)
	}
}

func TestDeployDiffHistory(t *testing.T) {
	s := newShell(t)
	api := s.server.Client.KubenovaV1alpha1()
	place := []string{"-t", "acme", "-p", "web"}
	in := func(args ...string) []string { return append(args, place...) }
	if _, err := api.Clusters().Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.run("created", "tenant", "create", "acme", "--on", "dev")
	s.run("created", "project", "create", "web", "-t", "acme")
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "hello"}}
	if _, err := api.Apps("kn-acme--web").Create(t.Context(), app, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.fails("never deployed", in("app", "diff", "hello")...)
	s.run("revision 1", in("app", "deploy", "hello", "--wait=false")...)
	s.run("no difference", in("app", "diff", "hello")...)

	patch := `{"spec":{"components":[{"name":"web","type":"webservice","properties":{"image":"nginx:1.25.3"}}]}}`
	if _, err := api.Apps("kn-acme--web").Patch(t.Context(), "hello", "application/merge-patch+json", []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	s.run("nginx:1.25.3", in("app", "diff", "hello")...)
	s.run("revision 2", in("app", "deploy", "hello", "--wait=false")...)
	s.run("components[web]", in("app", "diff", "hello", "1", "2")...)
	s.run("2 ", in("app", "history", "hello")...)
	set := &v1alpha1.PolicySet{ObjectMeta: metav1.ObjectMeta{Name: "two"}, Spec: v1alpha1.PolicySetSpec{
		AttachedTo: []v1alpha1.Attachment{{Tenant: "acme", Project: "web"}},
		Rules: []v1alpha1.PolicyRule{{Kind: "vela.trait", Spec: v1alpha1.PolicyRuleSpec{
			Type: "scaler", Properties: &runtime.RawExtension{Raw: []byte(`{"replicas":2}`)},
		}}},
	}}
	if _, err := api.PolicySets("kn-acme").Create(t.Context(), set, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.run("components[web].traits[scaler]  (policyset/two/rules[0])\n", in("app", "diff", "hello")...)
	s.run("\x1b[90m(policyset/two/rules[0])\x1b[0m\n\x1b[32m  + ", in("app", "diff", "hello", "--color", "always")...)
	s.run(`"origin": "policyset/two/rules[0]"`, in("app", "diff", "hello", "-o", "json")...)
	s.fails("revision 7 is not kept", in("app", "diff", "hello", "7")...)
	s.fails("kubectl kubenova app list", in("app", "status", "missing")...)
	s.run("hello: ", in("app", "status", "hello")...)
}

func TestKubeconfigsNamespaceNamesThePlace(t *testing.T) {
	s := newShell(t)
	config, err := clientcmd.LoadFromFile(s.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts[config.CurrentContext].Namespace = "kn-acme--web"
	s.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, s.kubeconfig); err != nil {
		t.Fatal(err)
	}
	s.fails(`apps.kubenova.io "hello" not found`, "app", "status", "hello")
}
