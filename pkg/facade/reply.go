package facade

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

// reply is the answer to a request that succeeded.
type reply struct {
	// status defaults to 200.
	status int
	// body is written as JSON; nil means no body.
	body any
	// object is what was made, read or acted on; nil where there is none.
	object metav1.Object
	// version is the resourceVersion of the object, for ETag.
	version string
	// cursor of the next page, empty on the last.
	cursor string
	// stream is the answer, where it is not nil.
	stream *stream
	// followed is the answer, where it is not nil.
	followed *followedLog
	// text is the answer, where it is not nil.
	text *text
	// document is the whole answer, where it is not nil.
	document *document
}

// withObject answers 200 with the REST form of an object.
func withObject(object metav1.Object, body any) reply {
	return reply{body: body, object: object, version: object.GetResourceVersion()}
}

// withoutBody answers 200 and says only which version the object has now.
func withoutBody(object metav1.Object) reply {
	return reply{object: object, version: object.GetResourceVersion()}
}

// accepted answers 202: what was asked of an object is done after the answer.
func accepted(object metav1.Object) reply {
	return reply{status: http.StatusAccepted, object: object}
}

func noContent() reply { return reply{status: http.StatusNoContent} }

// code returns the HTTP status.
func (r reply) code() int { return cmp.Or(r.status, http.StatusOK) }

func writeReply(w http.ResponseWriter, r *http.Request, answer reply) {
	if answer.document != nil {
		writeDocument(w, r, answer.document)
		return
	}
	if answer.text != nil {
		writeText(w, r, answer.text)
		return
	}
	if answer.version != "" {
		w.Header().Set("ETag", `"`+answer.version+`"`)
	}
	if answer.cursor != "" {
		w.Header().Set("X-Next-Cursor", answer.cursor)
	}
	if answer.body == nil {
		writeHeader(w, answer.code())
		return
	}
	writeJSON(w, r, answer.code(), answer.body)
}

func writeError(w http.ResponseWriter, r *http.Request, err error) {
	problem := translate(err)
	if problem.status >= http.StatusInternalServerError {
		klog.FromContext(r.Context()).Error(err, "REST request failed", "method", r.Method, "path", r.URL.Path, "status", problem.status)
	}
	if problem.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(problem.retryAfter))
	}
	if problem.allow != "" {
		w.Header().Set("Allow", problem.allow)
	}
	if problem.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeJSON(w, r, problem.status, problem.body())
}

// writeJSON writes a body that was encoded in full before, so that a failure to
// encode is an error and not half an answer.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, body any) {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		writeError(w, r, fmt.Errorf("encoding the answer: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	writeHeader(w, status)
	writeBody(w, r, encoded.Bytes())
}

func writeBody(w http.ResponseWriter, r *http.Request, body []byte) {
	if _, err := w.Write(body); err != nil {
		klog.FromContext(r.Context()).V(4).Info("Client went away before its answer", "path", r.URL.Path, "err", err)
	}
}

// writeHeader ends the headers. Answers belong to their caller and hold tokens:
// nothing on the way may keep them.
func writeHeader(w http.ResponseWriter, status int) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
}
