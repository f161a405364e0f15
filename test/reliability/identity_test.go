//go:build reliability

package reliability

import (
	"encoding/base64"
	"os"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientrest "k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

// administrator is the host's administrator on an API server of KubeNova, past the
// aggregator: by the client certificate that the host vouches for.
func (p *platform) administrator(t *testing.T, url string) *clientrest.Config {
	t.Helper()
	config := must(clientcmd.BuildConfigFromFlags("", p.path("kubeconfig")))(t)
	config.Host, config.QPS = url, -1
	config.CAData, config.CAFile, config.Insecure = nil, "", true
	return config
}

// signToken has KubeNova sign a token of an administrator.
func (p *platform) signToken(t *testing.T) string {
	t.Helper()
	client := must(versioned.NewForConfig(p.administrator(t, p.replicaURL(0))))(t)
	ttl := int64(v1alpha1.MaxTokenTTLSeconds)
	token := &v1alpha1.Token{Spec: v1alpha1.TokenSpec{Subject: "reliability", Roles: []string{"admin"}, TTLSeconds: &ttl}}
	return must(client.KubenovaV1alpha1().Tokens().Create(t.Context(), token, metav1.CreateOptions{}))(t).Status.Token
}

// targetKubeconfig is that of the host, which is registered as a cluster.
func (p *platform) targetKubeconfig(t *testing.T) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(must(os.ReadFile(p.path("kubeconfig")))(t))
}
