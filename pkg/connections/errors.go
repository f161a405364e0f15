package connections

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// retryAfterSeconds is what callers are told to wait.
const retryAfterSeconds = 1

const (
	messageBusy   = "Too many requests are waiting for it."
	messageTooBig = "Its answer is larger than is accepted."
	messageNotAPI = "It does not answer as a Kubernetes API server does."
)

// unavailable is a 503 that names a cluster.
func unavailable(cluster, message string) *apierrors.StatusError {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure,
		Code:     http.StatusServiceUnavailable,
		Reason:   metav1.StatusReasonServiceUnavailable,
		Message:  fmt.Sprintf("The cluster %s cannot be asked: %s", cluster, message),
		Details: &metav1.StatusDetails{
			Group: v1alpha1.GroupName, Kind: "clusters", Name: cluster, RetryAfterSeconds: retryAfterSeconds,
		},
	}}
}

// Error returns the API status error in err as it is, and makes a 503 of any
// other: client-go reports an answer that it cannot read in words that repeat it.
func (c *Connection) Error(err error) error {
	if err == nil {
		return nil
	}
	var status *apierrors.StatusError
	if errors.As(err, &status) {
		return status
	}
	return unavailable(c.cluster, messageNotAPI)
}

// refused says what an answer means that does not come through, if it does not.
// A refusal is one of KubeNova's credentials and not of the caller. The message
// in the answer is left out: the cluster wrote it.
func refused(req *http.Request, code int) (message string, is bool) {
	switch {
	case code == http.StatusUnauthorized:
		return "It does not accept the stored credentials; write a new kubeconfig.", true
	case code == http.StatusForbidden:
		return "It does not allow the stored credentials to " + asked(req) + ".", true
	case code == http.StatusTooManyRequests:
		return "It asks for fewer requests.", true
	case code >= http.StatusInternalServerError:
		return "It answers with an error.", true
	}
	return "", false
}

// asked names the right that a request needs, as RBAC names it.
func asked(req *http.Request) string {
	paths := request.RequestInfoFactory{APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api")}
	info, err := paths.NewRequestInfo(req)
	if err != nil || !info.IsResourceRequest {
		return "do this"
	}
	resource := info.Resource
	if info.Subresource != "" {
		resource += "/" + info.Subresource
	}
	return info.Verb + " " + schema.GroupResource{Group: info.APIGroup, Resource: resource}.String()
}

// answerUnavailable is the answer that client-go reads the 503 from. There is no
// Retry-After in its header, on which client-go would wait and ask again.
func answerUnavailable(req *http.Request, cluster, message string) (*http.Response, error) {
	status := unavailable(cluster, message).ErrStatus
	body, err := json.Marshal(status)
	if err != nil {
		return nil, fmt.Errorf("writing a status: %w", err)
	}
	return &http.Response{
		Status: "503 Service Unavailable", StatusCode: http.StatusServiceUnavailable,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": []string{"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}, nil
}

// Unavailable is a 503 that names the cluster and says why.
func (c *Connection) Unavailable(message string) error { return unavailable(c.cluster, message) }
