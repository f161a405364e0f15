package connections

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/client-go/transport"
)

const (
	switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n"
	// moreThanBuffered is more than the buffers of three connections in a row hold.
	moreThanBuffered = 32 << 20
)

// farEnd is the cluster's end of a connection that became a stream.
type farEnd struct {
	net.Conn
	reader *bufio.Reader
}

// upgrading is a cluster that hands out the streams that it is asked for.
func upgrading(t *testing.T) (*target, <-chan farEnd) {
	t.Helper()
	streams := make(chan farEnd, 1)
	return newTarget(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := io.WriteString(conn, switching); err != nil {
			t.Error(err)
		}
		streams <- farEnd{conn, buffered.Reader}
	}), streams
}

// narrow has the connections of a server buffer little of what is sent.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetWriteBuffer(4 << 10)
}

// front serves the proxy to a cluster, and says when a request has been served.
type front struct {
	*httptest.Server
	served chan struct{}
	cut    context.CancelFunc
}

func narrowFront(t *testing.T, s *target) *front {
	t.Helper()
	connection := connect(t, s)
	ctx, cut := context.WithCancel(t.Context())
	f := &front{served: make(chan struct{}), cut: cut}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(f.served)
		handler, err := connection.Proxy(transport.ImpersonationConfig{UserName: "u"}, r.URL.EscapedPath(), "", answering{})
		if err != nil {
			t.Error(err)
			return
		}
		handler.ServeHTTP(w, r.WithContext(ctx))
	}))
	f.Listener = narrow{f.Listener}
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

// open has the proxy make a stream of a connection, whose client buffers little.
func (f *front) open(t *testing.T) (*tls.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", f.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	client := tls.Client(conn, &tls.Config{RootCAs: f.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"})
	t.Cleanup(func() { _ = client.Close() })
	if _, err := io.WriteString(client, "POST /api/v1/namespaces/n/pods/p/exec HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(client)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %v, %v", response, err)
	}
	return client, reader
}

func (f *front) wantServed(t *testing.T) {
	t.Helper()
	select {
	case <-f.served:
	case <-time.After(20 * time.Second):
		t.Fatal("the request is still being served")
	}
}

// TestStreamsLoseNothing has the cluster say its last words and go, while its client
// goes on sending and has read nothing yet.
func TestStreamsLoseNothing(t *testing.T) {
	for name, size := range map[string]int{"little": 5, "more than the client's buffers hold": 60 << 10} {
		t.Run(name, func(t *testing.T) {
			s, streams := upgrading(t)
			f := narrowFront(t, s)
			client, reader := f.open(t)
			cluster := <-streams
			words := bytes.Repeat([]byte("w"), size)
			if _, err := cluster.Write(words); err != nil {
				t.Fatal(err)
			}
			if err := cluster.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := client.Write(make([]byte, moreThanBuffered)); err != nil {
				t.Errorf("sending to a cluster that is gone: %v", err)
			}
			if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, words) {
				t.Errorf("read %d bytes and %v, want %d and the end", len(got), err, size)
			}
			_ = client.Close()
			f.wantServed(t)
		})
	}
}

// TestStreamsAnswerWhoHasFinished has a client that says that it has no more to send.
func TestStreamsAnswerWhoHasFinished(t *testing.T) {
	s, streams := upgrading(t)
	f := narrowFront(t, s)
	client, reader := f.open(t)
	cluster := <-streams
	if _, err := io.WriteString(client, "question"); err != nil {
		t.Fatal(err)
	}
	if err := client.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if question, err := io.ReadAll(cluster.reader); string(question) != "question" {
		t.Errorf("the cluster got %q, %v", question, err)
	}
	answer := bytes.Repeat([]byte("a"), 64<<10)
	go func() {
		_, _ = cluster.Write(answer)
		_ = cluster.Close()
	}()
	if got, err := io.ReadAll(reader); err != nil || !bytes.Equal(got, answer) {
		t.Errorf("read %d bytes and %v, want %d and the end", len(got), err, len(answer))
	}
	f.wantServed(t)
}

// TestStreamsEndWithTheirRequest cuts a stream off, as the end of its caller's access does.
func TestStreamsEndWithTheirRequest(t *testing.T) {
	s, streams := upgrading(t)
	f := narrowFront(t, s)
	_, reader := f.open(t)
	cluster := <-streams
	f.cut()
	f.wantServed(t)
	if _, err := reader.ReadByte(); err == nil {
		t.Error("the client is still sent something")
	}
	if _, err := cluster.reader.ReadByte(); err == nil {
		t.Error("the cluster is still sent something")
	}
}

// pair is both ends of a connection.
func pair(t *testing.T) (near stream, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialed, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = dialed.Close()
		_ = accepted.Close()
	})
	return &clientStream{Conn: accepted, buffered: bufio.NewReader(accepted)}, dialed.(*net.TCPConn)
}

// TestTunnelsEnd has one side end, and the other do nothing about it.
func TestTunnelsEnd(t *testing.T) {
	for name, end := range map[string]func(client, cluster *net.TCPConn) error{
		"the cluster has gone":       func(_, cluster *net.TCPConn) error { return cluster.Close() },
		"the cluster has finished":   func(_, cluster *net.TCPConn) error { return cluster.CloseWrite() },
		"the client has finished":    func(client, _ *net.TCPConn) error { return client.CloseWrite() },
		"the client was reset":       func(client, _ *net.TCPConn) error { return errors.Join(client.SetLinger(0), client.Close()) },
		"the cluster was reset":      func(_, cluster *net.TCPConn) error { return errors.Join(cluster.SetLinger(0), cluster.Close()) },
		"the client takes no answer": func(client, cluster *net.TCPConn) error { go flood(cluster); return client.CloseWrite() },
	} {
		t.Run(name, func(t *testing.T) {
			nearClient, client := pair(t)
			nearCluster, cluster := pair(t)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				(&tunnel{client: nearClient, cluster: nearCluster, linger: 100 * time.Millisecond}).carry(t.Context())
			}()
			if err := end(client, cluster); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ended:
			case <-time.After(20 * time.Second):
				t.Fatal("the stream goes on")
			}
			for _, near := range []stream{nearClient, nearCluster} {
				if _, err := near.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
					t.Errorf("a connection is left: %v", err)
				}
			}
		})
	}
}

func flood(conn net.Conn) { _, _ = conn.Write(make([]byte, moreThanBuffered)) }

// TestTunnelsGoOn has a client that has finished still be sent something now and then.
func TestTunnelsGoOn(t *testing.T) {
	sent := &tunnel{linger: time.Second}
	done, quiet := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(quiet)
		sent.untilQuiet(done)
	}()
	for end := time.Now().Add(3 * sent.linger); time.Now().Before(end); time.Sleep(time.Millisecond) {
		sent.moved.Add(1)
	}
	select {
	case <-quiet:
		t.Error("it ended between two answers")
	default:
	}
	close(done)
	<-quiet
}
