package main

import (
	"bufio"
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
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// The processes of the platform that are measured or stopped.
const (
	etcdProcess        = "etcd"
	kubeProcess        = "kube-apiserver"
	kubenovaProcess    = "kubenova-apiserver"
	controllersProcess = "kubenova-controller-manager"
)

// platform is the local platform under measurement.
type platform struct {
	options options
	env     map[string]string
	config  *rest.Config
	dynamic dynamic.Interface

	// kube is the kube-apiserver, kubenova KubeNova's API server spoken to directly,
	// both as the administrator with a client certificate.
	kube, kubenova *door
	// doorREST and doorNative are both doors of KubeNova with one token that KubeNova
	// signed: neither asks the host about it.
	doorREST, doorNative *door
	etcdURL              string
	// cluster is the name of the registered cluster.
	cluster string
}

// process is what the local platform records of a process.
type process struct {
	PID   int      `json:"pid"`
	Ready string   `json:"ready"`
	Args  []string `json:"args"`
}

func open(ctx context.Context, o options) (*platform, error) {
	p := &platform{options: o, cluster: "local"}
	var err error
	if p.env, err = readEnv(filepath.Join(o.dir, "env")); err != nil {
		return nil, err
	}
	if p.config, err = clientcmd.BuildConfigFromFlags("", p.env["KUBECONFIG"]); err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	p.config.QPS = -1
	p.config.DisableCompression = true
	if p.dynamic, err = dynamic.NewForConfig(p.config); err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return p, p.openDoors(ctx)
}

func (p *platform) openDoors(ctx context.Context) error {
	kubenova, err := p.process(kubenovaProcess)
	if err != nil {
		return err
	}
	etcd, err := p.process(etcdProcess)
	if err != nil {
		return err
	}
	p.etcdURL = strings.TrimSuffix(etcd.Ready, "/health")
	native := rest.CopyConfig(p.config)
	native.Host = strings.TrimSuffix(kubenova.Ready, "/readyz")
	signed, err := p.token(ctx)
	if err != nil {
		return err
	}
	token := rest.AnonymousClientConfig(native)
	token.BearerToken, token.DisableCompression = signed, true
	plain := &rest.Config{Host: p.env["BASE"], BearerToken: signed, DisableCompression: true}
	for into, config := range map[**door]*rest.Config{&p.kube: p.config, &p.kubenova: native, &p.doorNative: token, &p.doorREST: plain} {
		if *into, err = newDoor(config); err != nil {
			return err
		}
	}
	return nil
}

// token has KubeNova sign a token for the administrator.
func (p *platform) token(ctx context.Context) (string, error) {
	d, err := newDoor(&rest.Config{Host: p.env["BASE"], BearerToken: p.env["KN_TOKEN"]})
	if err != nil {
		return "", err
	}
	response, err := d.open(ctx, "POST", "/api/v1/tokens", `{"subject":"bench","roles":["admin"],"ttlSeconds":28800}`)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("the answer has no token: %w", err)
	}
	return answer.Token, nil
}

// process reads what the local platform recorded of a process.
func (p *platform) process(name string) (process, error) {
	data, err := os.ReadFile(filepath.Join(p.options.dir, "pids", name+".json"))
	if err != nil {
		return process{}, fmt.Errorf("%s does not run in %s: %w", name, p.options.dir, err)
	}
	var out process
	if err := json.Unmarshal(data, &out); err != nil {
		return process{}, fmt.Errorf("decoding the record of %s: %w", name, err)
	}
	return out, nil
}

// control has the local platform do something to a process: kill or restart.
func (p *platform) control(ctx context.Context, action, name string) error {
	command := exec.CommandContext(ctx, "go", "run", "./hack/localcluster", action, "--dir", p.options.dir, name)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", action, name, err, output)
	}
	return nil
}

// readEnv reads lines of the form export NAME='value'.
func readEnv(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("no platform is up: %w", err)
	}
	defer file.Close()
	env := map[string]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, value, found := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		if found {
			env[name] = strings.Trim(value, "'")
		}
	}
	for _, name := range []string{"KUBECONFIG", "BASE", "KN_TOKEN", "CLUSTER_ID"} {
		if env[name] == "" {
			return nil, errors.Join(fmt.Errorf("%s does not set %s", path, name), lines.Err())
		}
	}
	return env, lines.Err()
}

// door is an HTTP API with one connection pool and one identity.
type door struct {
	base   string
	client *http.Client
}

func newDoor(config *rest.Config) (*door, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making a client of %s: %w", config.Host, err)
	}
	if transport, ok := client.Transport.(*http.Transport); ok {
		transport.MaxIdleConnsPerHost = 2000
	}
	return &door{base: strings.TrimSuffix(config.Host, "/"), client: client}, nil
}

// read reads what a path answers. An answer other than 2xx is an error.
func (d *door) read(ctx context.Context, path string) ([]byte, error) {
	response, err := d.open(ctx, "GET", path, "")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer: %w", path, err)
	}
	return answer, nil
}

// sendAs is discard with a content type of its own.
func (d *door) sendAs(ctx context.Context, method, path, contentType, body string) error {
	response, err := d.openAs(ctx, method, path, contentType, body)
	if err != nil {
		return err
	}
	return drain(response)
}

// discard sends a request, and reads its answer without looking at it.
func (d *door) discard(ctx context.Context, method, path, body string) error {
	return d.sendAs(ctx, method, path, "application/json", body)
}

// drain reads an answer to its end, so that its connection can be used again.
func drain(response *http.Response) error {
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}

func (d *door) open(ctx context.Context, method, path, body string) (*http.Response, error) {
	return d.openAs(ctx, method, path, "application/json", body)
}

func (d *door) openAs(ctx context.Context, method, path, contentType, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, d.base+path, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		defer response.Body.Close()
		answer, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return response, nil
}

// poll repeats check until it returns nil or the time is over.
func poll(ctx context.Context, limit time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", limit, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
