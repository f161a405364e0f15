package clusters

import (
	"encoding/json"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestHolds(t *testing.T) {
	for name, tc := range map[string]struct {
		live, desired string
		want          bool
	}{
		"same":                   {`{"a":1}`, `{"a":1}`, true},
		"more fields":            {`{"a":1,"b":2}`, `{"a":1}`, true},
		"another value":          {`{"a":2}`, `{"a":1}`, false},
		"missing":                {`{}`, `{"a":1}`, false},
		"deeper":                 {`{"a":{"b":{"c":1,"d":2}}}`, `{"a":{"b":{"c":1}}}`, true},
		"empty wanted, absent":   {`{}`, `{"a":{},"b":[]}`, true},
		"empty wanted, present":  {`{"b":[1]}`, `{"b":[]}`, false},
		"list item with more":    {`{"a":[{"n":1,"d":2}]}`, `{"a":[{"n":1}]}`, true},
		"list with another item": {`{"a":[{"n":1},{"n":2}]}`, `{"a":[{"n":1}]}`, false},
		"another order":          {`{"a":[2,1]}`, `{"a":[1,2]}`, false},
		"another type":           {`{"a":"1"}`, `{"a":{"b":1}}`, false},
	} {
		var live, desired map[string]any
		if err := json.Unmarshal([]byte(tc.live), &live); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tc.desired), &desired); err != nil {
			t.Fatal(err)
		}
		if got := holds(live, desired); got != tc.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestStamp shows how a label that is no longer wanted is noticed.
func TestStamp(t *testing.T) {
	object := func(labels map[string]string) *unstructured.Unstructured {
		out := &unstructured.Unstructured{Object: map[string]any{}}
		out.SetLabels(labels)
		return out
	}
	former, err := stamp(object(map[string]string{"a": "1", "b": "2"}))
	if err != nil {
		t.Fatal(err)
	}
	again, err := stamp(object(map[string]string{"b": "2", "a": "1"}))
	if err != nil || !holds(former.Object, again.Object) {
		t.Errorf("the same object has two stamps: %v", err)
	}
	desired := object(map[string]string{"a": "1"})
	fewer, err := stamp(desired)
	if err != nil || holds(former.Object, fewer.Object) {
		t.Errorf("a label that went is not noticed: %v", err)
	}
	if len(desired.GetAnnotations()) > 0 {
		t.Error("the desired object was changed")
	}
}
