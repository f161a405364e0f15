package plugin

import (
	"context"
	"fmt"
	"io"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// progressTo is where progress is shown: apart from what a program reads.
func (s *session) progressTo(o *output) io.Writer {
	if o.forPeople() {
		return s.Out
	}
	return s.ErrOut
}

// ready waits until an object is in effect on its cluster, and shows what its
// condition Ready says until then.
func ready[P interface {
	runtime.Object
	metav1.Object
}, L runtime.Object](ctx context.Context, s *session, o output, of watched[L], object P, timeout time.Duration,
	conditions func(P) []metav1.Condition,
) error {
	display, err := s.newLive(s.progressTo(&o))
	if err != nil {
		return err
	}
	err = follow(ctx, of, object.GetName(), object, timeout, func(seen P) (bool, error) {
		shown := step{key: object.GetName(), mark: markBusy, text: "waits for its controller"}
		found := meta.FindStatusCondition(conditions(seen), v1alpha1.ConditionReady)
		if found == nil || found.ObservedGeneration < seen.GetGeneration() {
			display.show([]step{shown})
			return false, nil
		}
		shown.text = found.Message
		if found.Status == metav1.ConditionTrue {
			shown.mark = markDone
		}
		display.show([]step{shown})
		return found.Status == metav1.ConditionTrue, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for %s: %w", object.GetName(), err)
	}
	return nil
}
