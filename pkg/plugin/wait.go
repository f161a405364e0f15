package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// waitFlags say whether to wait for an effect, and how long.
type waitFlags struct {
	wait    bool
	timeout time.Duration
}

func (w *waitFlags) add(command *cobra.Command, wait bool) {
	command.Flags().BoolVar(&w.wait, "wait", wait, "wait for the effect and show how it goes")
	command.Flags().DurationVar(&w.timeout, "timeout", 5*time.Minute, "how long to wait")
}

// follow watches one object, over broken connections too, until done says so.
func follow(ctx context.Context, lw *cache.ListWatch, object runtime.Object, timeout time.Duration, done func(runtime.Object) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := watchtools.UntilWithSync(ctx, lw, object, nil, func(event watch.Event) (bool, error) {
		if event.Type == watch.Deleted {
			return false, errors.New("it was deleted meanwhile")
		}
		return done(event.Object)
	})
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("not done within %s", timeout)
	}
	return err
}

func one(name string, options metav1.ListOptions) metav1.ListOptions {
	options.FieldSelector = fields.OneTermEqualSelector("metadata.name", name).String()
	return options
}

// conditionOf is the condition that says whether a component is there.
func conditionOf(component v1alpha1.ComponentName) string {
	switch component {
	case v1alpha1.ComponentTenancy:
		return v1alpha1.ClusterTenancyReady
	case v1alpha1.ComponentProxy:
		return v1alpha1.ClusterProxyReady
	default:
		return v1alpha1.ClusterAppDeliveryReady
	}
}

// followBootstrap prints what the component's condition says each time that it
// changes, until the component is there.
func (s *session) followBootstrap(ctx context.Context, clusters client.ClusterInterface, name string, component v1alpha1.ComponentName, wait waitFlags) error {
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return clusters.List(ctx, one(name, o))
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return clusters.Watch(ctx, one(name, o))
		},
	}
	said := ""
	return follow(ctx, lw, &v1alpha1.Cluster{}, wait.timeout, func(object runtime.Object) (bool, error) {
		cluster, ok := object.(*v1alpha1.Cluster)
		if !ok {
			return false, fmt.Errorf("unexpected object %T", object)
		}
		condition := meta.FindStatusCondition(cluster.Status.Conditions, conditionOf(component))
		if condition == nil {
			return false, nil
		}
		if line := condition.Reason + ": " + condition.Message; line != said {
			said = line
			fmt.Fprintf(s.Out, "  %s\n", line)
		}
		return condition.Status == metav1.ConditionTrue && carriedOut(cluster, component), nil
	})
}

// carriedOut says whether the newest request for a component was carried out.
func carriedOut(cluster *v1alpha1.Cluster, component v1alpha1.ComponentName) bool {
	for _, wanted := range cluster.Spec.Components {
		if wanted.Name != component {
			continue
		}
		for _, found := range cluster.Status.Components {
			if found.Name == component {
				return wanted.RequestedAt == nil || !found.RequestedAt.Before(wanted.RequestedAt)
			}
		}
	}
	return false
}
