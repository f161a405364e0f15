package app

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/podlog"
)

const (
	// joinEvery is how often pods are looked for that have started since.
	joinEvery = 3 * time.Second
	// reviewEvery is how often the caller's right is looked at while it follows.
	reviewEvery = 2 * time.Second
)

var errRevoked = errors.New("the caller may not read the logs any more")

// laterPods finds the pods that start while others are followed.
type laterPods struct {
	podSources

	// seen are the runs of containers whose logs were opened.
	seen map[podRun]bool
}

// podRun is one run of a pod's container.
type podRun struct {
	pod       types.UID
	container string
}

func newLaterPods(sources podSources, first []corev1.Pod) *laterPods {
	l := &laterPods{podSources: sources, seen: map[podRun]bool{}}
	l.unseen(first)
	l.options.TailLines, l.options.SinceSeconds = nil, nil // all of it is new
	return l
}

// unseen returns the pods whose containers run for the first time, or again, and
// remembers all that there are.
func (l *laterPods) unseen(pods []corev1.Pod) (fresh []corev1.Pod) {
	now := make(map[podRun]bool, len(pods))
	for i := range pods {
		run := podRun{pod: pods[i].UID}
		name := mainContainer(&pods[i], l.component)
		for _, status := range pods[i].Status.ContainerStatuses {
			if status.Name == name {
				run.container = status.ContainerID
			}
		}
		if !l.seen[run] {
			fresh = append(fresh, pods[i])
		}
		now[run] = true
	}
	l.seen = now
	return fresh
}

// next implements what podlog.Follow asks.
func (l *laterPods) next(ctx context.Context) (podlog.Arrivals, error) {
	pods, pending, err := l.list(ctx)
	if err != nil {
		return podlog.Arrivals{}, err
	}
	more := pending
	for i := range pods {
		more = more || pods[i].Status.Phase == corev1.PodRunning
	}
	return podlog.Arrivals{Sources: l.sources(l.unseen(pods)), More: more}, nil
}

// whileAllowed ends a context when the caller of a request loses the right to what
// it reads. Rights that cannot be looked at are none.
func whileAllowed(ctx context.Context, every time.Duration, allowed func(context.Context) bool) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if !allowed(ctx) {
					cancel(errRevoked)
				}
			}
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}

// mayRead returns whether the caller of a request may still read the logs of an app.
func (r *LogsREST) mayRead(ctx context.Context, app *v1alpha1.App) func(context.Context) bool {
	caller, known := genericapirequest.UserFrom(ctx)
	return func(ctx context.Context) bool {
		if !known {
			return false
		}
		decision, _, err := r.authorizer.Authorize(ctx, authorizer.AttributesRecord{
			User: caller, Verb: "get", Namespace: app.Namespace, Name: app.Name,
			APIGroup: v1alpha1.GroupName, APIVersion: v1alpha1.SchemeGroupVersion.Version,
			Resource: "apps", Subresource: "logs", ResourceRequest: true,
		})
		return err == nil && decision == authorizer.DecisionAllow
	}
}
