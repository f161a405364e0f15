// Package balancer stands for the Service of several replicas within a test.
package balancer

import (
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// Balancer passes connections on to one backend after the other.
type Balancer struct {
	listener net.Listener

	mu       sync.Mutex
	backends []string
	next     int
	conns    map[net.Conn]struct{}
}

// Start starts a balancer over backends, HOST:PORT each, and stops it when the test ends.
func Start(t testing.TB, backends ...string) *Balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &Balancer{listener: listener, backends: backends, conns: map[net.Conn]struct{}{}}
	ended := make(chan error, 1)
	go func() { ended <- b.accept() }()
	t.Cleanup(func() {
		_ = b.listener.Close() // accept tells how it ended
		b.Cut()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the balancer ended with: %v", err)
		}
	})
	return b
}

// URL is where HTTPS clients reach the backends.
func (b *Balancer) URL() string {
	return (&url.URL{Scheme: "https", Host: b.listener.Addr().String()}).String()
}

// Out takes a backend out: it gets no new connections and keeps those that it has.
func (b *Balancer) Out(backend string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends = slices.DeleteFunc(slices.Clone(b.backends), func(other string) bool { return other == backend })
}

// In puts a backend back in.
func (b *Balancer) In(backend string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends = append(slices.Clone(b.backends), backend)
}

func (b *Balancer) accept() error {
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

func (b *Balancer) pick() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	return b.backends[b.next%len(b.backends)]
}

func (b *Balancer) keep(conns ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, conn := range conns {
		b.conns[conn] = struct{}{}
	}
}

// pipe copies until either side ends, which ends both.
func (b *Balancer) pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from) // however it ends, it has ended
	b.close(to, from)
}

func (b *Balancer) close(conns ...net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close() // may be closed already
		delete(b.conns, conn)
	}
}

// Cut breaks every connection: clients come again, to other backends.
func (b *Balancer) Cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for conn := range b.conns {
		_ = conn.Close() // may be closed already
		delete(b.conns, conn)
	}
}
