//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// settle bounds how long the platform may take to carry out what was asked. It is
// longer than the two minutes for which Capsule may hold a pod's place twice: once
// in use, and once reserved.
const settle = 150 * time.Second

// platform is the platform under test.
type platform struct {
	base, token, cluster, kubeconfig, root string
}

func open(t *testing.T) platform {
	t.Helper()
	p := platform{base: env(t, "BASE"), token: env(t, "KN_TOKEN"), cluster: env(t, "CLUSTER_ID"), kubeconfig: env(t, "KUBECONFIG")}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	p.root = root
	return p
}

func env(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run the tests with make e2e", name)
	}
	return value
}

// run runs a command of the repository and returns its output.
func (p platform) run(t *testing.T, stdin, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = p.root
	command.Stdin = strings.NewReader(stdin)
	output, err := command.CombinedOutput()
	return string(output), err
}

// kubectl runs kubectl as administrator and fails the test when it fails.
func (p platform) kubectl(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	output, err := p.tryKubectl(t, stdin, args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return output
}

func (p platform) tryKubectl(t *testing.T, stdin string, args ...string) (string, error) {
	t.Helper()
	return p.run(t, stdin, p.kubectlPath(), append([]string{"--kubeconfig", p.kubeconfig}, args...)...)
}

func (p platform) kubectlPath() string { return filepath.Join(p.root, "_tools", "bin", "kubectl") }

// process does something to a process of the platform: kill, start or restart.
func (p platform) process(t *testing.T, action, name string) {
	t.Helper()
	if output, err := p.run(t, "", "go", "run", "./hack/localcluster", action, name); err != nil {
		t.Fatalf("%s %s: %v\n%s", action, name, err, output)
	}
}

// rest sends a request to the REST door and decodes the answer into result.
func (p platform) rest(t *testing.T, method, path, body string, want int, result any) {
	t.Helper()
	status, answer, err := p.tryREST(method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if status != want {
		t.Fatalf("%s %s: %d, want %d\n%s", method, path, status, want, answer)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer, result); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, answer)
	}
}

func (p platform) tryREST(method, path, body string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.base+"/api/v1"+path, bytes.NewBufferString(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// eventually repeats check until it returns nil.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	start := time.Now()
	for {
		err := check()
		if err == nil {
			t.Logf("%s after %s", what, time.Since(start).Round(100*time.Millisecond))
			return
		}
		if time.Since(start) > settle {
			t.Fatalf("%s: not within %s: %v", what, settle, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// runningPods checks that a namespace has exactly so many pods and all of them run.
func (p platform) runningPods(t *testing.T, namespace string, want int) error {
	t.Helper()
	output, err := p.tryKubectl(t, "", "get", "pods", "-n", namespace, "-o", "jsonpath={range .items[*]}{.status.phase}{'\\n'}{end}")
	if err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	phases := strings.Fields(output)
	if len(phases) != want {
		return fmt.Errorf("%d pods, want %d", len(phases), want)
	}
	for _, phase := range phases {
		if phase != "Running" {
			return fmt.Errorf("phases of the pods are %v", phases)
		}
	}
	return nil
}

// nothingLeft checks that a tenant has left nothing on the cluster, which is
// host and target at once.
func (p platform) nothingLeft(t *testing.T, tenant string) error {
	t.Helper()
	var left []string
	for _, args := range [][]string{
		{"get", "tenants.capsule.clastix.io", "-o", "name", "--field-selector", "metadata.name=" + tenant},
		{"get", "namespaces", "-o", "name", "-l", "kubenova.tenant=" + tenant},
		{"get", "namespaces", "-o", "name", "-l", "capsule.clastix.io/tenant=" + tenant},
		{"get", "applications.core.oam.dev", "-A", "-o", "name", "-l", "kubenova.tenant=" + tenant},
		{"get", "resourcetrackers.core.oam.dev", "-o", "name", "-l", "app.oam.dev/namespace=" + tenant + "--web"},
		{"get", "apprevisions.kubenova.io", "-A", "-o", "name", "--field-selector", "tenant=" + tenant},
		{"get", "projects.kubenova.io", "-A", "-o", "name", "--field-selector", "tenant=" + tenant},
		{"get", "clusterroles,clusterrolebindings", "-o", "name", "-l", "kubenova.tenant=" + tenant},
	} {
		output, err := p.tryKubectl(t, "", args...)
		if err != nil {
			return fmt.Errorf("kubectl %v: %w: %s", args, err, output)
		}
		left = append(left, strings.Fields(output)...)
	}
	if len(left) > 0 {
		return errors.New("left: " + strings.Join(left, ", "))
	}
	return nil
}
