package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// stageFiles are the life of nodes and pods, read from kwok's own module: a
// kwok binary has none built in.
var stageFiles = []string{
	"kustomize/stage/node/fast/node-initialize.yaml",
	"kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"kustomize/stage/pod/fast/pod-ready.yaml",
	"kustomize/stage/pod/fast/pod-complete.yaml",
	"kustomize/stage/pod/fast/pod-delete.yaml",
}

var nodes = []string{"node-1", "node-2"}

func (c *cluster) kwok() command {
	cert, key := serving(c.layout, kwok)
	return command{
		Name: kwok,
		Path: filepath.Join(c.bin, kwok),
		Args: []string{
			"--kubeconfig=" + c.layout.kubeconfigOf(kwok),
			"--config=" + c.layout.path("data", "kwok.yaml"),
			"--manage-all-nodes=true",
			"--node-ip=127.0.0.1",
			fmt.Sprintf("--node-port=%d", c.ports.kwok),
			"--server-address=" + loopback(c.ports.kwok),
			"--tls-cert-file=" + cert,
			"--tls-private-key-file=" + key,
			"--node-lease-duration-seconds=40",
		},
		Ready: "http://" + loopback(c.ports.kwok) + "/healthz",
		Stage: stageClients,
	}
}

// writeKwokConfig joins the stages with the log that every container shows.
func (c *cluster) writeKwokConfig(ctx context.Context) error {
	module, err := moduleDir(ctx, c.root, "kwok", "sigs.k8s.io/kwok")
	if err != nil {
		return err
	}
	var config bytes.Buffer
	for _, file := range stageFiles {
		data, err := os.ReadFile(filepath.Join(module, file))
		if err != nil {
			return fmt.Errorf("reading a stage of kwok: %w", err)
		}
		config.Write(data)
		config.WriteString("\n---\n")
	}
	logs, err := c.writePodLog()
	if err != nil {
		return err
	}
	config.Write(logs)
	streams, err := podStreams()
	if err != nil {
		return err
	}
	config.Write(streams)
	if err := os.WriteFile(c.layout.path("data", "kwok.yaml"), config.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the configuration of kwok: %w", err)
	}
	return nil
}

// writePodLog writes a log in the form that container runtimes write, and
// returns the kwok object that serves it for all containers.
func (c *cluster) writePodLog() ([]byte, error) {
	file := c.layout.path("data", "container.log")
	var log bytes.Buffer
	for i := range 5 {
		at := time.Now().UTC().Add(time.Duration(i) * time.Millisecond)
		fmt.Fprintf(&log, "%s stdout F line %d of a container on a kwok node\n", at.Format("2006-01-02T15:04:05.000000000Z"), i+1)
	}
	if err := os.WriteFile(file, log.Bytes(), 0o600); err != nil {
		return nil, fmt.Errorf("writing the containers' log: %w", err)
	}
	object, err := yaml.Marshal(map[string]any{
		"apiVersion": "kwok.x-k8s.io/v1alpha1",
		"kind":       "ClusterLogs",
		"metadata":   map[string]any{"name": "all"},
		"spec":       map[string]any{"logs": []any{map[string]any{"logsFile": file, "previousLogsFile": file}}},
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the logs of kwok: %w", err)
	}
	return object, nil
}

// streamsNamespace is the one namespace whose pods run commands, on this machine,
// and forward ports, to an echo.
const streamsNamespace = "kwok-streams"

// podStreams returns the kwok objects that serve exec and port-forward there.
func podStreams() ([]byte, error) {
	var out bytes.Buffer
	for kind, spec := range map[string]map[string]any{
		"ClusterExec":        {"execs": []any{map[string]any{"local": map[string]any{}}}},
		"ClusterPortForward": {"forwards": []any{map[string]any{"command": []any{"cat"}}}},
	} {
		spec["selector"] = map[string]any{"matchNamespaces": []any{streamsNamespace}}
		object, err := yaml.Marshal(map[string]any{
			"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": kind, "metadata": map[string]any{"name": "streams"}, "spec": spec,
		})
		if err != nil {
			return nil, fmt.Errorf("encoding the %s of kwok: %w", kind, err)
		}
		out.WriteString("\n---\n")
		out.Write(object)
	}
	return out.Bytes(), nil
}

func nodeObjects() []*unstructured.Unstructured {
	objects := make([]*unstructured.Unstructured, 0, len(nodes))
	resources := map[string]any{"cpu": "32", "memory": "256Gi", "pods": "1000", "ephemeral-storage": "1Ti"}
	for _, name := range nodes {
		objects = append(objects, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1",
			"kind":       "Node",
			"metadata": map[string]any{
				"name":        name,
				"annotations": map[string]any{"kwok.x-k8s.io/node": "fake"},
				"labels": map[string]any{
					"kubernetes.io/arch":     "amd64",
					"kubernetes.io/hostname": name,
					"kubernetes.io/os":       "linux",
				},
			},
			"status": map[string]any{"capacity": resources, "allocatable": resources},
		}})
	}
	return objects
}
