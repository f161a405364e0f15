//go:build reliability

package reliability

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubenova/kubenova/test/balancer"
	"github.com/kubenova/kubenova/test/reliability/linear"
)

const (
	writersPerDoor = 4
	// mostKeys is how many creates of a writer have a key: a caller has 1,000 at most.
	mostKeys = 50
	// rounds is how often each process is restarted.
	rounds = 2
)

// prober makes objects through a balancer, one after the other, and replaces each.
type prober struct {
	p    *platform
	base string
	// retries says that a write may be tried again, as docs/reliability.md tells clients to.
	retries bool

	mu      sync.Mutex
	written map[string]string
	failed  []string
	retried map[string]int
}

// testRollingRestart restarts the API servers and then the members of etcd, one
// after the other, while clients write.
func testRollingRestart(t *testing.T, p *platform) {
	var hosts []string
	for i := range p.api {
		hosts = append(hosts, p.replicaHost(i))
	}
	front := balancer.Start(t, hosts...)
	t.Run("APIServers", func(t *testing.T) {
		p.probe(t, front.URL(), "api", false, func() error { return p.rollReplicas(t.Context(), front) })
	})
	t.Run("Etcd", func(t *testing.T) {
		p.probe(t, front.URL(), "etcd", true, func() error { return p.rollEtcd(t.Context()) })
	})
}

// rollReplicas does what a Deployment and a Service do: a replica gets no new
// connections, is told to stop, and is back once it is ready.
func (p *platform) rollReplicas(ctx context.Context, front *balancer.Balancer) error {
	for range rounds {
		for i, replica := range p.api {
			front.Out(p.replicaHost(i))
			if err := errors.Join(replica.stop(), replica.start()); err != nil {
				return err
			}
			if err := p.awaitReplica(ctx, i); err != nil {
				return err
			}
			front.In(p.replicaHost(i))
		}
	}
	return nil
}

// rollEtcd restarts a member once the others have been healthy again.
func (p *platform) rollEtcd(ctx context.Context) error {
	for i, member := range p.etcd {
		if err := errors.Join(member.stop(), member.start()); err != nil {
			return err
		}
		if err := errors.Join(p.awaitMember(ctx, i), p.awaitReplicas(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// probe has clients write while something is done, and checks that no write failed
// and that nothing that was acknowledged is lost.
func (p *platform) probe(t *testing.T, base, prefix string, retries bool, while func() error) {
	probe := &prober{p: p, base: base, retries: retries, written: map[string]string{}, retried: map[string]int{}}
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for _, d := range []door{rest, native} {
		for i := range writersPerDoor {
			writers.Go(func() { probe.write(ctx, d, strings.ToLower(fmt.Sprintf("%s-%s-%d", prefix, d, i))) })
		}
	}
	err := while()
	stop()
	writers.Wait()
	check(t, err)
	t.Logf("%d writes, tried again: %v", 2*len(probe.written), probe.retried)
	for _, failure := range probe.failed {
		t.Error(failure)
	}
	if len(probe.written) < writersPerDoor {
		t.Errorf("only %d objects were written", len(probe.written))
	}
	for i := range p.api {
		for _, d := range []door{rest, native} {
			p.wantObjects(t, d, i, prefix, probe.written)
		}
	}
}

// wantObjects checks that a door shows exactly the objects that were written.
func (p *platform) wantObjects(t *testing.T, d door, i int, prefix string, want map[string]string) {
	t.Helper()
	got := p.mustList(t, d, i)
	maps.DeleteFunc(got, func(name, _ string) bool { return !strings.HasPrefix(name, prefix+"-") })
	if !maps.Equal(got, want) {
		t.Errorf("%s door of replica %d shows %d objects that were written, want %d: %v, want %v", d, i, len(got), len(want), got, want)
	}
}

func (b *prober) write(ctx context.Context, d door, prefix string) {
	client := b.p.newClient()
	defer client.CloseIdleConnections()
	for n := 0; ctx.Err() == nil; n++ {
		name := fmt.Sprintf("%s-%d", prefix, n)
		for _, in := range []linear.Input{{Object: name, Kind: linear.Create, Value: "first"}, {Object: name, Kind: linear.Put, Value: "second"}} {
			if err := b.one(client, d, in, n < mostKeys); err != nil {
				b.mu.Lock()
				b.failed = append(b.failed, fmt.Sprintf("%s door, %s %s: %v", d, in.Kind, name, err))
				b.mu.Unlock()
				return
			}
			b.mu.Lock()
			b.written[name] = in.Value
			b.mu.Unlock()
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// one does one write to its end, which is not that of the test.
func (b *prober) one(client *http.Client, d door, in linear.Input, key bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for tries := 0; ; tries++ {
		again, err := b.try(ctx, client, d, in, key, tries > 0)
		if err == nil || !again || !b.retries {
			return err
		}
		b.mu.Lock()
		b.retried[fmt.Sprintf("%s %v", d, err)]++
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// try sends a write, and says of an error whether to try again. That a create has been
// done before tells its key, or that the object is there: REST answers an equal one
// as if it had just been made.
func (b *prober) try(ctx context.Context, client *http.Client, d door, in linear.Input, key, before bool) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	method, path, body, header := d.request(in, "")
	if d == rest && in.Kind == linear.Create && key {
		header.Set("Idempotency-Key", in.Object)
	}
	got, err := b.p.send(ctx, client, method, b.base+path, header, body)
	if err != nil {
		return true, err
	}
	switch {
	case got.status/100 == 2, got.status == http.StatusConflict && d == native && in.Kind == linear.Create && before:
		return false, nil
	case got.status == http.StatusTooManyRequests || got.status/100 == 5, got.status == http.StatusConflict && got.header.Get("Retry-After") != "":
		return true, fmt.Errorf("%d %s", got.status, got.body)
	}
	return false, fmt.Errorf("%d %s", got.status, got.body)
}
