//go:build reliability

package reliability

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	clientrest "k8s.io/client-go/rest"
)

// mostMemory is what an API server may take at most: far more than what these few
// objects need, and far less than what a leak takes in 20 minutes.
const mostMemory = 1 << 30

// resources are what a process holds.
type resources struct{ goroutines, files, memory float64 }

func prefixed() []clientv3.OpOption {
	return []clientv3.OpOption{clientv3.WithPrefix(), clientv3.WithKeysOnly()}
}

// measure asks every replica what it holds.
func (p *platform) measure(t *testing.T) (out [replicas]resources) {
	t.Helper()
	for i := range p.api {
		out[i] = must(p.resources(t.Context(), t, i))(t)
	}
	return out
}

func (p *platform) resources(ctx context.Context, t *testing.T, i int) (resources, error) {
	client := must(clientrest.HTTPClientFor(p.administrator(t, p.replicaURL(i))))(t)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.replicaURL(i)+"/metrics", nil)
	if err != nil {
		return resources{}, err
	}
	response, err := client.Do(request)
	if err != nil {
		return resources{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return resources{}, fmt.Errorf("/metrics answers %s", response.Status)
	}
	var out resources
	found := map[string]*float64{
		"go_goroutines": &out.goroutines, "process_open_fds": &out.files, "process_resident_memory_bytes": &out.memory,
	}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if into := found[name]; into != nil {
			if *into, err = strconv.ParseFloat(value, 64); err != nil {
				return resources{}, fmt.Errorf("%s: %w", name, err)
			}
			delete(found, name)
		}
	}
	if len(found) > 0 {
		return resources{}, fmt.Errorf("/metrics lacks %v", found)
	}
	return out, lines.Err()
}

// bounded waits until no replica holds more than it did under load, and checks that
// none takes too much memory.
func (p *platform) bounded(t *testing.T, before [replicas]resources) {
	t.Helper()
	for i := range p.api {
		var now resources
		p.waitFor(t, "what "+p.api[i].name+" holds to be given back", func(ctx context.Context) (err error) {
			if now, err = p.resources(ctx, t, i); err != nil {
				return err
			}
			if now.goroutines > before[i].goroutines*1.1+20 || now.files > before[i].files*1.1+20 {
				return fmt.Errorf("it holds %+v, and held %+v", now, before[i])
			}
			return nil
		})
		t.Logf("%s holds %.0f goroutines, %.0f files, %.0f MiB; at the beginning of the load %.0f, %.0f, %.0f MiB", p.api[i].name,
			now.goroutines, now.files, now.memory/(1<<20), before[i].goroutines, before[i].files, before[i].memory/(1<<20))
		if now.memory > mostMemory {
			t.Errorf("%s takes %.0f MiB", p.api[i].name, now.memory/(1<<20))
		}
	}
}
