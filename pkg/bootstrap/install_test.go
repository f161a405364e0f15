//go:build e2e

package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/release/common"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// emptyCluster is a cluster without Capsule and KubeVela: hack/e2e.sh starts
// one and names its kubeconfig.
type emptyCluster struct {
	t      *testing.T
	config *rest.Config
	typed  *kubernetes.Clientset
	target *target
	self   subject
}

func newEmptyCluster(t *testing.T) *emptyCluster {
	t.Helper()
	file := os.Getenv("BOOTSTRAP_KUBECONFIG")
	if file == "" {
		t.Fatal("BOOTSTRAP_KUBECONFIG names no kubeconfig: run this with make e2e")
	}
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	c := &emptyCluster{t: t, config: config, target: &target{config: config, wait: time.Minute}}
	if c.typed, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	if c.self, err = c.target.identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *emptyCluster) install(component v1alpha1.ComponentName, source ChartSource, want Action) Result {
	c.t.Helper()
	installer := &Installer{Timeout: 4 * time.Minute}
	result, err := installer.Install(c.t.Context(), c.config, component, source, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if result.Action != want {
		c.t.Fatalf("Install = %+v, want %s", result, want)
	}
	return result
}

// refuse wants an installation to fail, and to leave nothing of Capsule.
func (c *emptyCluster) refuse(component v1alpha1.ComponentName, source ChartSource, want string) {
	c.t.Helper()
	_, err := (&Installer{Timeout: time.Minute}).Install(c.t.Context(), c.config, component, source, nil)
	if err == nil || !strings.Contains(err.Error(), want) {
		c.t.Fatalf("installing from %+v: %v, want %q", source, err, want)
	}
	secrets, err := c.typed.CoreV1().Secrets(capsuleNamespace).List(c.t.Context(), metav1.ListOptions{})
	if err != nil || len(secrets.Items) > 0 {
		c.t.Fatalf("secrets after a chart was refused: %v, %v", secrets.Items, err)
	}
	if _, err := c.typed.Discovery().ServerResourcesForGroupVersion("capsule.clastix.io/v1beta2"); !apierrors.IsNotFound(err) {
		c.t.Fatalf("Capsule's API after a chart was refused: %v", err)
	}
}

// people reads one list of the CapsuleConfiguration.
func (c *emptyCluster) people(field string) []subject {
	c.t.Helper()
	found, err := c.target.findCapsule(c.t.Context())
	if err != nil || found == nil {
		c.t.Fatalf("CapsuleConfiguration = %v, %v", found, err)
	}
	list, err := subjects(found, field)
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

func (c *emptyCluster) wantPeople(extra ...subject) {
	c.t.Helper()
	if administrators := c.people("administrators"); !slices.Contains(administrators, c.self) {
		c.t.Errorf("administrators = %v, want %v among them", administrators, c.self)
	}
	users := c.people("users")
	for _, want := range append(extra, subject{"Group", accessGroup}) {
		if !slices.Contains(users, want) {
			c.t.Errorf("users = %v, want %v among them", users, want)
		}
	}
}

// setPeople replaces both lists of the CapsuleConfiguration by hand.
func (c *emptyCluster) setPeople(administrators, users []subject) {
	c.t.Helper()
	client, err := dynamic.NewForConfig(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	found, err := c.target.findCapsule(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	spec := found.Object["spec"].(map[string]any)
	spec["administrators"], spec["users"] = encodeSubjects(administrators), encodeSubjects(users)
	if _, err := client.Resource(capsuleConfigurations()).Update(c.t.Context(), found, metav1.UpdateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *emptyCluster) deployment(namespace, name string) *appsv1.Deployment {
	c.t.Helper()
	found, err := c.typed.AppsV1().Deployments(namespace).Get(c.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}

// module returns where the sources of a tool's module lie: charts are in them.
func module(t *testing.T, tool, name string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", name)
	cmd.Dir = filepath.Join("..", "..", "hack", "tools", tool)
	output, err := cmd.Output()
	var found struct{ Dir string }
	if err = errors.Join(err, json.Unmarshal(output, &found)); err != nil {
		t.Fatalf("finding the module %s: %v\n%s", name, err, output)
	}
	return found.Dir
}

const capsuleManager = "capsule-controller-manager"

// TestClusterTenancy installs, repairs, upgrades and adopts Capsule, from an OCI
// registry and a Helm repository.
func TestClusterTenancy(t *testing.T) {
	c := newEmptyCluster(t)
	folder := filepath.Join(module(t, "capsule", "github.com/projectcapsule/capsule"), "charts", "capsule")
	older, newer := pack(t, folder, "0.13.9"), pack(t, folder, "0.14.0")
	oci, _ := newRegistry(t, older, newer)
	repository := newRepository(t, newer)
	first := ChartSource{Reference: oci + "/capsule", Version: "0.13.9", Digest: older.digest}

	c.refuse(v1alpha1.ComponentProxy, ChartSource{Reference: folder}, "bootstrap tenancy first")
	c.refuse(v1alpha1.ComponentTenancy, ChartSource{Reference: oci + "/capsule", Version: "0.13.9", Digest: newer.digest}, older.digest)

	c.install(v1alpha1.ComponentTenancy, first, Installed)
	c.wantPeople()
	installed := c.deployment(capsuleNamespace, capsuleManager)
	if installed.Status.ReadyReplicas == 0 {
		t.Error("Install came back before Capsule was ready")
	}
	c.install(v1alpha1.ComponentTenancy, first, Repaired)
	if again := c.deployment(capsuleNamespace, capsuleManager); again.UID != installed.UID || again.Generation != installed.Generation {
		t.Errorf("installing once more changed the Deployment: generation %d, then %d", installed.Generation, again.Generation)
	}
	owner := subject{"User", "owner@example.com"}
	c.setPeople(nil, []subject{owner})
	if err := c.typed.AppsV1().Deployments(capsuleNamespace).Delete(t.Context(), capsuleManager, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	c.install(v1alpha1.ComponentTenancy, first, Repaired)
	c.wantPeople(owner)
	if ready := c.deployment(capsuleNamespace, capsuleManager).Status.ReadyReplicas; ready == 0 {
		t.Error("the Deployment that was deleted is not back")
	}

	values := writeFiles(t, map[string]string{"values.yaml": "replicaCount: 2\nmanager: {options: {protectedNamespaceRegex: nothing}}\n"})
	last := ChartSource{Reference: "capsule", Repository: repository, Version: "0.14.0", Digest: newer.digest, Values: filepath.Join(values, "values.yaml")}
	if result := c.install(v1alpha1.ComponentTenancy, last, Upgraded); !strings.Contains(result.Message, "capsule 0.14.0, which was 0.13.9") {
		t.Errorf("message %q does not tell the versions", result.Message)
	}
	c.wantPeople(owner)
	c.wantUpgraded()
	t.Run("after an interruption", func(t *testing.T) { c.interrupted(t, last, owner) })
	t.Run("of somebody else", func(t *testing.T) { c.ofSomebodyElse(t, last, owner) })
}

// wantUpgraded checks what the newer chart and its values make of Capsule.
func (c *emptyCluster) wantUpgraded() {
	c.t.Helper()
	found := c.deployment(capsuleNamespace, capsuleManager)
	if chart := found.Labels["helm.sh/chart"]; chart != "capsule-0.14.0" || *found.Spec.Replicas != 2 {
		c.t.Errorf("the Deployment is of the chart %s, with %d replicas", chart, *found.Spec.Replicas)
	}
	configuration, err := c.target.findCapsule(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	if got, _, _ := unstructured.NestedString(configuration.Object, "spec", "protectedNamespaceRegex"); got != protectedNamespaces {
		c.t.Errorf("a values file has made %q the protected namespaces", got)
	}
}

func (c *emptyCluster) interrupted(t *testing.T, source ChartSource, owner subject) {
	r, err := c.target.release(t.Context(), capsuleRelease, capsuleNamespace)
	if err != nil {
		t.Fatal(err)
	}
	last, err := r.last()
	if err != nil {
		t.Fatal(err)
	}
	last.Version++
	last.SetStatus(common.StatusPendingUpgrade, "killed here")
	if err := r.helm.Releases.Create(last); err != nil {
		t.Fatal(err)
	}
	c.install(v1alpha1.ComponentTenancy, source, Repaired)
	c.wantPeople(owner)
}

func (c *emptyCluster) ofSomebodyElse(t *testing.T, source ChartSource, owner subject) {
	// Without the records of Helm, nothing tells that KubeNova installed it.
	c.forgetReleases(capsuleNamespace)
	c.setPeople(nil, []subject{owner})
	before := c.deployment(capsuleNamespace, capsuleManager).ResourceVersion
	result := c.install(v1alpha1.ComponentTenancy, source, Adopted)
	if !strings.Contains(result.Message, c.self.name) {
		t.Errorf("message %q does not name %s", result.Message, c.self.name)
	}
	c.wantPeople(owner)
	if after := c.deployment(capsuleNamespace, capsuleManager).ResourceVersion; after != before {
		t.Error("a Capsule of somebody else was changed")
	}
}

func (c *emptyCluster) forgetReleases(namespace string) {
	c.t.Helper()
	err := c.typed.CoreV1().Secrets(namespace).DeleteCollection(c.t.Context(), metav1.DeleteOptions{},
		metav1.ListOptions{LabelSelector: "owner=helm"})
	if err != nil {
		c.t.Fatal(err)
	}
}

// TestClusterAppDelivery installs KubeVela from a Helm repository, after a process
// that did so was killed in the midst.
func TestClusterAppDelivery(t *testing.T) {
	c := newEmptyCluster(t)
	chart := pack(t, filepath.Join(module(t, "vela", "github.com/oam-dev/kubevela"), "charts", "vela-core"), "1.10.9")
	source := ChartSource{Reference: "vela-core", Repository: newRepository(t, chart), Version: "1.10.9", Digest: chart.digest}

	c.killInstalling(v1alpha1.ComponentAppDelivery, chart)
	c.install(v1alpha1.ComponentAppDelivery, source, Installed)
	installed := c.deployment(velaNamespace, "kubevela-vela-core")
	arguments := installed.Spec.Template.Spec.Containers[0].Args
	for _, want := range []string{"--authentication-with-user", "--feature-gates=AuthenticateApplication=true", "--use-webhook=true"} {
		if !slices.Contains(arguments, want) {
			t.Errorf("KubeVela runs with %v, without %s", arguments, want)
		}
	}
	if installed.Status.ReadyReplicas == 0 {
		t.Error("Install came back before KubeVela was ready")
	}
	c.takeDefinitions()
	c.install(v1alpha1.ComponentAppDelivery, source, Repaired)
	c.takeDefinitions()
	c.forgetReleases(velaNamespace)
	c.install(v1alpha1.ComponentAppDelivery, source, Adopted)
	c.takeDefinitions()
}

// takeDefinitions checks that KubeNova's definitions are there, and removes them
// so that the next installation has to bring them back.
func (c *emptyCluster) takeDefinitions() {
	c.t.Helper()
	client, err := dynamic.NewForConfig(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, name := range []string{"kubenova-logging", "kubenova-metrics", "kubenova-suspend", "kubenova-update-strategy"} {
		if err := client.Resource(traitDefinitions()).Namespace(velaNamespace).Delete(c.t.Context(), name, metav1.DeleteOptions{}); err != nil {
			c.t.Errorf("the definition %s: %v", name, err)
		}
	}
}

func TestClusterUnreachable(t *testing.T) {
	config := &rest.Config{Host: "https://127.0.0.1:1"}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, component := range []v1alpha1.ComponentName{v1alpha1.ComponentTenancy, v1alpha1.ComponentAppDelivery, v1alpha1.ComponentProxy} {
		if result, err := (&Installer{}).Install(ctx, config, component, ChartSource{Reference: "missing"}, nil); err == nil {
			t.Errorf("%s: %+v on a cluster that is not there", component, result)
		}
	}
}
