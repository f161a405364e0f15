package connections

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestConnectionFollowsCredentials(t *testing.T) {
	former, current := newTarget(t, pods()), newTarget(t, pods())
	dev, other := clusterNamed("dev", 1), clusterNamed("dev", 1)
	other.UID = "another"
	stored := &credentialsOf{kubeconfigs: map[types.UID][]byte{dev.UID: former.kubeconfig()}}
	pool := NewPool(stored, loopback())
	defer pool.Close()
	first, err := pool.Get(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := pool.Get(t.Context(), dev); err != nil || again != first || stored.reads != 1 {
		t.Errorf("a second Get made another connection: %v, %d reads", err, stored.reads)
	}
	if err := listPods(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Get(t.Context(), other); err == nil {
		t.Error("a new cluster of the same name got the credentials of the former")
	} else {
		isUnavailable(t, former, err)
	}

	stored.kubeconfigs[dev.UID] = current.kubeconfig()
	replaced, err := pool.Get(t.Context(), clusterNamed("dev", 2))
	if err != nil || replaced == first {
		t.Fatalf("the connection is still the former one: %v", err)
	}
	eventually(t, "the former connection to be closed", func() bool { return former.conns.Load() == 0 })
	if err := listPods(t.Context(), replaced); err != nil || current.requests.Load() != 1 {
		t.Errorf("the current server was not asked: %v", err)
	}
	if stale, err := pool.Get(t.Context(), dev); err != nil || stale != replaced {
		t.Errorf("an older state of the cluster brought the former credentials back: %v", err)
	}
	pool.Forget(dev)
	eventually(t, "the connection to be closed", func() bool { return current.conns.Load() == 0 })
}

func TestCredentialsThatCannotBeUsed(t *testing.T) {
	s := newTarget(t, pods())
	dev := clusterNamed("dev", 1)
	stored := &credentialsOf{kubeconfigs: map[types.UID][]byte{dev.UID: []byte(`{"` + canary + `"`)}}
	_, err := NewPool(stored, loopback()).Get(t.Context(), dev)
	isUnavailable(t, s, err)
}

func TestPoolIsBounded(t *testing.T) {
	s := newTarget(t, pods())
	stored := &credentialsOf{kubeconfigs: map[types.UID][]byte{}}
	pool := NewPool(stored, loopback())
	for i := range maxConnections + 8 {
		cluster := clusterNamed(fmt.Sprintf("c%d", i), 1)
		stored.kubeconfigs[cluster.UID] = s.kubeconfig()
		c, err := pool.Get(t.Context(), cluster)
		if err != nil {
			t.Fatal(err)
		}
		if i < 8 {
			if err := listPods(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	if pool.kept.Len() != maxConnections {
		t.Errorf("%d are kept", pool.kept.Len())
	}
	eventually(t, "the oldest to be closed", func() bool { return s.conns.Load() == 0 })
	pool.Close()
	if pool.kept.Len() != 0 {
		t.Errorf("%d are left", pool.kept.Len())
	}
}

// Streams last longer than a call, are bounded in number and end with their
// connection's retirement only when they are over.
func TestStreams(t *testing.T) {
	const lasts = callTimeout + time.Second
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintln(w, "first")
		w.(http.Flusher).Flush()
		select {
		case <-time.After(lasts):
			_, _ = fmt.Fprintln(w, "last")
		case <-r.Context().Done():
		}
	})
	c := connect(t, s)
	logs := c.KubernetesStreams().CoreV1().Pods("n").GetLogs("p", &corev1.PodLogOptions{Follow: true})
	var open []io.ReadCloser
	for range maxStreams {
		stream, err := logs.Stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, stream)
	}
	_, err := logs.Stream(t.Context())
	isUnavailable(t, s, err)

	kept := open[0]
	for _, stream := range open[1:] {
		_ = stream.Close()
	}
	if len(c.streams.taken) != 1 {
		t.Errorf("%d places are taken by one stream", len(c.streams.taken))
	}
	c.retire()
	content, err := io.ReadAll(kept)
	if err != nil || string(content) != "first\nlast\n" {
		t.Errorf("the stream that is left: %q, %v", content, err)
	}
	_ = kept.Close()
	eventually(t, "the retired connection to be closed", func() bool { return s.conns.Load() == 0 })
}
