package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// cluster is a cluster that up is bringing up.
type cluster struct {
	root    string // of the repository
	bin     string // where the tools are
	layout  layout
	options upOptions
	ports   ports
	pki     *pki
	kube    *kube

	velaDefinitions []*unstructured.Unstructured
	velaWebhooks    []*unstructured.Unstructured
}

func newCluster(root, bin string, l layout, options upOptions) (*cluster, error) {
	c := &cluster{root: root, bin: bin, layout: l, options: options}
	if err := l.create(); err != nil {
		return nil, err
	}
	var err error
	if c.ports, err = allocatePorts(); err != nil {
		return nil, err
	}
	if c.pki, err = writePKI(l); err != nil {
		return nil, err
	}
	if err = c.writeKubeconfigs(); err != nil {
		return nil, err
	}
	if err = c.writeAuditPolicy(); err != nil {
		return nil, err
	}
	c.kube, err = newKube(l.kubeconfig())
	return c, err
}

// start starts a process and waits until it serves.
func (c *cluster) start(ctx context.Context, command command) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r, exited, err := launch(c.layout, command)
	if err != nil {
		return err
	}
	return waitReady(ctx, c.layout, r, exited)
}

// tasks lists every step of up with the steps it needs.
func (c *cluster) tasks() []task {
	process := func(build func() command, needs ...string) task {
		command := build()
		return task{command.Name, needs, func(ctx context.Context) error { return c.start(ctx, command) }}
	}
	tasks := []task{
		process(c.etcd),
		process(c.kubeAPIServer, etcd),
		{"kwok configuration", nil, c.writeKwokConfig},
		process(c.kubeControllerManager, kubeAPIServer),
		process(c.kubeScheduler, kubeAPIServer),
		process(c.kwok, kubeAPIServer, "kwok configuration"),
		{"namespaces", []string{kubeAPIServer}, c.installIdentities},
		{"nodes", []string{kwok}, func(ctx context.Context) error { return c.kube.apply(ctx, nodeObjects()...) }},
	}
	if !c.options.without[kubenova] {
		tasks = append(tasks, c.kubenovaTasks()...)
	}
	if !c.options.without[capsule] {
		tasks = append(tasks,
			task{"capsule chart", []string{"namespaces"}, c.installCapsule},
			task{capsule, []string{"capsule chart"}, c.startCapsule},
		)
	}
	if !c.options.without[vela] {
		tasks = append(tasks,
			task{"vela chart", []string{"namespaces"}, c.installVela},
			task{"vela definitions", []string{"vela chart"}, func(ctx context.Context) error {
				return c.kube.apply(ctx, c.velaDefinitions...)
			}},
			task{velaCore, []string{"vela chart"}, c.startVela},
		)
	}
	return append(tasks, c.lastTask(tasks))
}

func (c *cluster) kubenovaTasks() []task {
	return []task{
		{"kubenova RBAC", []string{"namespaces"}, c.installKubeNova},
		{kubenovaAPIServer, []string{"kubenova RBAC"}, func(ctx context.Context) error {
			return c.start(ctx, c.kubenovaAPIServer())
		}},
		{"APIService", []string{kubenovaAPIServer}, c.installAPIService},
		{kubenovaControllers, []string{"APIService"}, func(ctx context.Context) error {
			return c.start(ctx, c.kubenovaControllers())
		}},
	}
}

// lastTask needs all others; with KubeNova it registers the cluster.
func (c *cluster) lastTask(tasks []task) task {
	last := task{name: "env file", run: func(context.Context) error { return c.writeEnv("", "") }}
	if !c.options.without[kubenova] {
		last = task{name: "registration", run: c.register}
	}
	for _, t := range tasks {
		last.needs = append(last.needs, t.name)
	}
	return last
}

func (c *cluster) base() string { return fmt.Sprintf("http://127.0.0.1:%d", c.ports.kubenovaHTTP) }
