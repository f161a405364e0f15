//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/kube"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/test/chart"
)

const chartNamespace = "platform"

// makeRestricted makes a namespace whose pods have to be restricted, and are
// warned about where they would not be.
func (p platform) makeRestricted(t *testing.T, namespace string) {
	t.Helper()
	p.kubectl(t, "", "create", "namespace", namespace)
	p.kubectl(t, "", "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted")
}

// TestChart has the host cluster judge every object of the chart, for every set of
// values, without storing any. Kinds of cert-manager and of Prometheus' operator
// are not known to it.
func TestChart(t *testing.T) {
	p := open(t)
	p.makeRestricted(t, chartNamespace)
	t.Cleanup(func() { p.kubectl(t, "", "delete", "namespace", chartNamespace, "--timeout=60s") })
	for name, values := range chart.ValueSets() {
		t.Run(name, func(t *testing.T) {
			documents, _, err := chart.Release{Dir: filepath.Join(p.root, "charts", "kubenova"), Name: "kubenova", Namespace: chartNamespace, Values: values}.Render()
			if err != nil {
				t.Fatal(err)
			}
			var known []string
			for _, document := range documents {
				var kind struct{ APIVersion string }
				if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
					t.Fatal(err)
				}
				if group, _, _ := strings.Cut(kind.APIVersion, "/"); !chart.Foreign(group) {
					known = append(known, document)
				}
			}
			output := p.kubectl(t, strings.Join(known, "---\n"),
				"apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-")
			if got := strings.Count(output, "(server dry run)"); got != len(known) || got < 20 {
				t.Errorf("%d of %d objects were accepted:\n%s", got, len(known), output)
			}
			if strings.Contains(output, "Warning:") {
				t.Errorf("the host cluster warns:\n%s", output)
			}
		})
	}
}

// TestChartIsUninstalled installs the chart where its image cannot be had, upgrades
// it and uninstalls it: nothing is left of it that would be in the way, and
// namespaces can be deleted.
func TestChartIsUninstalled(t *testing.T) {
	p := open(t)
	p.kubeconfig = env(t, "SCRATCH_KUBECONFIG")
	p.makeRestricted(t, chartNamespace)
	flags, namespace := genericclioptions.NewConfigFlags(true), chartNamespace
	flags.KubeConfig, flags.Namespace = &p.kubeconfig, &namespace
	helm := action.NewConfiguration()
	if err := helm.Init(flags, chartNamespace, "secret"); err != nil {
		t.Fatal(err)
	}
	loaded, err := loader.LoadDir(filepath.Join(p.root, "charts", "kubenova"))
	if err != nil {
		t.Fatal(err)
	}
	install := action.NewInstall(helm)
	install.ReleaseName, install.Namespace, install.WaitStrategy = "blue", chartNamespace, kube.HookOnlyStrategy
	if _, err := install.RunWithContext(t.Context(), loaded, chart.ValueSets()["trial"]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pods are admitted", func() error {
		got := p.kubectl(t, "", "get", "deployments,statefulsets", "-n", chartNamespace, "-o", "jsonpath={range .items[*]}{.status.replicas} {end}")
		if got != "1 1 1 " {
			return fmt.Errorf("there are %q", got)
		}
		return nil
	})
	const key = "secret/kubenova-apiserver-encryption"
	first := p.kubectl(t, "", "get", key, "-n", chartNamespace, "-o", "jsonpath={.data}")
	upgrade := action.NewUpgrade(helm)
	upgrade.Namespace, upgrade.WaitStrategy = chartNamespace, kube.HookOnlyStrategy
	if _, err := upgrade.RunWithContext(t.Context(), "blue", loaded, chart.Minimal()); err != nil {
		t.Fatal(err)
	}
	if now := p.kubectl(t, "", "get", key, "-n", chartNamespace, "-o", "jsonpath={.data}"); now != first || first == "" {
		t.Error("an upgrade makes another key")
	}
	uninstall := action.NewUninstall(helm)
	uninstall.WaitStrategy = kube.HookOnlyStrategy
	if _, err := uninstall.Run("blue"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nothing is left but the key", func() error {
		left := p.kubectl(t, "", "get", "apiservices,clusterroles,clusterrolebindings,roles,rolebindings,secrets,services,deployments,statefulsets,pods,configmaps,networkpolicies,serviceaccounts",
			"-A", "-o", "name", "-l", "app.kubernetes.io/instance=blue")
		if strings.TrimSpace(left) != key {
			return errors.New(left)
		}
		return nil
	})
	if output, err := p.tryKubectl(t, "", "delete", "namespace", chartNamespace, "--timeout=60s"); err != nil {
		t.Errorf("the namespace stays: %s", output)
	}
}
