//go:build e2e

package e2e

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
)

// native returns a client of the native door through the host's kube-apiserver, as its
// administrator or as someone else.
func (p platform) native(t *testing.T, user string, groups ...string) client.KubenovaV1alpha1Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	clients, err := versioned.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return clients.KubenovaV1alpha1()
}

// TestReflectorsSeeWhatTheyMay grants and takes access at random, with all controllers
// at work, while a reflector with streamed lists follows the apps of a user through
// the host: its handlers come to know exactly what the user may see. The tenants live
// on a cluster that is not there, since it is about what the host shows.
func TestReflectorsSeeWhatTheyMay(t *testing.T) {
	p := open(t)
	admin := p.native(t, "")
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: membershiptest.Cluster}}
	if _, err := admin.Clusters().Create(t.Context(), cluster, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.rest(t, "DELETE", "/clusters/"+membershiptest.Cluster+"?cascade=orphan", "", 204, nil)
		p.kubectl(t, "", "wait", "--for=delete", "clusters.kubenova.io/"+membershiptest.Cluster, "--timeout=90s")
	})
	membershiptest.CheckReflectors(t, membershiptest.Servers{
		Admin: func() client.KubenovaV1alpha1Interface { return admin },
		As: func(name string) client.KubenovaV1alpha1Interface {
			return p.native(t, name, "system:authenticated")
		},
	})
}
