package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	fieldManager = "localcluster"
	applyTimeout = 30 * time.Second
)

// kube talks to the local kube-apiserver as its administrator.
type kube struct {
	typed   kubernetes.Interface
	dynamic dynamic.Interface
	mapper  meta.ResettableRESTMapper
}

func newKube(kubeconfig string) (*kube, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig %s: %w", kubeconfig, err)
	}
	config.QPS = -1
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("creating a client: %w", err)
	}
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("creating a dynamic client: %w", err)
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(typed.Discovery()))
	return &kube{typed: typed, dynamic: dynamicClient, mapper: mapper}, nil
}

// apply server-side applies the objects, several at a time. What is missing
// yet (a namespace, a kind whose CRD was applied just before) is waited for.
func (k *kube) apply(ctx context.Context, objects ...*unstructured.Unstructured) error {
	tasks := make([]task, 0, len(objects))
	for i, object := range objects {
		tasks = append(tasks, task{
			name: fmt.Sprintf("apply %d", i),
			run:  func(ctx context.Context) error { return k.applyOne(ctx, object) },
		})
	}
	const atOnce = 8
	for len(tasks) > 0 {
		n := min(atOnce, len(tasks))
		if err := runTasks(ctx, tasks[:n], func(string, time.Duration) {}); err != nil {
			return err
		}
		tasks = tasks[n:]
	}
	return nil
}

func (k *kube) applyOne(ctx context.Context, object *unstructured.Unstructured) error {
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	for {
		err := k.tryApply(ctx, object)
		if err == nil {
			return nil
		}
		missing := meta.IsNoMatchError(err)
		if missing {
			k.mapper.Reset()
		}
		if !missing && !apierrors.IsNotFound(err) && !apierrors.IsInternalError(err) {
			return fmt.Errorf("applying %s: %w", describe(object), err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("applying %s: %w", describe(object), err)
		case <-time.After(4 * pollInterval):
		}
	}
}

func (k *kube) tryApply(ctx context.Context, object *unstructured.Unstructured) error {
	resource, err := k.resource(object)
	if err != nil {
		return err
	}
	_, err = resource.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	return err
}

func (k *kube) resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	gvk := object.GroupVersionKind()
	mapping, err := k.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return k.dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace()), nil
	}
	return k.dynamic.Resource(mapping.Resource), nil
}

func describe(object *unstructured.Unstructured) string {
	return fmt.Sprintf("%s %s/%s", object.GetKind(), object.GetNamespace(), object.GetName())
}

// decode reads all objects of a YAML stream.
func decode(data []byte) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decoding YAML: %w", err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// decodeFiles reads the objects of all files that the pattern names.
func decodeFiles(pattern string) ([]*unstructured.Unstructured, error) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return nil, errors.Join(fmt.Errorf("no file matches %s", pattern), err)
	}
	var objects []*unstructured.Unstructured
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		found, err := decode(data)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		objects = append(objects, found...)
	}
	return objects, nil
}
