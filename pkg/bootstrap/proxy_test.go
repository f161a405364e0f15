//go:build e2e

package bootstrap

import (
	"slices"
	"testing"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// standIn is a chart that stands in for capsule-proxy's own, which is in no Go
// module: it has the names, the labels and the values of that one which KubeNova
// reads and sets, and no proxy in it. KubeNova's own part is what is tried.
var standIn = map[string]string{
	"Chart.yaml": "apiVersion: v2\nname: capsule-proxy\nversion: 0.0.0\nappVersion: 0.0.0\n",
	"values.yaml": `options: {capsuleConfigurationName: "", enableSSL: false, generateCertificates: false, pprof: true}
certManager: {generateCertificates: true}
`,
	"templates/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: capsule-proxy, app.kubernetes.io/version: {{ .Chart.Version | quote }}}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: capsule-proxy}}
  template:
    metadata: {labels: {app.kubernetes.io/name: capsule-proxy}}
    spec:
      containers:
      - name: proxy
        image: example.com/stand-in:1
        args:
        - --capsule-configuration-name={{ .Values.options.capsuleConfigurationName }}
        - --enable-ssl={{ .Values.options.enableSSL }}
        - --generate-certificates={{ .Values.options.generateCertificates }}
        - --cert-manager={{ .Values.certManager.generateCertificates }}
        - --pprof={{ .Values.options.pprof }}
`,
}

// TestClusterProxy installs a stand-in for capsule-proxy beside Capsule.
func TestClusterProxy(t *testing.T) {
	c := newEmptyCluster(t)
	if found, err := c.target.findCapsule(t.Context()); err != nil || found == nil {
		t.Fatalf("TestClusterTenancy has left no Capsule: %v, %v", found, err)
	}
	older, chart := pack(t, writeFiles(t, standIn), "0.13.0"), pack(t, writeFiles(t, standIn), "0.14.0")
	oci, manifest := newRegistry(t, older, chart)
	source := ChartSource{Reference: oci + "/capsule-proxy@" + manifest, Digest: chart.digest}

	c.install(v1alpha1.ComponentProxy, ChartSource{Reference: oci + "/capsule-proxy:0.13.0", Digest: older.digest}, Installed)
	c.install(v1alpha1.ComponentProxy, source, Upgraded)
	found := c.deployment(capsuleNamespace, "capsule-proxy")
	if found.Status.ReadyReplicas == 0 || found.Labels["app.kubernetes.io/version"] != "0.14.0" {
		t.Errorf("Deployment %s has %d ready pods", found.Labels["app.kubernetes.io/version"], found.Status.ReadyReplicas)
	}
	want := []string{"--capsule-configuration-name=default", "--enable-ssl=true", "--generate-certificates=true", "--cert-manager=false", "--pprof=false"}
	if got := found.Spec.Template.Spec.Containers[0].Args; !slices.Equal(got, want) {
		t.Errorf("the values gave %v, want %v", got, want)
	}
	c.install(v1alpha1.ComponentProxy, source, Repaired)
	c.forgetReleases(capsuleNamespace)
	c.install(v1alpha1.ComponentProxy, source, Adopted)
}
