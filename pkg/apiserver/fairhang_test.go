package apiserver_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/fairness"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// hanging is a cluster that takes requests and answers none.
type hanging struct {
	*httptest.Server
	asked atomic.Int64
	letGo chan struct{}
}

func startHanging(t *testing.T) *hanging {
	t.Helper()
	h := &hanging{letGo: make(chan struct{})}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		h.asked.Add(1)
		select {
		case <-req.Context().Done():
		case <-h.letGo:
		}
	}))
	t.Cleanup(func() {
		close(h.letGo)
		h.Close()
	})
	return h
}

func (h *hanging) kubeconfig(t *testing.T) []byte {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.CurrentContext = "c"
	config.Contexts["c"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	config.Clusters["c"] = &clientcmdapi.Cluster{
		Server: h.URL, CertificateAuthorityData: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.Certificate().Raw}),
	}
	config.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: "x"}
	file, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestClustersThatHangHoldNoSeats has more requests wait for clusters than there are
// seats, and another caller come.
func TestClustersThatHangHoldNoSeats(t *testing.T) {
	const seats = 4
	config := overEtcd(t, testserver.Start(t).Etcd, "/hanging", "")
	config.Fairness = fairness.Limits{Seats: seats, PerFlow: seats, Waiting: 100, Away: 1}
	config.AllowTargetCIDRs = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	run(t, config)
	cluster := startHanging(t)
	for i := range 2 * seats {
		registerHanging(t, config, cluster, fmt.Sprintf("hanging-%d", i))
	}
	// It is seen unless requests to clusters ended meanwhile, as they do after a while.
	for end := time.Now().Add(2 * time.Minute); ; {
		if servedWhileHanging(t, config, cluster, 2*seats) {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody is served while requests wait for clusters")
		}
	}
}

// servedWhileHanging says whether a caller is served while all others wait for a
// cluster: without any of them having come to an end.
func servedWhileHanging(t *testing.T, config *apiserver.Config, cluster *hanging, clusters int) bool {
	t.Helper()
	var wg sync.WaitGroup
	var ended atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer wg.Wait()
	defer cancel()
	before := cluster.asked.Load()
	for i := range clusters {
		client, err := config.InProcess.ClientFor(&user.DefaultInfo{Name: fmt.Sprint("asks-", i)})
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			// That it fails in the end is the cluster's doing.
			_, _ = client.KubenovaV1alpha1().Clusters().GetCapabilities(ctx, fmt.Sprintf("hanging-%d", i), metav1.GetOptions{})
			ended.Add(1)
		})
	}
	for cluster.asked.Load() < before+int64(clusters) {
		if ended.Load() > 0 {
			return false // some never came to the cluster while the others waited for it
		}
		time.Sleep(10 * time.Millisecond)
	}
	client, err := config.InProcess.ClientFor(&user.DefaultInfo{Name: "calm"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.KubenovaV1alpha1().Clusters().Get(t.Context(), "hanging-0", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	return ended.Load() == 0
}

func registerHanging(t *testing.T, config *apiserver.Config, cluster *hanging, name string) {
	t.Helper()
	client, err := config.InProcess.ClientFor(&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}})
	if err != nil {
		t.Fatal(err)
	}
	api := client.KubenovaV1alpha1().Clusters()
	if _, err := api.Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	write := &v1alpha1.ClusterKubeconfig{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: cluster.kubeconfig(t)}}
	if _, err := api.CreateKubeconfig(t.Context(), name, write, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}
