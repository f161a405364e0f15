package app

import (
	"cmp"
	"context"
	"io"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/kubevela"
	"github.com/kubenova/kubenova/pkg/podlog"
)

const (
	// maxLogPods is how many pods of a component are read, the youngest.
	maxLogPods = 16
	// maxListedPods bounds the list that they are chosen from.
	maxListedPods = 500
)

// podSources finds the logs of a component.
type podSources struct {
	connection                *connections.Connection
	namespace, app, component string
	options                   corev1.PodLogOptions
}

func podLogOptions(options *v1alpha1.AppLogOptions) corev1.PodLogOptions {
	return corev1.PodLogOptions{
		Follow: options.Follow, Timestamps: true,
		TailLines: options.TailLines, SinceSeconds: options.SinceSeconds,
	}
}

// list returns the logs of the component's pods that have one.
func (p podSources) list(ctx context.Context) ([]podlog.Source, error) {
	selector := labels.Set{kubevela.LabelApp: p.app, kubevela.LabelComponent: p.component}.String()
	list, err := p.connection.Kubernetes().CoreV1().Pods(p.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: maxListedPods})
	if err != nil {
		return nil, p.connection.Error(err)
	}
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool { return pod.Status.Phase == corev1.PodPending })
	slices.SortFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	var out []podlog.Source
	for i := range pods[:min(len(pods), maxLogPods)] {
		out = append(out, p.source(&pods[i]))
	}
	return out, nil
}

func (p podSources) source(pod *corev1.Pod) podlog.Source {
	options := p.options
	options.Container = mainContainer(pod, p.component)
	return podlog.Source{Component: p.component, Pod: pod.Name, Open: func(ctx context.Context) (io.ReadCloser, error) {
		log, err := p.connection.KubernetesStreams().CoreV1().Pods(p.namespace).GetLogs(pod.Name, &options).Stream(ctx)
		if err != nil {
			return nil, p.connection.Error(err)
		}
		return log, nil
	}}
}

// mainContainer is the container of a component's name, or the first.
func mainContainer(pod *corev1.Pod, component string) string {
	for _, container := range pod.Spec.Containers {
		if container.Name == component {
			return component
		}
	}
	if len(pod.Spec.Containers) > 0 {
		return pod.Spec.Containers[0].Name
	}
	return ""
}
