package usage_test

import (
	"encoding/json"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/usage"
)

func podFrom(t *testing.T, text string) (*corev1.Pod, *corev1.Pod, error) {
	t.Helper()
	object := &unstructured.Unstructured{}
	whole := &corev1.Pod{}
	if err := json.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	read, err := usage.PodOf(object)
	if err == nil {
		if err := json.Unmarshal([]byte(text), whole); err != nil {
			t.Fatal(err)
		}
	}
	return read, whole, err
}

// TestPodOfCountsWhatTheWholePodDoes holds what is read against the pod as Kubernetes decodes it.
func TestPodOfCountsWhatTheWholePodDoes(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":    `{}`,
		"ended":      `{"status":{"phase":"Failed"},"spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":"1"}}}]}}`,
		"containers": `{"spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":"100m","memory":"1Gi"}}},{"name":"b","resources":{"requests":{"cpu":2}}},{"name":"c"}]}}`,
		"init":       `{"spec":{"initContainers":[{"name":"a","resources":{"requests":{"cpu":"3"}}},{"name":"s","restartPolicy":"Always","resources":{"requests":{"memory":"5Mi"}}}],"containers":[{"name":"b","resources":{"requests":{"cpu":"1"}}}]}}`,
		"overhead":   `{"spec":{"overhead":{"cpu":"250m"},"containers":[{"name":"b","resources":{"requests":{"cpu":"1"}}}]}}`,
		"of the pod": `{"spec":{"resources":{"requests":{"cpu":"7","memory":"1Gi"}},"containers":[{"name":"b","resources":{"requests":{"cpu":"1"}}}]}}`,
		"others too": `{"spec":{"containers":[{"name":"a","resources":{"requests":{"example.com/gpu":"1","cpu":"1"},"limits":{"cpu":"9"}}}]}}`,
	} {
		read, whole, err := podFrom(t, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got, want usage.Total
		got.Add(read)
		want.Add(whole)
		gotText, _ := json.Marshal(got.Amounts())
		wantText, _ := json.Marshal(want.Amounts())
		if string(gotText) != string(wantText) {
			t.Errorf("%s: %s, want %s", name, gotText, wantText)
		}
	}
}

// TestHostileAmountsTakeNoTime has amounts that take hours to read in full.
func TestHostileAmountsTakeNoTime(t *testing.T) {
	for _, text := range []string{
		`{"spec":{"containers":[{"resources":{"requests":{"cpu":"1e999999999"}}}]}}`,
		`{"spec":{"initContainers":[{"resources":{"requests":{"memory":"1e-999999999"}}}]}}`,
		`{"spec":{"overhead":{"cpu":"9E999999999"}}}`,
		`{"spec":{"resources":{"requests":{"cpu":"1e+999999999"}}}}`,
		`{"spec":{"containers":[{"resources":{"requests":{"cpu":{"x":1}}}}]}}`,
	} {
		begun := time.Now()
		if _, _, err := podFrom(t, text); err == nil {
			t.Errorf("%s is read", text)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%s took %s", text, took)
		}
	}
	// What is not asked for is not read.
	if _, _, err := podFrom(t, `{"spec":{"containers":[{"name":"a","resources":{}}],"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Gi"}}]}}`); err != nil {
		t.Error(err)
	}
}
