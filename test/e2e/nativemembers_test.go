//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

// account makes a service account of the host and returns a kubeconfig with its
// token: someone who has nothing on the host but what KubeNova gives.
func (p platform) account(t *testing.T, name string) issued {
	t.Helper()
	p.kubectl(t, "", "create", "serviceaccount", name, "-n", "default")
	t.Cleanup(func() { p.kubectl(t, "", "delete", "serviceaccount", name, "-n", "default") })
	config, err := clientcmd.LoadFromFile(p.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimSpace(p.kubectl(t, "", "create", "token", name, "-n", "default"))
	for name := range config.AuthInfos {
		config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: token}
	}
	out := issued{path: filepath.Join(t.TempDir(), "kubeconfig")}
	if err := clientcmd.WriteToFile(*config, out.path); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestMembersThroughTheHost has service accounts that KubeNova names as owner and
// members, and nothing else, use the native door through the host's kube-apiserver.
func TestMembersThroughTheHost(t *testing.T) {
	p := open(t)
	t.Parallel()
	const tenant, space = "through", "kn-through--web"
	p.makeTenant(t, tenant)
	t.Cleanup(func() { p.kubectl(t, "", "delete", "tenants.kubenova.io", tenant, "--timeout=90s") })
	who := map[string]issued{}
	for _, name := range []string{"owner", "lead", "dev", "reader", "stranger"} {
		who[name] = p.account(t, tenant+"-"+name)
	}
	path := "/clusters/local/tenants/" + tenant
	p.rest(t, "PUT", path+"/owners", `{"owners":["system:serviceaccount:default:through-owner"]}`, 200, nil)
	p.rest(t, "PUT", path+"/projects/web/access", `{"members":[{"subject":"system:serviceaccount:default:through-lead","role":"tenantOwner"},
		{"subject":"system:serviceaccount:default:through-dev","role":"projectDev"},{"subject":"system:serviceaccount:default:through-reader","role":"readOnly"}]}`, 200, nil)
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	act := func(namespace, object, action string) []string {
		return []string{"create", "--raw", "/apis/kubenova.io/v1alpha1/namespaces/" + namespace + "/" + object + "/" + action, "-f", empty}
	}
	patch := func(namespace, object string) []string {
		return []string{"patch", object, "-n", namespace, "--type=merge", "-p", `{"metadata":{"annotations":{"seen":"yes"}}}`}
	}
	for _, c := range []struct {
		args    []string
		allowed string
	}{
		{[]string{"get", "apps.kubenova.io", "hello", "-n", space}, "owner lead dev reader"},
		{[]string{"get", "--raw", "/apis/kubenova.io/v1alpha1/namespaces/" + space + "/apps/hello/status"}, "owner lead dev reader"},
		{act(space, "apps/hello", "deploy"), "owner lead dev"},
		{act(space, "apps/hello", "suspend"), "owner lead dev"},
		{act(space, "apps/hello", "resume"), "owner lead dev"},
		{patch(space, "apps.kubenova.io/hello"), "owner lead dev"},
		{patch("kn-"+tenant, "projects.kubenova.io/web"), "owner lead"},
		{patch("kn-"+tenant, "tenants.kubenova.io/"+tenant), ""},
		{act("kn-"+tenant, "projects/web", "kubeconfig"), "owner lead dev reader"},
		{[]string{"get", "accessgrants.kubenova.io", "-n", "kn-" + tenant}, "owner"},
		{[]string{"delete", "projects.kubenova.io", "web", "-n", "kn-" + tenant, "--dry-run=server"}, "owner"},
	} {
		for name, as := range who {
			as.may(t, p, strings.Contains(c.allowed, name), c.args...)
		}
	}
	for name, as := range who {
		output, err := as.try(t, p, "get", "apps.kubenova.io", "-A", "-o", "name")
		if want := name != "stranger"; err != nil || strings.Contains(output, "hello") != want {
			t.Errorf("%s lists %s (%v)", name, output, err)
		}
	}
	p.accessOnHost(t, path, who["dev"])
}

// accessOnHost measures how soon the native door follows, and looks what is left.
func (p platform) accessOnHost(t *testing.T, path string, dev issued) {
	t.Helper()
	const space = "kn-through--web"
	config, err := clientcmd.BuildConfigFromFlags("", dev.path)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	clients, err := versioned.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	may := func() (bool, error) {
		_, err := clients.KubenovaV1alpha1().Apps(space).Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if apierrors.IsForbidden(err) {
			return false, nil
		}
		return err == nil, err
	}
	var granted, revoked []time.Duration
	for i := range 50 {
		want := i%2 == 1
		body := `{"members":[]}`
		if want {
			body = `{"members":[{"subject":"system:serviceaccount:default:through-dev","role":"projectDev"}]}`
		}
		p.rest(t, "PUT", path+"/projects/web/access", body, 200, nil)
		took := within(t, 30*time.Second, func() (bool, error) {
			got, err := may()
			return got == want, err
		})
		if want {
			granted = append(granted, took)
		} else {
			revoked = append(revoked, took)
		}
	}
	times(t, "from the answer of PUT access to the grant through the host", granted)
	times(t, "from the answer of PUT access to the refusal through the host", revoked)
	for _, took := range [][]time.Duration{granted, revoked} {
		if slowest := took[len(took)-1]; slowest > 5*time.Second {
			t.Errorf("the slowest took %s", slowest)
		}
	}
	p.kubectl(t, "", "delete", "rolebinding", "kubenova-project-dev", "-n", space)
	eventually(t, "the binding is repaired", func() error {
		if got, err := may(); !got || err != nil {
			return fmt.Errorf("dev is refused: %w", err)
		}
		return nil
	})
	p.rest(t, "PUT", path+"/projects/web/access", `{"members":[]}`, 200, nil)
	eventually(t, "no binding of a member is left", func() error {
		left := p.kubectl(t, "", "get", "roles,rolebindings", "-n", space, "-o", "name") +
			p.kubectl(t, "", "get", "roles,rolebindings", "-n", "kn-through", "-o", "name")
		for _, name := range []string{"project-dev", "read-only", "project-owner"} {
			if strings.Contains(left, name) {
				return fmt.Errorf("left are %s", left)
			}
		}
		return nil
	})
}
