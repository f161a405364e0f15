package integration

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// balancer stands for the Service of several replicas: connections go to one
// after the other.
type balancer struct {
	listener net.Listener
	backends []string

	mu    sync.Mutex
	next  int
	conns map[net.Conn]struct{}
}

func startBalancer(t *testing.T, backends ...string) *balancer {
	t.Helper()
	b := &balancer{listener: must(net.Listen("tcp", "127.0.0.1:0"))(t), backends: backends, conns: map[net.Conn]struct{}{}}
	ended := make(chan error, 1)
	go func() { ended <- b.accept() }()
	t.Cleanup(func() {
		_ = b.listener.Close() // accept tells how it ended
		b.cut()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the balancer ended with: %v", err)
		}
	})
	return b
}

// url is where HTTPS clients reach the backends.
func (b *balancer) url() string {
	return (&url.URL{Scheme: "https", Host: b.listener.Addr().String()}).String()
}

func (b *balancer) accept() error {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return err
		}
		server, err := net.Dial("tcp", b.pick())
		if err != nil {
			_ = client.Close() // it sees that nobody is there
			continue
		}
		b.keep(client, server)
		go b.pipe(client, server)
		go b.pipe(server, client)
	}
}

func (b *balancer) pick() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	return b.backends[b.next%len(b.backends)]
}

func (b *balancer) keep(conns ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, conn := range conns {
		b.conns[conn] = struct{}{}
	}
}

// pipe copies until either side ends, which ends both.
func (b *balancer) pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from) // however it ends, it has ended
	b.close(to, from)
}

func (b *balancer) close(conns ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close() // may be closed already
		delete(b.conns, conn)
	}
}

// cut breaks every connection: clients come again, to other backends.
func (b *balancer) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for conn := range b.conns {
		_ = conn.Close() // may be closed already
		delete(b.conns, conn)
	}
}
