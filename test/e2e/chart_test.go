//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/action"
	v2 "helm.sh/helm/v4/pkg/chart/v2"
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
// values, without storing any. Kinds of cert-manager, of Prometheus' operator and of
// Gateway API are not known to it.
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

// packChart packs the chart as a release does, and loads the archive.
func (p platform) packChart(t *testing.T, version string) *v2.Chart {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "kubenova.tgz")
	if output, err := p.run(t, "", filepath.Join(p.root, "hack", "chart.sh"), version, "2026-01-01T00:00:00Z", archive); err != nil {
		t.Fatalf("packing the chart: %v\n%s", err, output)
	}
	loaded, err := loader.LoadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// serveGatewayAPI has the cluster serve the kinds of Gateway API that the chart uses.
func (p platform) serveGatewayAPI(t *testing.T) {
	t.Helper()
	const module = "sigs.k8s.io/gateway-api"
	if output, err := p.run(t, "", "go", "-C", "hack/tools/capsule", "mod", "download", module); err != nil {
		t.Fatalf("downloading %s: %v\n%s", module, err, output)
	}
	folder, err := p.run(t, "", "go", "-C", "hack/tools/capsule", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		t.Fatalf("finding %s: %v\n%s", module, err, folder)
	}
	for _, kind := range []string{"httproutes", "backendtlspolicies"} {
		file := filepath.Join(strings.TrimSpace(folder), "config", "crd", "standard", "gateway.networking.k8s.io_"+kind+".yaml")
		p.kubectl(t, "", "apply", "--server-side", "-f", file)
		t.Cleanup(func() { p.kubectl(t, "", "delete", "-f", file, "--timeout=60s") })
		p.kubectl(t, "", "wait", "--for=condition=Established", "--timeout=60s", "-f", file)
	}
}

// TestChartIsUninstalled installs the chart from its archive where its image cannot be
// had, upgrades it and uninstalls it: nothing is left of it that would be in the way,
// and namespaces can be deleted.
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
	p.serveGatewayAPI(t)
	loaded := p.packChart(t, "v1.2.3+abc")
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
	images := p.kubectl(t, "", "get", "deployments", "-n", chartNamespace, "-o", "jsonpath={.items[*].spec.template.spec.containers[*].image}")
	if images != "kubenova:v1.2.3-abc kubenova:v1.2.3-abc" {
		t.Errorf("the images are %s", images)
	}
	const route = "httproute.gateway.networking.k8s.io/kubenova\nbackendtlspolicy.gateway.networking.k8s.io/kubenova-apiserver"
	if got := p.kubectl(t, "", "get", "httproutes,backendtlspolicies", "-n", chartNamespace, "-o", "name"); strings.TrimSpace(got) != route {
		t.Errorf("the route to the API is %s", got)
	}
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
		left := p.kubectl(t, "", "get", "apiservices,clusterroles,clusterrolebindings,roles,rolebindings,secrets,services,deployments,statefulsets,pods,configmaps,networkpolicies,serviceaccounts,httproutes,backendtlspolicies",
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
