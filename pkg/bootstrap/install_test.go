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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

func (c *emptyCluster) install(component v1alpha1.ComponentName, chart string, want Action) Result {
	c.t.Helper()
	installer := &Installer{Timeout: 2 * time.Minute}
	result, err := installer.Install(c.t.Context(), c.config, component, ChartSource{Reference: chart})
	if err != nil {
		c.t.Fatal(err)
	}
	if result.Action != want {
		c.t.Fatalf("Install = %+v, want %s", result, want)
	}
	return result
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

func TestClusterTenancy(t *testing.T) {
	c := newEmptyCluster(t)
	chart := filepath.Join(module(t, "capsule", "github.com/projectcapsule/capsule"), "charts", "capsule")

	c.install(v1alpha1.ComponentTenancy, chart, Installed)
	c.wantPeople()
	if ready := c.deployment(capsuleNamespace, "capsule-controller-manager").Status.ReadyReplicas; ready == 0 {
		t.Error("Install came back before Capsule was ready")
	}

	owner := subject{"User", "owner@example.com"}
	c.setPeople(nil, []subject{owner})
	c.install(v1alpha1.ComponentTenancy, chart, Repaired)
	c.wantPeople(owner)

	t.Run("after an interruption", func(t *testing.T) {
		r, err := c.target.release(t.Context(), capsuleRelease, capsuleNamespace)
		if err != nil {
			t.Fatal(err)
		}
		last, err := r.last()
		if err != nil {
			t.Fatal(err)
		}
		last.SetStatus(common.StatusPendingUpgrade, "killed here")
		if err := r.helm.Releases.Update(last); err != nil {
			t.Fatal(err)
		}
		c.install(v1alpha1.ComponentTenancy, chart, Repaired)
		c.wantPeople(owner)
	})

	t.Run("of somebody else", func(t *testing.T) {
		// Without the records of Helm, nothing tells that KubeNova installed it.
		c.forgetReleases(capsuleNamespace)
		c.setPeople(nil, []subject{owner})
		before := c.deployment(capsuleNamespace, "capsule-controller-manager").ResourceVersion
		result := c.install(v1alpha1.ComponentTenancy, chart, Adopted)
		if !strings.Contains(result.Message, c.self.name) {
			t.Errorf("message %q does not name %s", result.Message, c.self.name)
		}
		c.wantPeople(owner)
		if after := c.deployment(capsuleNamespace, "capsule-controller-manager").ResourceVersion; after != before {
			t.Error("a Capsule of somebody else was changed")
		}
	})
}

func (c *emptyCluster) forgetReleases(namespace string) {
	c.t.Helper()
	err := c.typed.CoreV1().Secrets(namespace).DeleteCollection(c.t.Context(), metav1.DeleteOptions{},
		metav1.ListOptions{LabelSelector: "owner=helm"})
	if err != nil {
		c.t.Fatal(err)
	}
}

func TestClusterAppDelivery(t *testing.T) {
	c := newEmptyCluster(t)
	chart := filepath.Join(module(t, "vela", "github.com/oam-dev/kubevela"), "charts", "vela-core")

	c.install(v1alpha1.ComponentAppDelivery, chart, Installed)
	arguments := c.deployment(velaNamespace, "kubevela-vela-core").Spec.Template.Spec.Containers[0].Args
	for _, want := range []string{"--authentication-with-user", "--feature-gates=AuthenticateApplication=true"} {
		if !slices.Contains(arguments, want) {
			t.Errorf("KubeVela runs with %v, without %s", arguments, want)
		}
	}
	c.takeDefinitions()
	c.install(v1alpha1.ComponentAppDelivery, chart, Repaired)
	c.takeDefinitions()
	c.forgetReleases(velaNamespace)
	c.install(v1alpha1.ComponentAppDelivery, chart, Adopted)
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
	for _, component := range []v1alpha1.ComponentName{v1alpha1.ComponentTenancy, v1alpha1.ComponentAppDelivery} {
		if result, err := (&Installer{}).Install(ctx, config, component, ChartSource{Reference: "missing"}); err == nil {
			t.Errorf("%s: %+v on a cluster that is not there", component, result)
		}
	}
}
