package apiserver_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

func rawObject(object map[string]any) *runtime.RawExtension {
	raw, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	return &runtime.RawExtension{Raw: raw}
}

func kubeconfigOf(server, token string) *v1alpha1.ClusterKubeconfig {
	config := `{"apiVersion":"v1","kind":"Config","current-context":"c",
		"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
		"clusters":[{"name":"c","cluster":{"server":"` + server + `"}}],
		"users":[{"name":"u","user":{"token":"` + token + `"}}]}`
	return &v1alpha1.ClusterKubeconfig{Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: []byte(config)}}
}

func TestCredentialsAreStoredApartAndEncrypted(t *testing.T) {
	const canary = "canary-b2f1a6c0d4"
	dataDir := t.TempDir()
	server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	o := objects{t, server.Client.KubenovaV1alpha1()}
	cluster := o.cluster("dev")

	answer := must2(o.Clusters().CreateKubeconfig(t.Context(), "dev", kubeconfigOf("https://127.0.0.1:1", canary), metav1.CreateOptions{}))(t)
	if len(answer.Spec.Kubeconfig) != 0 {
		t.Error("the answer to a write repeats the kubeconfig")
	}
	stored := must2(o.Clusters().GetKubeconfig(t.Context(), "dev", metav1.GetOptions{}))(t)
	if !bytes.Contains(stored.Spec.Kubeconfig, []byte(canary)) || stored.Spec.ClusterUID != string(cluster.UID) {
		t.Errorf("a controller reads %q for cluster %s", stored.Spec.Kubeconfig, stored.Spec.ClusterUID)
	}
	updated := must2(o.Clusters().Get(t.Context(), "dev", metav1.GetOptions{}))(t)
	if updated.Spec.CredentialsRevision != 1 {
		t.Errorf("credentialsRevision is %d after one write", updated.Spec.CredentialsRevision)
	}
	updated.Spec.CredentialsRevision = 99
	if updated = must2(o.Clusters().Update(t.Context(), updated, metav1.UpdateOptions{}))(t); updated.Spec.CredentialsRevision != 1 {
		t.Errorf("an update set credentialsRevision to %d", updated.Spec.CredentialsRevision)
	}
	if found := filesContaining(t, dataDir, canary); len(found) > 0 {
		t.Errorf("the token lies in plain text in %v", found)
	}

	must(t, 0, o.Clusters().Delete(t.Context(), "dev", metav1.DeleteOptions{}))
	o.cluster("dev")
	if _, err := o.Clusters().GetKubeconfig(t.Context(), "dev", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a new cluster of the same name has credentials: %v", err)
	}
}

func filesContaining(t *testing.T, dir, text string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	must(t, 0, err)
	return found
}

func TestHostileKubeconfigIsRefused(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	sentinel := filepath.Join(t.TempDir(), "sentinel")
	hostile := kubeconfigOf("https://127.0.0.1:1", "t")
	hostile.Spec.Kubeconfig = []byte(strings.Replace(string(hostile.Spec.Kubeconfig), `"token":"t"`,
		`"exec":{"apiVersion":"client.authentication.k8s.io/v1","command":"touch","args":["`+sentinel+`"],"interactiveMode":"Never"}`, 1))
	_, err := o.Clusters().CreateKubeconfig(t.Context(), "dev", hostile, metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "exec") {
		t.Errorf("a kubeconfig with an exec plugin: got %v, want Invalid that names exec", err)
	}
	if _, err := os.Stat(sentinel); !os.IsNotExist(err) {
		t.Error("the exec plugin ran")
	}
}
