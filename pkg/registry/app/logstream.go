package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/podlog"
)

const (
	// logType is the media type of logs: a JSON object a line.
	logType = "application/x-ndjson"
	// maxLogBytes bounds the messages of an answer that ends.
	maxLogBytes = 8 << 20
	// logTimeout bounds how long an answer that ends may take.
	logTimeout = 30 * time.Second
	// logPatience is how long a line that is followed waits for an older one.
	logPatience = 200 * time.Millisecond
)

// logStream is the answer to a request for logs.
type logStream struct {
	connection *connections.Connection
	sources    []podlog.Source
	tail       int64
	// later is where a stream that is followed finds more, and allowed says whether
	// its caller may go on; nil for one that ends.
	later   *laterPods
	allowed func(context.Context) bool
	// take takes a place among the logs that the tenant has open.
	take func() (release func(), free bool)
}

var (
	_ rest.ResourceStreamer = &logStream{}
	_ runtime.Object        = &logStream{}
)

// GetObjectKind implements runtime.Object.
func (*logStream) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject implements runtime.Object: a stream is never copied.
func (s *logStream) DeepCopyObject() runtime.Object { return s }

// InputStream implements rest.ResourceStreamer.
func (s *logStream) InputStream(ctx context.Context, _, _ string) (stream io.ReadCloser, flush bool, mimeType string, err error) {
	release, free := s.take()
	if !free {
		return nil, false, "", apierrors.NewTooManyRequests("the tenant has as many logs open as it may", busyRetry)
	}
	if s.later != nil {
		return s.followed(ctx, release), true, logType, nil
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	tail := podlog.Tail{Lines: int(s.tail), Bytes: maxLogBytes}
	if err := podlog.Merge(ctx, s.sources, 0, tail.Add); err != nil {
		return nil, false, "", s.connection.Error(err)
	}
	var out bytes.Buffer
	encoder := newLineEncoder(&out)
	for _, line := range tail.Kept() {
		if err := encoder.Encode(line); err != nil {
			return nil, false, "", err
		}
	}
	return io.NopCloser(&out), false, logType, nil
}

func newLineEncoder(w io.Writer) *json.Encoder {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder
}

// followed returns a stream that is written to until its reader closes it, the
// request ends, its caller loses the right to it, or no pod is left.
func (s *logStream) followed(ctx context.Context, release func()) io.ReadCloser {
	ctx, cancel := whileAllowed(ctx, reviewEvery, s.allowed)
	reader, writer := io.Pipe()
	go func() {
		defer release()
		defer cancel()
		// A client that does not read must not hold a line back until it may not.
		defer context.AfterFunc(ctx, func() { _ = writer.CloseWithError(context.Cause(ctx)) })()
		encoder := newLineEncoder(writer)
		err := podlog.Follow(ctx, s.sources, logPatience, joinEvery, s.later.next, func(line podlog.Line) error { return encoder.Encode(line) })
		if err == nil {
			err = io.EOF
		}
		writer.CloseWithError(err)
	}()
	return &closing{ReadCloser: reader, cancel: cancel}
}

// closing ends what writes to a stream when the stream is closed.
type closing struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *closing) Close() error {
	c.cancel()
	return c.ReadCloser.Close()
}
