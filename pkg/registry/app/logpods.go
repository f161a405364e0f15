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

// list returns the pods of the component that have a log, the youngest first, and
// says whether there are others that are about to.
func (p podSources) list(ctx context.Context) (started []corev1.Pod, pending bool, err error) {
	selector := labels.Set{kubevela.LabelApp: p.app, kubevela.LabelComponent: p.component}.String()
	list, err := p.connection.Kubernetes().CoreV1().Pods(p.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: maxListedPods})
	if err != nil {
		return nil, false, p.connection.Error(err)
	}
	count := len(list.Items)
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool { return pod.Status.Phase == corev1.PodPending })
	slices.SortFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return pods[:min(len(pods), maxLogPods)], len(pods) < count, nil
}

// sources returns the logs of pods.
func (p podSources) sources(pods []corev1.Pod) []podlog.Source {
	out := make([]podlog.Source, 0, len(pods))
	for i := range pods {
		out = append(out, p.source(&pods[i]))
	}
	return out
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
