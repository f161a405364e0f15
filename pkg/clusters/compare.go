package clusters

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// annotationApplied holds a hash of what was last applied, by which a field that
// is no longer wanted shows: it is still on the object, and nothing else tells
// whose it was.
const annotationApplied = "kubenova.io/applied"

// stamp returns a copy of an object with the hash of its content.
func stamp(desired *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	data, err := json.Marshal(desired.Object)
	if err != nil {
		return nil, fmt.Errorf("hashing %s %s: %w", desired.GetKind(), desired.GetName(), err)
	}
	sum := sha256.Sum256(data)
	out := desired.DeepCopy()
	annotations := out.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[annotationApplied] = hex.EncodeToString(sum[:8])
	out.SetAnnotations(annotations)
	return out, nil
}

// Holds says whether an object has everything that is desired of it, so that Ensure
// would make no request.
func Holds(live, desired *unstructured.Unstructured) (bool, error) {
	stamped, err := stamp(desired)
	return err == nil && holds(live.Object, stamped.Object), err
}

// holds says whether an object has everything that is desired of it. Fields
// that others set are left alone; a list is one value and must be the same, but
// for fields that the cluster adds to its items.
func holds(live, desired any) bool {
	switch want := desired.(type) {
	case map[string]any:
		have, ok := live.(map[string]any)
		if !ok {
			return len(want) == 0 && live == nil
		}
		for key, value := range want {
			if !holds(have[key], value) {
				return false
			}
		}
		return true
	case []any:
		have, ok := live.([]any)
		if !ok || len(have) != len(want) {
			return len(want) == 0 && live == nil
		}
		for i := range want {
			if !holds(have[i], want[i]) {
				return false
			}
		}
		return true
	default:
		return reflect.DeepEqual(live, desired)
	}
}
