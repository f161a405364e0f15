package clusters

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// Merge implements Client. The object that is changed is the one that was seen,
// not another that took its name since.
func (t *Target) Merge(ctx context.Context, live *unstructured.Unstructured, patch map[string]any) error {
	metadata, _ := patch["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	metadata["uid"] = string(live.GetUID())
	patch = maps.Clone(patch)
	patch["metadata"] = metadata
	body, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("encoding a patch: %w", err)
	}
	kind := Kind(live.GetKind())
	err = t.call(ctx, func(ctx context.Context) error {
		_, err := at(t.dynamic, kind, live.GetNamespace()).Patch(ctx, live.GetName(), types.MergePatchType, body, metav1.PatchOptions{FieldManager: FieldOwner})
		return err
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil && answered(err) {
		return fmt.Errorf("changing %s %s: %w", kind, live.GetName(), err)
	}
	return err
}
