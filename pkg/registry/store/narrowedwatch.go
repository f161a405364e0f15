package store

import (
	"context"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	utilflowcontrol "k8s.io/apiserver/pkg/util/flowcontrol"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/membership"
)

// watchFor watches what a caller sees. A watch from before the last change of
// that has missed what the change showed and hid: its client must list again.
func (n *Narrowed) watchFor(ctx context.Context, caller user.Info, options *internalversion.ListOptions) (watch.Interface, error) {
	if BeginsWithList(options.ResourceVersion, options.SendInitialEvents) {
		return n.watchFromList(ctx, caller, options)
	}
	subscription := n.visibility.Members.Subscribe(caller)
	if err := checkStart(options, subscription.Changed); err != nil {
		subscription.Close()
		return nil, err
	}
	return n.follow(ctx, subscription, nil, options)
}

// follow passes on what a subscriber sees, first what there is to begin with.
func (n *Narrowed) follow(ctx context.Context, subscription *membership.Subscription, initial []watch.Event, options *internalversion.ListOptions) (watch.Interface, error) {
	// The watch begins where the initial events end, and is not the one to say that they have.
	unsignalled := utilflowcontrol.WithInitializationSignal(ctx, utilflowcontrol.NewInitializationSignal())
	inner, err := n.seenBy(subscription.View).Watch(unsignalled, options)
	if err != nil {
		subscription.Close()
		return nil, err
	}
	w := &narrowedWatch{
		inner: inner, subscription: subscription, members: n.visibility.Members, initial: initial,
		result: make(chan watch.Event), stopped: make(chan struct{}),
	}
	go w.run(ctx)
	return w, nil
}

// checkStart refuses a watch that starts before the version at which its caller's
// view changed last.
func checkStart(options *internalversion.ListOptions, changed uint64) error {
	if options.ResourceVersion == "" || options.ResourceVersion == "0" {
		return nil
	}
	from, err := parseVersion(options.ResourceVersion)
	if err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	if from < changed {
		return expired()
	}
	return nil
}

func expired() *apierrors.StatusError {
	return apierrors.NewResourceExpired("what you may see has changed since that resourceVersion")
}

// narrowedWatch passes on the events of a watch until its caller sees something
// else than at its start. No event is passed on before it is certain that the
// change of membership was not before it.
type narrowedWatch struct {
	inner watch.Interface
	// initial events come before those of inner.
	initial      []watch.Event
	subscription *membership.Subscription
	members      *membership.Index
	result       chan watch.Event
	stop         sync.Once
	stopped      chan struct{}
}

// Stop implements watch.Interface.
func (w *narrowedWatch) Stop() { w.stop.Do(func() { close(w.stopped) }) }

// ResultChan implements watch.Interface.
func (w *narrowedWatch) ResultChan() <-chan watch.Event { return w.result }

func (w *narrowedWatch) run(ctx context.Context) {
	defer close(w.result)
	defer w.subscription.Close()
	defer w.inner.Stop()
	for _, event := range w.initial {
		if !w.pass(ctx, event) {
			return
		}
	}
	w.initial = nil
	utilflowcontrol.WatchInitialized(ctx)
	for {
		select {
		case <-w.stopped:
			return
		case <-w.subscription.Ended():
			w.expire()
			return
		case event, open := <-w.inner.ResultChan():
			if !open || !w.pass(ctx, event) {
				return
			}
		}
	}
}

// pass passes an event on, and says whether the watch goes on.
func (w *narrowedWatch) pass(ctx context.Context, event watch.Event) bool {
	if event.Type != watch.Error {
		version, err := versionOf(event.Object)
		if err == nil {
			err = w.members.WaitFor(ctx, version)
		}
		if err != nil {
			// The client goes on from the event before.
			klog.FromContext(ctx).V(2).Info("Ending a watch that cannot be narrowed for now", "err", err)
			return false
		}
	}
	if w.subscription.HasEnded() { // first: a select takes any that is ready
		w.expire()
		return false
	}
	select {
	case w.result <- event:
		return true
	case <-w.subscription.Ended():
		w.expire()
		return false
	case <-w.stopped:
		return false
	}
}

func (w *narrowedWatch) expire() {
	status := expired().Status()
	select {
	case w.result <- watch.Event{Type: watch.Error, Object: &status}:
	case <-w.stopped:
	}
}
