package access

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/client-go/util/cert"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Proxy is the capsule-proxy of clusters that name none themselves.
type Proxy struct {
	// URL of it, with https. Empty means that there is none.
	URL string
	// CAFile holds the CA bundle, in PEM, that vouches for it. Empty leaves that to
	// the authorities of the kubeconfig's user.
	CAFile string

	ca []byte
}

// NewProxy returns what the environment says.
func NewProxy() *Proxy {
	return &Proxy{URL: os.Getenv("CAPSULE_PROXY_URL"), CAFile: os.Getenv("CAPSULE_PROXY_CA_FILE")}
}

// AddFlags adds the flags of the default proxy.
func (p *Proxy) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&p.URL, "capsule-proxy-url", p.URL,
		"The https URL of the capsule-proxy of clusters that name none in spec.proxyURL. Defaults to CAPSULE_PROXY_URL.")
	flags.StringVar(&p.CAFile, "capsule-proxy-ca-file", p.CAFile,
		"PEM file with the CA of --capsule-proxy-url. If empty, kubeconfigs name none. Defaults to CAPSULE_PROXY_CA_FILE.")
}

// Complete checks the values and reads the file.
func (p *Proxy) Complete() error {
	if p.URL == "" {
		if p.CAFile != "" {
			return errors.New("--capsule-proxy-ca-file is of no use without --capsule-proxy-url")
		}
		return nil
	}
	if problem := v1alpha1.CheckProxyURL(p.URL); problem != "" {
		return fmt.Errorf("--capsule-proxy-url %s", problem)
	}
	if p.CAFile == "" {
		return nil
	}
	var err error
	if p.ca, err = os.ReadFile(p.CAFile); err != nil {
		return fmt.Errorf("--capsule-proxy-ca-file: %w", err)
	}
	if _, err := cert.ParseCertsPEM(p.ca); err != nil {
		return fmt.Errorf("--capsule-proxy-ca-file: %w", err)
	}
	return nil
}

// ServerFor says where kubeconfigs for a cluster lead to: to the proxy that it
// names, to the default one, or to its API server, which endpoint and ca are of.
func (p *Proxy) ServerFor(cluster *v1alpha1.Cluster, endpoint string, ca []byte) Server {
	switch {
	case cluster.Spec.ProxyURL != "":
		return Server{URL: cluster.Spec.ProxyURL, CA: []byte(cluster.Spec.ProxyCA), Proxied: true}
	case p != nil && p.URL != "":
		return Server{URL: p.URL, CA: p.ca, Proxied: true}
	}
	return Server{URL: endpoint, CA: ca}
}
