package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// waitFlags say whether to wait for an effect, and how long.
type waitFlags struct {
	wait    bool
	timeout time.Duration
}

// add adds the flags of a command that waits unless it is told not to.
func (w *waitFlags) add(command *cobra.Command) { w.addFlags(command, true) }

// addOff adds the flags of a command that waits when it is told to.
func (w *waitFlags) addOff(command *cobra.Command) { w.addFlags(command, false) }

func (w *waitFlags) addFlags(command *cobra.Command, wait bool) {
	command.Flags().BoolVar(&w.wait, "wait", wait, "wait for the effect and show how it goes")
	command.Flags().DurationVar(&w.timeout, "timeout", 5*time.Minute, "how long to wait")
}

func (w *waitFlags) validate() error {
	if w.wait && w.timeout <= 0 {
		return fmt.Errorf("--timeout: %s is not more than 0", w.timeout)
	}
	return nil
}

// watched lists and watches objects of type L, of which one is named.
type watched[L runtime.Object] interface {
	List(context.Context, metav1.ListOptions) (L, error)
	Watch(context.Context, metav1.ListOptions) (watch.Interface, error)
}

// follow watches one object, over broken connections too, until done says so.
func follow[P runtime.Object, L runtime.Object](ctx context.Context, of watched[L], name string, object P, timeout time.Duration,
	done func(P) (bool, error),
) error {
	one := fields.OneTermEqualSelector("metadata.name", name).String()
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = one
			return of.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = one
			return of.Watch(ctx, o)
		},
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := watchtools.UntilWithSync(ctx, lw, object, nil, func(event watch.Event) (bool, error) {
		seen, ok := event.Object.(P)
		switch {
		case event.Type == watch.Deleted:
			return false, errors.New("it was deleted meanwhile")
		case !ok:
			return false, fmt.Errorf("unexpected object %T", event.Object)
		}
		return done(seen)
	})
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("not done within %s", timeout)
	}
	return err
}
