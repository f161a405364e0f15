package connections

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// linger is how long a client may take to close its end once it was sent all that a
// cluster had to say, and a cluster to say anything once its client has ended.
const linger = 30 * time.Second

// stream is one end of a connection that became a stream. CloseWrite says that no
// more comes, and leaves the other direction as it is.
type stream interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// tunnel carries bytes in both directions between a client and a cluster. Each
// direction ends for itself, so that what a cluster has sent before it closed reaches
// the client whatever the client is sending at the time.
type tunnel struct {
	client, cluster stream
	linger          time.Duration
	// moved counts what was sent to the client.
	moved atomic.Int64
}

// carry returns when the stream has ended, or when the context has; both connections
// are closed then, and nothing runs any more.
func (t *tunnel) carry(ctx context.Context) {
	stop := context.AfterFunc(ctx, t.cut)
	defer stop()
	up, down := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(up)
		t.up()
	}()
	go func() {
		defer close(down)
		t.down()
	}()
	select {
	case <-up:
		t.untilQuiet(down)
	case <-down:
		// To close with bytes of the client unread would reset its connection, and lose
		// what it has not read yet.
		within(up, t.linger)
	}
	t.cut()
	<-up
	<-down
}

// up carries what the client sends until it ends. A cluster that is gone takes none of
// it, which must not keep the client from reading.
func (t *tunnel) up() {
	if _, err := io.Copy(t.cluster, t.client); err != nil {
		_, _ = io.Copy(io.Discard, t.client)
	}
	_ = t.cluster.CloseWrite() // it may be gone
}

// down carries what the cluster sends until it ends. There is nothing to wait for with
// a client that is gone, or that cannot be told of the end.
func (t *tunnel) down() {
	_, _ = io.Copy(counted{t.client, &t.moved}, t.cluster) // a reset comes after all that was sent, too
	if err := t.client.CloseWrite(); err != nil {
		t.cut()
	}
}

// untilQuiet returns when done is closed, or when the client was sent nothing for a
// while.
func (t *tunnel) untilQuiet(done <-chan struct{}) {
	for moved := int64(-1); moved != t.moved.Load(); {
		moved = t.moved.Load()
		if within(done, t.linger) {
			return
		}
	}
}

// cut ends whatever waits for one of the ends.
func (t *tunnel) cut() {
	closeBody(t.client)
	closeBody(t.cluster)
}

// within says whether done is closed in time.
func within(done <-chan struct{}, bound time.Duration) bool {
	timer := time.NewTimer(bound)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

type counted struct {
	io.Writer
	sum *atomic.Int64
}

// Write implements io.Writer.
func (c counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.sum.Add(int64(n))
	return n, err
}

// clientStream is a connection that was taken over from the server, along with what
// had been read of it.
type clientStream struct {
	net.Conn
	buffered *bufio.Reader
}

// Read implements io.Reader.
func (c *clientStream) Read(p []byte) (int, error) {
	if c.buffered.Buffered() > 0 {
		return c.buffered.Read(p)
	}
	return c.Conn.Read(p)
}

// CloseWrite implements stream. TLS gives up on a client that takes nothing for a
// while; the end of the connection below it queues behind the data.
func (c *clientStream) CloseWrite() error {
	below := c.Conn
	if secure, ok := below.(*tls.Conn); ok {
		_ = secure.CloseWrite()
		below = secure.NetConn()
	}
	if half, ok := below.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
