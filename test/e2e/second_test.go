//go:build e2e

package e2e

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// second is another API server of the same cluster, registered as a cluster of its
// own, that can be killed without taking the rest along.
type second struct {
	path, url string
	args      []string
	running   *exec.Cmd
}

// newSecond starts one on a port of its own, with further flags, and registers it
// under a name.
func (p platform) newSecond(t *testing.T, name string, flags ...string) *second {
	t.Helper()
	s := p.startSecond(t, flags...)
	p.registerAgain(t, name, s.url, "")
	return s
}

// startSecond starts one on a port of its own, with further flags.
func (p platform) startSecond(t *testing.T, flags ...string) *second {
	t.Helper()
	dir := filepath.Dir(p.kubeconfig)
	record, err := os.ReadFile(filepath.Join(dir, "pids", "kube-apiserver.json"))
	if err != nil {
		t.Fatal(err)
	}
	var first struct {
		Path string
		Args []string
	}
	if err := json.Unmarshal(record, &first); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	listener.Close()
	s := &second{path: first.Path, url: "https://" + address}
	for _, arg := range first.Args {
		if strings.HasPrefix(arg, "--secure-port=") {
			arg = "--secure-port=" + port
		}
		s.args = append(s.args, arg)
	}
	s.args = append(s.args, flags...)
	t.Cleanup(func() { s.kill(t) })
	s.start(t)
	return s
}

// administrator is a kubeconfig of the platform's cluster, at another address, with
// the token if there is one.
func (p platform) administrator(t *testing.T, url, token string) (file string, used string) {
	t.Helper()
	config, err := clientcmd.LoadFromFile(filepath.Join(filepath.Dir(p.kubeconfig), "kubeconfigs", "target"))
	if err != nil {
		t.Fatal(err)
	}
	for _, cluster := range config.Clusters {
		cluster.Server = url
	}
	for _, user := range config.AuthInfos {
		if token != "" {
			user.Token = token
		}
		used = user.Token
	}
	written, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(written), used
}

// registerAgain registers the cluster of the platform once more, at another address,
// with more fields if there are any.
func (p platform) registerAgain(t *testing.T, name, url, more string) {
	t.Helper()
	file, _ := p.administrator(t, url, "")
	p.rest(t, "POST", "/clusters", fmt.Sprintf(`{"name":%q,"kubeconfig":%q%s}`, name, file, more), 200, nil)
	t.Cleanup(func() {
		p.kubectl(t, "", "delete", "clusters.kubenova.io", name, "--ignore-not-found", "--cascade=orphan", "--timeout=60s")
	})
	p.kubectl(t, "", "wait", "--for=condition=Connected", "clusters.kubenova.io/"+name, "--timeout=60s")
}

// flag is the value of one of its flags.
func (s *second) flag(t *testing.T, name string) string {
	t.Helper()
	for _, arg := range s.args {
		if value, found := strings.CutPrefix(arg, "--"+name+"="); found {
			return value
		}
	}
	t.Fatalf("the API server has no flag %s", name)
	return ""
}

func (s *second) start(t *testing.T) {
	t.Helper()
	s.running = exec.Command(s.path, s.args...)
	if err := s.running.Start(); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, // it is only asked whether it is there
	}}
	eventually(t, "the second API server answers", func() error {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.url+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusUnauthorized {
			return fmt.Errorf("readyz: %s", response.Status)
		}
		return nil
	})
}

func (s *second) kill(t *testing.T) {
	t.Helper()
	if s.running == nil {
		return
	}
	if err := s.running.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = s.running.Wait() // it says that it was killed
	s.running = nil
}
