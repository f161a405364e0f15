//go:build e2e

package bootstrap

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/release/common"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// killInstalling starts an installation in a process of its own and kills that while
// it waits: the values keep the component from ever being ready.
func (c *emptyCluster) killInstalling(component v1alpha1.ComponentName, chart packed) {
	c.t.Helper()
	values := writeFiles(c.t, map[string]string{"values.yaml": `nodeSelector: {no-such: node}
admissionWebhooks: {patch: {nodeSelector: {kubernetes.io/os: linux}}}
`})
	child := exec.Command(os.Args[0], "-test.run=^TestInChildInstall$", "-test.timeout=2m")
	child.Env = append(os.Environ(), "BOOTSTRAP_COMPONENT="+string(component), "BOOTSTRAP_CHART="+chart.file,
		"BOOTSTRAP_VALUES="+filepath.Join(values, "values.yaml"))
	if err := child.Start(); err != nil {
		c.t.Fatal(err)
	}
	err := c.untilInstalling()
	killed := child.Process.Kill()
	ended := child.Wait()
	if err != nil || killed != nil || ended == nil {
		c.t.Fatalf("killing an installation in the midst: %v, %v, %v", err, killed, ended)
	}
	r, err := c.target.release(c.t.Context(), velaRelease, velaNamespace)
	if err != nil {
		c.t.Fatal(err)
	}
	if last, err := r.last(); err != nil || last.Info.Status != common.StatusPendingInstall {
		c.t.Fatalf("the release after the kill: %+v, %v", last, err)
	}
}

// untilInstalling waits until KubeVela's Deployment is there, and not ready.
func (c *emptyCluster) untilInstalling() error {
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	for {
		found, err := c.typed.AppsV1().Deployments(velaNamespace).Get(ctx, "kubevela-vela-core", metav1.GetOptions{})
		switch {
		case err == nil && found.Status.ReadyReplicas > 0:
			return fmt.Errorf("the Deployment is ready")
		case err == nil && found.Status.ObservedGeneration > 0:
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("there is no Deployment: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// TestInChildInstall is the process that killInstalling starts. By itself it does nothing.
func TestInChildInstall(t *testing.T) {
	component := v1alpha1.ComponentName(os.Getenv("BOOTSTRAP_COMPONENT"))
	if component == "" {
		return
	}
	c := newEmptyCluster(t)
	source := ChartSource{Reference: os.Getenv("BOOTSTRAP_CHART"), Values: os.Getenv("BOOTSTRAP_VALUES")}
	result, err := (&Installer{Timeout: 90 * time.Second}).Install(t.Context(), c.config, component, source, nil)
	t.Fatalf("the installation ended: %+v, %v", result, err)
}
