package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	// growths are the sizes of the store that were measured, for the chart of growth.
	growths []sizes
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
	if p.kube, err = newDoor(p.config); err != nil {
		return err
	}
	if p.kubenova, err = newDoor(native); err != nil {
		return err
	}
	both, err := p.doorsOf(ctx, "bench", "admin")
	p.doorREST, p.doorNative = both.rest, both.native
	return err
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

// pause waits, and fails when ctx is done before.
func pause(ctx context.Context, length time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(length):
		return nil
	}
}
