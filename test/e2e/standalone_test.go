//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// guideStart is the beginning of the user's guide, word for word: setup, access
// and system, and clusters. Every command must answer as the lines after it say.
const guideStart = `
export BASE=${BASE:-http://localhost:8080}
# export KN_TOKEN="<jwt>"   # Optional; only when auth is enabled
AUTH=${KN_TOKEN:+-H "Authorization: Bearer $KN_TOKEN"}
curl -sS -X POST "$BASE/api/v1/tokens" -H 'Content-Type: application/json' \
  -d '{"subject":"demo","roles":["admin"],"ttlSeconds":3600}'
curl -sS "$BASE/api/v1/me" $AUTH
curl -sS "$BASE/api/v1/version" $AUTH
curl -sS "$BASE/api/v1/features" $AUTH
curl -sS "$BASE/api/v1/healthz"
curl -sS "$BASE/api/v1/readyz"
export CLUSTER_NAME=${CLUSTER_NAME:-dev}
export KUBE_B64=$(base64 < ~/.kube/config | tr -d '\n')
curl -sS -X POST "$BASE/api/v1/clusters" -H 'Content-Type: application/json' $AUTH \
  -d '{"name":"'$CLUSTER_NAME'","kubeconfig":"'$KUBE_B64'","labels":{"env":"dev"}}'
export CLUSTER_ID=$(curl -sS "$BASE/api/v1/clusters?limit=200" $AUTH \
  | jq -r '.[] | select(.name=="'$CLUSTER_NAME'") | .uid')
echo "$CLUSTER_ID"
curl -sS "$BASE/api/v1/clusters?limit=50&labelSelector=env%3Ddev" $AUTH
curl -sS "$BASE/api/v1/clusters/$CLUSTER_ID" $AUTH | jq .
curl -sS "$BASE/api/v1/clusters/$CLUSTER_ID/capabilities" $AUTH | jq .
curl -sS -X POST "$BASE/api/v1/clusters/$CLUSTER_ID/bootstrap/tenancy" $AUTH -i
`

// TestStandaloneGuide runs the beginning of the guide against kubenova
// standalone without authentication, with the local cluster as ~/.kube/config.
func TestStandaloneGuide(t *testing.T) {
	p := open(t)
	t.Parallel()
	base := p.startStandalone(t)
	home := t.TempDir()
	kubeconfig, err := os.ReadFile(p.kubeconfig)
	if err == nil {
		err = os.MkdirAll(filepath.Join(home, ".kube"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(home, ".kube", "config"), kubeconfig, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", guideStart)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "BASE=" + base}
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	answers := string(output)
	for _, want := range []string{
		`"expiresAt":"`, `"token":"ey`, `"subject":"admin"`, `"appDelivery":`, `"version":"v`, `{"status":"ok"}`,
		`"name":"dev"`, `"labels":{"env":"dev"}`, `"tenancy": `, `"vela": `, "HTTP/1.1 202 Accepted",
	} {
		if !strings.Contains(answers, want) {
			t.Errorf("the answers lack %s:\n%s", want, answers)
		}
	}
	if strings.Contains(answers, "KN-") || strings.Contains(answers, "client-key-data") {
		t.Errorf("an error or a secret is among the answers:\n%s", answers)
	}
	eventually(t, "the cluster can do what it can do", func() error {
		response, err := http.Get(base + "/api/v1/features")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		buffer := make([]byte, 1024)
		n, _ := response.Body.Read(buffer)
		if answer := string(buffer[:n]); !strings.Contains(answer, `"tenancy":true`) || !strings.Contains(answer, `"appDelivery":true`) {
			return fmt.Errorf("features are %s", answer)
		}
		return nil
	})
}

// startStandalone starts kubenova standalone on free ports and returns the URL of its REST door.
func (p platform) startStandalone(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, filepath.Join(p.root, "bin", "kubenova"), "standalone",
		"--data-dir", t.TempDir(), "--http-address", address, "--secure-port", "0", "--auth=off")
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = time.Minute
	log := &strings.Builder{}
	command.Stderr = log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := command.Wait(); err != nil && command.ProcessState.ExitCode() != 0 {
			t.Errorf("standalone ended with %v\n%s", err, log)
		}
	})
	base := "http://" + address
	eventually(t, "standalone is ready", func() error {
		response, err := http.Get(base + "/api/v1/readyz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz answers %s", response.Status)
		}
		return nil
	})
	return base
}
