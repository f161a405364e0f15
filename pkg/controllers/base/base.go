// Package base holds what the controllers have in common: how they report, how
// they find a cluster and how they let go of an object.
package base

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
)

// maxBackoff bounds the time between two attempts at something that fails: what was
// mended is to be seen soon.
const maxBackoff = 30 * time.Second

// Options of a controller with so many workers.
func Options(workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](5*time.Millisecond, maxBackoff),
	}
}

// Recheck is how long to wait for something whose change no watch tells.
const Recheck = 10 * time.Second

// Targets leads to registered clusters; *clusters.Set does.
type Targets interface {
	// Client returns a cluster to work on, or an UnavailableError.
	Client(cluster string) (clusters.Client, error)
}

// SetCondition sets a condition of an object at a generation. It changes
// nothing when the condition already says the same.
func SetCondition(status *v1alpha1.ConditionedStatus, generation int64, kind string, value metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&status.Conditions, metav1.Condition{
		Type: kind, Status: value, Reason: reason, Message: message, ObservedGeneration: generation,
	})
}

// Release removes KubeNova's finalizer, so that the object can go.
func Release(ctx context.Context, c client.Client, object client.Object) error {
	before := object.DeepCopyObject().(client.Object)
	if !controllerutil.RemoveFinalizer(object, v1alpha1.FinalizerCleanup) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := c.Patch(ctx, object, patch); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing the finalizer of %s: %w", Title(object), err)
	}
	return nil
}

// Title names an object in messages.
func Title(object client.Object) string {
	kind := object.GetObjectKind().GroupVersionKind().Kind
	if kind == "" {
		kind = fmt.Sprintf("%T", object)
	}
	if object.GetNamespace() == "" {
		return kind + " " + object.GetName()
	}
	return kind + " " + object.GetNamespace() + "/" + object.GetName()
}

// Outcome turns what a step returned into what the controller does next: a
// cluster that is away tells when it is back, so that there is no point in
// trying, while one that is busy is tried again shortly.
func Outcome(err error) (reconcile.Result, error) {
	unavailable, ok := clusters.AsUnavailable(err)
	switch {
	case !ok:
		return reconcile.Result{}, err
	case unavailable.Reason == clusters.ReasonBusy:
		return reconcile.Result{RequeueAfter: spread(300 * time.Millisecond)}, nil
	case unavailable.Soon:
		return reconcile.Result{RequeueAfter: spread(2 * time.Second)}, nil
	default:
		return reconcile.Result{RequeueAfter: spread(5 * time.Minute)}, nil
	}
}

// spread adds up to a half, so that what waited together does not come together.
func spread(d time.Duration) time.Duration {
	return d + rand.N(d/2)
}

// Blocked is a state in which an object cannot be carried out, that is no
// failure of a request: it waits for someone or something else.
type Blocked struct {
	// Reason is a word for machines, Message a sentence for people.
	Reason, Message string
	// Recheck is when to look again; 0 when a watch will tell.
	Recheck time.Duration
}

// Error returns the message.
func (b *Blocked) Error() string { return b.Message }
