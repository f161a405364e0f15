//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/kubenova/kubenova/test/samples"
)

// TestSamples applies the samples with kubectl in a chance order, as often as it
// takes, gives the cluster its credentials, deploys the app, and waits until kstatus
// calls everything current.
func TestSamples(t *testing.T) {
	p := open(t)
	t.Parallel()
	const cluster, tenant = "gitops-dev", "gitops"
	objects, err := samples.Read("../../artifacts/samples")
	if err != nil {
		t.Fatal(err)
	}
	rand.Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
	var documents []string
	for _, object := range objects {
		document, err := object.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, strings.NewReplacer(
			`"name":"dev"`, `"name":"`+cluster+`"`, `"name":"acme"`, `"name":"`+tenant+`"`, `"tenant":"acme"`, `"tenant":"`+tenant+`"`, `kn-acme`, "kn-"+tenant,
		).Replace(string(document)))
	}
	t.Cleanup(func() { p.removeSamples(t, cluster, tenant) })
	p.applyUntilTaken(t, strings.Join(documents, "\n---\n"))

	p.writeCredentials(t, cluster)
	p.deploy(t, tenant)
	for _, document := range documents {
		var object unstructured.Unstructured
		if err := json.Unmarshal([]byte(document), &object); err != nil {
			t.Fatal(err)
		}
		args := []string{strings.ToLower(object.GetKind()) + "s.kubenova.io", object.GetName()}
		if object.GetNamespace() != "" {
			args = append(args, "-n", object.GetNamespace())
		}
		eventually(t, strings.Join(args, " ")+" is current", func() error {
			got, err := p.kstatus(t, args...)
			if err != nil || got != status.CurrentStatus {
				return fmt.Errorf("%s %w", got, err)
			}
			return nil
		})
	}
	eventually(t, "the pods of the policy set run", func() error { return p.runningPods(t, tenant+"--web", 2) })
	ready := p.kubectl(t, "", "get", "apps.kubenova.io", "hello", "-n", "kn-"+tenant+"--web", "-o", `jsonpath={.status.phase} {.status.conditions[?(@.type=="Ready")].status}`)
	if ready != "Running True" {
		t.Errorf("the app is %s", ready)
	}
}

// applyUntilTaken applies documents as Argo CD and Flux do: again while some are refused.
func (p platform) applyUntilTaken(t *testing.T, documents string) {
	t.Helper()
	rounds := 0
	eventually(t, "everything is taken", func() error {
		rounds++
		if output, err := p.tryKubectl(t, documents, "apply", "--server-side", "-f", "-"); err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	})
	t.Logf("after %d rounds", rounds)
}

// writeCredentials registers the platform's own cluster once more, under a name.
func (p platform) writeCredentials(t *testing.T, cluster string) {
	t.Helper()
	kubeconfig, err := os.ReadFile(filepath.Join(filepath.Dir(p.kubeconfig), "kubeconfigs", "target"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{
		"apiVersion": "kubenova.io/v1alpha1", "kind": "ClusterKubeconfig",
		"metadata": map[string]any{"name": cluster}, "spec": map[string]any{"kubeconfig": kubeconfig},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.kubectl(t, string(body), "create", "--raw", "/apis/kubenova.io/v1alpha1/clusters/"+cluster+"/kubeconfig", "-f", "-")
}

func (p platform) removeSamples(t *testing.T, cluster, tenant string) {
	t.Helper()
	p.kubectl(t, "", "delete", "tenants.kubenova.io", tenant, "--ignore-not-found", "--timeout=90s")
	eventually(t, "nothing is left", func() error { return p.nothingLeft(t, tenant) })
	p.kubectl(t, "", "delete", "clusters.kubenova.io", cluster, "--ignore-not-found", "--timeout=60s")
}
