package clusters

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// switching answers every request with a connection, whose other end is read.
type switching struct{ conn net.Conn }

func (s switching) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: s.conn}, nil
}

// TestStreamsAreAskedFor has a cluster make a stream of a connection: who has asked for
// none must not be handed one.
func TestStreamsAreAskedFor(t *testing.T) {
	for _, protocol := range []string{"", "SPDY/3.1"} {
		near, far := net.Pipe()
		defer far.Close()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://h/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Upgrade", protocol)
		response, err := (&boundedHeaders{switching{near}, time.Minute}).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, stream := response.Body.(io.ReadWriteCloser); stream != (protocol != "") {
			t.Errorf("asked for %q, got a stream: %v", protocol, stream)
		}
	}
}
