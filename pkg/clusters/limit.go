package clusters

import (
	"errors"
	"io"
	"net/http"
	"strings"
)

const (
	// maxAnswer bounds what is read of one answer, in bytes: of a watch as well, which
	// then goes on with another request. Lists of the largest clusters that are meant
	// to be worked with have a few tens of MiB.
	maxAnswer = 128 << 20
	// maxWord bounds what is taken over of a word that a cluster says of itself, in bytes.
	maxWord = 63
)

var errTooBig = errors.New("the answer is larger than is accepted")

// boundedAnswers ends answers that go on and on: those of a hostile cluster would
// take all memory.
type boundedAnswers struct {
	next http.RoundTripper
	most int64
}

func withBoundedAnswers(next http.RoundTripper) http.RoundTripper {
	return &boundedAnswers{next, maxAnswer}
}

// RoundTrip implements http.RoundTripper.
func (b *boundedAnswers) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	response.Body = &boundedBody{response.Body, b.most}
	return response, nil
}

// WrappedRoundTripper lets client-go find the pool behind.
func (b *boundedAnswers) WrappedRoundTripper() http.RoundTripper { return b.next }

type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader. It fails once there is more than is accepted.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooBig
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, errTooBig
	}
	return n, err
}

// word cuts what a cluster says of itself, such as a version, to what a status may hold.
func word(text string) string { return strings.ToValidUTF8(text[:min(len(text), maxWord)], "") }
