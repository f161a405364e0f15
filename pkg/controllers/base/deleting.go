package base

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
)

// Waiting is the error of a deletion that waits. The reason names the step.
func Waiting(reason, message string) error {
	return &Blocked{Reason: reason, Message: message, Recheck: Recheck}
}

// ReportDeletion puts into the condition Deleting what the deletion of an object
// waits for, and since when: the time of the condition is that of its reason. Of
// a cluster that was not yet probed it says nothing.
func ReportDeletion(status *v1alpha1.ConditionedStatus, generation int64, err error, now time.Time) {
	unavailable, away := clusters.AsUnavailable(err)
	if err == nil || away && unavailable.Untold() {
		return
	}
	_, reason, message := Explain(err)
	if away {
		message += " To let go of what is there without it, delete once more with orphan."
	}
	since := metav1.NewTime(now.Truncate(time.Second))
	if had := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionDeleting); had != nil && had.Reason == reason {
		since = had.LastTransitionTime
	}
	meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionDeleting)
	status.Conditions = append(status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionDeleting, Status: metav1.ConditionTrue, ObservedGeneration: generation,
		Reason: reason, LastTransitionTime: since,
		Message: fmt.Sprintf("%s (since %s)", message, since.UTC().Format(time.RFC3339)),
	})
}

// RequireLetGo is Blocked while a former tenant, or a former project of that name
// where one is given, is still to be let go of on the cluster. What was never
// carried there is asked for, once; what was, is there by itself. Nothing is let go
// of under the name of an object for as long as it exists, so that who is cleared
// stays so.
func (p Placement) RequireLetGo(ctx context.Context, cleared *UIDs, object client.Object, conditions []metav1.Condition, tenant, project string) error {
	key := client.ObjectKeyFromObject(object)
	if cleared.Is(key, object.GetUID()) || meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
		return nil
	}
	var records v1alpha1.OrphanRecordList
	if err := p.Live.List(ctx, &records, client.MatchingFields{"spec.tenant": tenant}); err != nil {
		return fmt.Errorf("listing the orphan records of tenant %s: %w", tenant, err)
	}
	for _, record := range records.Items {
		if of := record.Spec.Project; of == "" || of == project {
			return &Blocked{
				Reason:  "FormerNotLetGo",
				Message: "What a former tenant or project of the name has on the cluster is still to be let go of; see the OrphanRecord " + record.Name + ".",
				Recheck: Recheck / 5,
			}
		}
	}
	cleared.Set(key, object.GetUID())
	return nil
}
