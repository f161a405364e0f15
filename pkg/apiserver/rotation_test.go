package apiserver_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	encryptioncontroller "k8s.io/apiserver/pkg/server/options/encryptionconfig/controller"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	atrest "github.com/kubenova/kubenova/pkg/encryption"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// settle is for how long replicas may take to read the configuration here.
const settle = time.Second

// TestMain has servers look for changed keys often.
func TestMain(m *testing.M) {
	encryptioncontroller.EncryptionConfigFileChangePollDuration = 50 * time.Millisecond
	os.Exit(m.Run())
}

// TestEncryptionRotates replaces the key while two replicas write. The rotation is
// stopped again and again, at whatever it is doing.
func TestEncryptionRotates(t *testing.T) {
	dataDir := t.TempDir()
	atData := func(o *standalone.Options) { o.DataDir = dataDir }
	file := filepath.Join(dataDir, "encryption.yaml")
	written := map[string]int{}
	t.Run("rotate", func(t *testing.T) {
		server := testserver.Start(t, atData)
		config := overEtcd(t, server.Etcd, apiserver.DefaultEtcdPrefix, file)
		run(t, config)
		second, err := config.InProcess.ClientFor(&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}})
		if err != nil {
			t.Fatal(err)
		}
		clients := []versioned.Interface{server.Client, second}
		for i := range 120 { // more than a page
			write(t, clients[i%2], fmt.Sprintf("still-%d", i), 1)
			written[fmt.Sprintf("still-%d", i)] = 1
		}
		wantKey(t, server.Etcd, "first")
		stop := startWriters(t, clients, written)
		rotate(t, server, file)
		stop()
		wantKey(t, server.Etcd, "rotation-")
		wantAll(t, second, written)
	})
	t.Run("restart", func(t *testing.T) { wantAll(t, testserver.Start(t, atData).Client, written) })
}

// rotate runs a rotation to its end, and stops it on the way there.
func rotate(t *testing.T, server *testserver.Server, file string) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Etcd}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	known, err := atrest.KnownTo([]*rest.Config{server.Admin})
	if err != nil {
		t.Fatal(err)
	}
	rotation := atrest.Rotation{
		File: file, Store: atrest.Store{Client: client, Prefix: apiserver.DefaultEtcdPrefix},
		Pause: 10 * time.Millisecond, Told: func(what string) { t.Log(what) },
		// Metrics are the process', and do not tell of the second replica.
		Known: func(ctx context.Context, content []byte) error {
			if err := known(ctx, content); err != nil {
				return err
			}
			time.Sleep(settle)
			return ctx.Err()
		},
	}
	stopped := 0
	for limit := 1200 * time.Millisecond; ; limit += 150 * time.Millisecond {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		err := rotation.Run(ctx)
		ended := ctx.Err() != nil
		cancel()
		if err == nil {
			break
		}
		if !ended {
			t.Fatal(err)
		}
		stopped++
	}
	if stopped == 0 {
		t.Error("the rotation was never stopped")
	}
	data, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(data), "first") || strings.Count(string(data), "secret:") != 1 {
		t.Errorf("the old key is still there: %v\n%s", err, data)
	}
}

// startWriters changes objects through all clients until the returned function is
// called; what was acknowledged is in written then.
func startWriters(t *testing.T, clients []versioned.Interface, written map[string]int) func() {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := make(chan struct{})
	for i := range 4 {
		name := fmt.Sprintf("moving-%d", i)
		wg.Go(func() {
			for count := 1; ; count++ {
				select {
				case <-done:
					return
				default:
				}
				write(t, clients[(i+count)%2], name, count)
				mu.Lock()
				written[name] = count
				mu.Unlock()
			}
		})
	}
	return func() {
		close(done)
		wg.Wait()
		for i := range 4 {
			if written[fmt.Sprintf("moving-%d", i)] < 10 {
				t.Errorf("a writer wrote %d times", written[fmt.Sprintf("moving-%d", i)])
			}
		}
	}
}

// write counts in a label of a cluster, and makes the cluster first.
func write(t *testing.T, client versioned.Interface, name string, count int) {
	clusters := client.KubenovaV1alpha1().Clusters()
	if count == 1 {
		made := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"count": "1"}}}
		if _, err := clusters.Create(t.Context(), made, metav1.CreateOptions{}); err != nil {
			t.Error(err)
		}
		return
	}
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		stored, err := clusters.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if got := stored.Labels["count"]; got != strconv.Itoa(count-1) {
			t.Errorf("%s is at %s and not at %d: a write was lost", name, got, count-1)
		}
		stored.Labels = map[string]string{"count": strconv.Itoa(count)}
		_, err = clusters.Update(t.Context(), stored, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// wantAll fails unless everything that was written is there.
func wantAll(t *testing.T, client versioned.Interface, written map[string]int) {
	t.Helper()
	list, err := client.KubenovaV1alpha1().Clusters().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != len(written) {
		t.Errorf("there are %d clusters of %d", len(list.Items), len(written))
	}
	for _, cluster := range list.Items {
		if got := cluster.Labels["count"]; got != strconv.Itoa(written[cluster.Name]) {
			t.Errorf("%s is at %s and not at %d", cluster.Name, got, written[cluster.Name])
		}
	}
}

// wantKey fails unless every value in etcd is encrypted with a key of that name.
func wantKey(t *testing.T, endpoint, name string) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	all, err := client.Get(t.Context(), apiserver.DefaultEtcdPrefix+"/", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, kv := range all.Kvs {
		kinds[strings.Split(strings.TrimPrefix(string(kv.Key), apiserver.DefaultEtcdPrefix), "/")[2]]++
		if !strings.HasPrefix(string(kv.Value), "k8s:enc:secretbox:v1:"+name) {
			t.Errorf("%s is stored as %.60q", kv.Key, kv.Value)
		}
	}
	if kinds["clusters"] < 120 || len(kinds) < 2 {
		t.Errorf("there are %v: too few to say anything", kinds)
	}
}
