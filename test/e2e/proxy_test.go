//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// throughProxy returns the platform as kubectl sees a cluster through the host's
// aggregator.
func (p platform) throughProxy(t *testing.T, cluster string) platform {
	t.Helper()
	config := p.kubectl(t, "", "config", "view", "--raw", "--minify", "--flatten")
	server := regexp.MustCompile(`(?m)^( *server: .*)$`)
	config = server.ReplaceAllString(config, "${1}/apis/kubenova.io/v1alpha1/clusters/"+cluster+"/proxy")
	p.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(p.kubeconfig, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// throughOwnPort returns what throughProxy does, without the aggregator before KubeNova.
func (p platform) throughOwnPort(t *testing.T, proxied platform) platform {
	t.Helper()
	const service = "v1alpha1.kubenova.io"
	port := p.kubectl(t, "", "get", "apiservice", service, "-o", "jsonpath={.spec.service.port}")
	ca := p.kubectl(t, "", "get", "apiservice", service, "-o", "jsonpath={.spec.caBundle}")
	config, err := os.ReadFile(proxied.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	host := regexp.MustCompile(`(server: https://127\.0\.0\.1:)\d+`).ReplaceAllString(string(config), "${1}"+port)
	own := regexp.MustCompile(`(certificate-authority-data: ).*`).ReplaceAllString(host, "${1}"+ca)
	p.kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(p.kubeconfig, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestClusterProxy works on a cluster with the host's kubeconfig: as the caller,
// with what RBAC on the cluster allows it, and nothing else.
func TestClusterProxy(t *testing.T) {
	p := open(t)
	const namespace = "kwok-streams"
	p.kubectl(t, fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", namespace), "apply", "-f", "-")
	t.Cleanup(func() {
		p.kubectl(t, "", "delete", "ns/"+namespace, "--wait=false")
		p.kubectl(t, "", "delete", "clusterrolebinding/proxied", "--ignore-not-found")
	})
	p.kubectl(t, "", "run", "web", "-n", namespace, "--image=nginx")
	p.kubectl(t, "", "wait", "-n", namespace, "pod/web", "--for=condition=Ready", "--timeout=60s")
	proxied := p.throughProxy(t, "local")

	// The host's administrator is nobody there, until the cluster says otherwise.
	for _, args := range [][]string{
		{"get", "pods", "-n", namespace}, {"get", "pods", "-n", namespace, "--as=system:admin", "--as-group=system:masters"},
	} {
		if output, err := proxied.tryKubectl(t, "", args...); err == nil || !strings.Contains(output, "kubenova:user:") && !strings.Contains(output, "system:admin") {
			t.Errorf("%v without rights: %v %s", args, err, output)
		}
	}
	who := proxied.kubectl(t, "", "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
	if !strings.HasPrefix(who, "kubenova:user:") {
		t.Fatalf("the cluster sees %q", who)
	}
	p.kubectl(t, "", "create", "clusterrolebinding", "proxied", "--clusterrole=edit", "--user="+who)
	eventually(t, "the caller's rights on the cluster", func() error {
		if output, err := proxied.tryKubectl(t, "", "get", "pods", "-n", namespace); err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	})
	if output, err := proxied.tryKubectl(t, "", "get", "nodes"); err == nil {
		t.Errorf("the caller has more than the role edit: %s", output)
	}
	t.Run("logs", func(t *testing.T) {
		if output := proxied.kubectl(t, "", "logs", "-n", namespace, "web"); !strings.Contains(output, "a container on a kwok node") {
			t.Errorf("got %s", output)
		}
	})
	for door, through := range map[string]platform{"the aggregator": proxied, "KubeNova's own port": p.throughOwnPort(t, proxied)} {
		t.Run("exec through "+door, func(t *testing.T) { through.execs(t, namespace) })
	}
	t.Run("watch", func(t *testing.T) { proxied.watches(t, p, namespace) })
	t.Run("port-forward", func(t *testing.T) { proxied.forwards(t, namespace) })
	t.Run("an anonymous caller", func(t *testing.T) {
		if output, err := proxied.tryKubectl(t, "", "get", "pods", "--as=system:anonymous"); err == nil {
			t.Errorf("it got %s", output)
		}
	})
}

// execs runs a command that repeats a line and ends, again and again. Its input stays
// open: over SPDY, the proxy in the target's kube-apiserver loses the output of one that
// ends together with its input now and then, without KubeNova as well (docs/clusters.md).
func (p platform) execs(t *testing.T, namespace string) {
	for _, websockets := range []string{"true", "false"} { // or SPDY
		t.Setenv("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", websockets)
		for range 10 {
			input, hold := io.Pipe()
			go func() { _, _ = io.WriteString(hold, "hello\n") }()
			output, err := io.ReadAll(p.beginWith(t, input, "exec", "-i", "-n", namespace, "web", "--", "head", "-n", "1"))
			if err != nil || string(output) != "hello\n" {
				t.Errorf("with websockets %s: got %q, %v", websockets, output, err)
			}
			_ = hold.Close()
		}
	}
}

// begin starts kubectl and returns its output.
func (p platform) begin(t *testing.T, args ...string) *bufio.Reader {
	t.Helper()
	return p.beginWith(t, nil, args...)
}

// beginWith is begin with an input for kubectl.
func (p platform) beginWith(t *testing.T, input io.Reader, args ...string) *bufio.Reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	command := exec.CommandContext(ctx, p.kubectlPath(), append([]string{"--kubeconfig", p.kubeconfig}, args...)...)
	command.Stdin = input
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = command.Wait()
	})
	return bufio.NewReader(output)
}

func (p platform) watches(t *testing.T, direct platform, namespace string) {
	output := p.begin(t, "get", "pods", "-n", namespace, "--watch", "--no-headers", "-o", "custom-columns=N:.metadata.name,L:.metadata.labels.seen")
	for _, want := range []string{"<none>", "yes"} {
		line, err := output.ReadString('\n')
		if err != nil || !strings.Contains(line, "web") || !strings.Contains(line, want) {
			t.Fatalf("got %q, %v, want %s", line, err, want)
		}
		direct.kubectl(t, "", "label", "pod/web", "-n", namespace, "--overwrite", "seen=yes")
	}
}

func (p platform) forwards(t *testing.T, namespace string) {
	line, err := p.begin(t, "port-forward", "-n", namespace, "pod/web", ":80").ReadString('\n')
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(line)
	if err != nil || address == "" {
		t.Fatalf("got %q, %v", line, err)
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if echo, err := bufio.NewReader(conn).ReadString('\n'); echo != "hello\n" {
		t.Errorf("got %q, %v", echo, err)
	}
}
