package encryption

import (
	"context"
	"fmt"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/storage/value"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// intruder encrypts by a prefix, and does something to a value in the very moment
// in which it is rewritten.
type intruder func(key string)

func (i intruder) TransformerForResource(schema.GroupResource) value.Transformer { return i }

func (intruder) TransformFromStorage(_ context.Context, data []byte, _ value.Context) ([]byte, bool, error) {
	if plain, ok := strings.CutPrefix(string(data), "new:"); ok {
		return []byte(plain), false, nil
	}
	plain, ok := strings.CutPrefix(string(data), "old:")
	if !ok {
		return nil, false, fmt.Errorf("neither old nor new: %s", data)
	}
	return []byte(plain), true, nil
}

func (i intruder) TransformToStorage(_ context.Context, data []byte, key value.Context) ([]byte, error) {
	i(string(key.AuthenticatedData()))
	return append([]byte("new:"), data...), nil
}

// TestNothingIsLost rewrites while others write, delete and hold leases, at the
// worst moment.
func TestNothingIsLost(t *testing.T) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{testserver.Start(t).Etcd}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	put := func(key, value string, options ...clientv3.OpOption) {
		t.Helper()
		if _, err := client.Put(t.Context(), key, value, options...); err != nil {
			t.Error(err)
		}
	}
	const at = "/test/example.com/things/"
	lease, err := client.Grant(t.Context(), 600)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * pageSize {
		put(fmt.Sprintf("%sstill-%d", at, i), "old:still")
	}
	put(at+"changes", "old:0")
	put(at+"goes", "old:0")
	put(at+"leased", "old:0", clientv3.WithLease(lease.ID))
	put("/testing/example.com/things/other", "of another prefix")
	times := 0
	store := Store{Client: client, Prefix: "/test/"}
	done, err := store.rewrite(t.Context(), intruder(func(key string) {
		switch {
		case key == at+"changes" && times < 5:
			times++
			put(key, fmt.Sprintf("old:%d", times))
		case key == at+"goes":
			if _, err := client.Delete(t.Context(), key); err != nil {
				t.Error(err)
			}
		}
	}))
	if err != nil || done.Rewritten != 3*pageSize+2 {
		t.Errorf("%+v, %v", done, err)
	}
	all, err := client.Get(t.Context(), "/test/", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{at + "changes": "new:5", at + "leased": "new:0"}
	for _, kv := range all.Kvs {
		key, stored := string(kv.Key), string(kv.Value)
		if strings.HasPrefix(key, at+"still-") && stored == "new:still" || want[key] == stored {
			continue
		}
		t.Errorf("%s is %q", key, stored)
	}
	if leased, err := client.Get(t.Context(), at+"leased"); err != nil || leased.Kvs[0].Lease != int64(lease.ID) {
		t.Errorf("the lease is lost: %v, %v", leased, err)
	}
	if all.Count != 3*pageSize+2 {
		t.Errorf("there are %d values", all.Count)
	}

	put(at+"odd", "neither")
	if _, err := store.rewrite(t.Context(), intruder(func(string) {})); err == nil || !strings.Contains(err.Error(), at+"odd") {
		t.Errorf("a value that no key fits: %v", err)
	}
}
