package clusters

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type answers string

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

func TestAnswersHaveAnEnd(t *testing.T) {
	for text, want := range map[string]error{"": nil, "1234567": nil, "12345678": nil, "123456789": errTooBig, strings.Repeat("x", 1000): errTooBig} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&boundedAnswers{answers(text), 8}).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		read, err := io.ReadAll(response.Body)
		if !errors.Is(err, want) || len(read) > 8 || want == nil && string(read) != text {
			t.Errorf("of %d bytes %d are read: %v, want %v", len(text), len(read), err, want)
		}
	}
}

func TestEachEnds(t *testing.T) {
	s := newAPIServer(t)
	s.set("/api/v1/pods", `{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"more"},"items":[{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x","namespace":"y"}}]}`)
	target := put(t, newTestSet(t), "a", s)
	visited := 0
	err := target.Each(t.Context(), Pod, metav1.ListOptions{}, func(*unstructured.Unstructured) { visited++ })
	if unavailable, ok := AsUnavailable(err); !ok || unavailable.Reason != "EndlessList" {
		t.Errorf("a list without end: %v after %d", err, visited)
	}
}

func TestWhatAClusterSaysOfItselfIsShort(t *testing.T) {
	s := newAPIServer(t)
	long := strings.Repeat("9", 1<<20)
	s.set("/version", `{"gitVersion":"v1.37.2`+long+`"}`)
	s.set("/apis", `{"groups":[{"name":"capsule.clastix.io","versions":[{"groupVersion":"capsule.clastix.io/v1beta2"}]}]}`)
	s.set("/apis/apps/v1/deployments", `{"items":[{"metadata":{"name":"`+long+`","namespace":"n","labels":{"app.kubernetes.io/version":"`+long+`"}},"status":{"availableReplicas":0}}]}`)
	health := put(t, newTestSet(t), "a", s).Health()
	if len(health.KubernetesVersion) != maxWord || len(health.Tenancy.Version) != maxWord || len(health.Tenancy.Message) > 4*maxWord {
		t.Errorf("the versions have %d and %d bytes, the message %d", len(health.KubernetesVersion), len(health.Tenancy.Version), len(health.Tenancy.Message))
	}
}
