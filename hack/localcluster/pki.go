package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"os"
)

// pki holds what up needs of the certificates after they are written.
type pki struct {
	ca         *authority
	frontProxy *authority
}

// servers maps each process that serves TLS to the names it is called by
// beside localhost and 127.0.0.1.
var servers = map[string][]string{
	kubeAPIServer:         {"kubernetes", "kubernetes.default", "kubernetes.default.svc"},
	kubeControllerManager: nil,
	kubeScheduler:         nil,
	kwok:                  nil,
	capsule:               {"capsule-webhook-service.capsule-system.svc"},
	velaCore:              {"vela-core-webhook.vela-system.svc"},
	kubenovaAPIServer:     {"kubenova-apiserver.kubenova-system.svc"},
}

// writePKI creates the authorities and every certificate the processes read.
func writePKI(l layout) (*pki, error) {
	ca, err := newAuthority("kubenova-local")
	if err != nil {
		return nil, err
	}
	// Apart from the cluster's authority: whoever holds one of its client
	// certificates could otherwise claim to be the aggregator.
	frontProxy, err := newAuthority("kubenova-local-front-proxy")
	if err != nil {
		return nil, err
	}
	p := &pki{ca: ca, frontProxy: frontProxy}
	for _, step := range []func(layout) error{p.writeAuthorities, p.writeServers, p.writeClients, writeTokenKey} {
		if err := step(l); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *pki) writeAuthorities(l layout) error {
	if err := os.WriteFile(l.cert("ca"), p.ca.pem, 0o644); err != nil {
		return fmt.Errorf("writing the cluster's authority: %w", err)
	}
	if err := os.WriteFile(l.cert("front-proxy-ca"), p.frontProxy.pem, 0o644); err != nil {
		return fmt.Errorf("writing the front proxy's authority: %w", err)
	}
	return nil
}

// writeServers gives each server a folder with tls.crt and tls.key, the names
// that webhook servers look for.
func (p *pki) writeServers(l layout) error {
	for process, names := range servers {
		pair, err := p.ca.server(process, names...)
		if err != nil {
			return err
		}
		cert, key := serving(l, process)
		if err := pair.write(cert, key); err != nil {
			return err
		}
	}
	return nil
}

func serving(l layout, process string) (cert, key string) {
	return l.path("certs", process, "tls.crt"), l.path("certs", process, "tls.key")
}

func (p *pki) writeClients(l layout) error {
	kubelet, err := p.ca.client("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return err
	}
	if err := kubelet.write(l.cert("kubelet-client"), l.key("kubelet-client")); err != nil {
		return err
	}
	proxy, err := p.frontProxy.client("front-proxy-client")
	if err != nil {
		return err
	}
	return proxy.write(l.cert("front-proxy-client"), l.key("front-proxy-client"))
}

// writeTokenKey creates the key that signs ServiceAccount tokens.
func writeTokenKey(l layout) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generating the token key: %w", err)
	}
	private, err := encodeKey(key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("encoding the public token key: %w", err)
	}
	public := keyPair{cert: encodePEM("PUBLIC KEY", der), key: private}
	return public.write(l.path("certs", "tokens.pub"), l.key("tokens"))
}
