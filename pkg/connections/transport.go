package connections

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/kubenova/kubenova/pkg/clusters"
)

var errTooBig = errors.New("the answer is too big")

// boundedCalls reads the whole answer before it returns, so that whatever goes
// wrong becomes a status and a place is free again in time.
type boundedCalls struct {
	cluster string
	places  *places
	next    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b *boundedCalls) RoundTrip(request *http.Request) (*http.Response, error) {
	if !b.places.enter(request.Context()) {
		closeBody(request.Body)
		return answerUnavailable(request, b.cluster, messageBusy)
	}
	defer b.places.leave()
	ctx, cancel := context.WithTimeout(request.Context(), callTimeout)
	defer cancel()
	response, err := b.next.RoundTrip(request.WithContext(ctx))
	if err == nil {
		err = buffer(response)
	}
	if err != nil {
		return b.failed(request, err)
	}
	b.places.failed.Store(false)
	return passed(request, b.cluster, response)
}

func (b *boundedCalls) failed(request *http.Request, err error) (*http.Response, error) {
	switch gone := request.Context().Err(); {
	case errors.Is(gone, context.Canceled):
		return nil, err
	case errors.Is(err, errTooBig):
		b.places.failed.Store(false)
		return answerUnavailable(request, b.cluster, messageTooBig)
	case gone == nil:
		b.places.failed.Store(true)
	}
	_, message := clusters.Explain(err)
	return answerUnavailable(request, b.cluster, message)
}

// boundedStreams holds a place until the answer's body is closed. An answer that
// is an error is read like that of a call.
type boundedStreams struct {
	cluster string
	places  *places
	next    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b *boundedStreams) RoundTrip(request *http.Request) (*http.Response, error) {
	if !b.places.enter(request.Context()) {
		closeBody(request.Body)
		return answerUnavailable(request, b.cluster, messageBusy)
	}
	ctx, cancel := context.WithCancel(request.Context())
	leave := sync.OnceFunc(func() {
		cancel()
		b.places.leave()
	})
	response, err := b.next.RoundTrip(request.WithContext(ctx))
	if err == nil && response.StatusCode < http.StatusBadRequest {
		response.Body = &streamBody{response.Body, leave}
		return response, nil
	}
	defer leave()
	if err == nil {
		defer time.AfterFunc(callTimeout, cancel).Stop()
		err = buffer(response)
	}
	if err != nil {
		if errors.Is(request.Context().Err(), context.Canceled) {
			return nil, err
		}
		_, message := clusters.Explain(err)
		return answerUnavailable(request, b.cluster, message)
	}
	return passed(request, b.cluster, response)
}

type streamBody struct {
	io.ReadCloser
	leave func()
}

// Close implements io.Closer.
func (s *streamBody) Close() error {
	defer s.leave()
	return s.ReadCloser.Close()
}

// buffer replaces an answer's body by its content.
func buffer(response *http.Response) error {
	defer closeBody(response.Body)
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return err
	}
	if len(body) > maxAnswer {
		return errTooBig
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return nil
}

// passed lets an answer through, or says that the cluster refuses.
func passed(request *http.Request, cluster string, response *http.Response) (*http.Response, error) {
	if message, is := refused(request, response.StatusCode); is {
		return answerUnavailable(request, cluster, message)
	}
	response.Header.Del("Retry-After")
	return response, nil
}

func closeBody(body io.Closer) {
	if body != nil {
		_ = body.Close()
	}
}
