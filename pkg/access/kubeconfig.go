package access

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Server is where a kubeconfig leads to.
type Server struct {
	// URL of a capsule-proxy or an API server.
	URL string
	// CA is the bundle, in PEM, that vouches for it. Without one, the authorities
	// of the kubeconfig's user do.
	CA []byte
	// Proxied says that it is a capsule-proxy.
	Proxied bool
}

// Kubeconfig writes a kubeconfig for a token. The names in it are that of the
// cluster; namespace may be empty.
func Kubeconfig(cluster string, server Server, namespace, token string) ([]byte, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters[cluster] = &clientcmdapi.Cluster{Server: server.URL, CertificateAuthorityData: server.CA}
	config.AuthInfos[cluster] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts[cluster] = &clientcmdapi.Context{Cluster: cluster, AuthInfo: cluster, Namespace: namespace}
	config.CurrentContext = cluster
	out, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return out, nil
}
