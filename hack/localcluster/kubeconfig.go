package main

import (
	"context"
	"fmt"
	"os"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const tokenLifetime = 30 * 24 * time.Hour

func (c *cluster) kubeconfigWithCert(pair keyPair) ([]byte, error) {
	return c.encodeKubeconfig(&clientcmdapi.AuthInfo{ClientCertificateData: pair.cert, ClientKeyData: pair.key})
}

func (c *cluster) kubeconfigWithToken(token string) ([]byte, error) {
	return c.encodeKubeconfig(&clientcmdapi.AuthInfo{Token: token})
}

func (c *cluster) encodeKubeconfig(user *clientcmdapi.AuthInfo) ([]byte, error) {
	config := clientcmdapi.NewConfig()
	config.Clusters["local"] = &clientcmdapi.Cluster{
		Server:                   "https://" + loopback(c.ports.kubeAPIServer),
		CertificateAuthorityData: c.pki.ca.pem,
	}
	config.AuthInfos["local"] = user
	config.Contexts["local"] = &clientcmdapi.Context{Cluster: "local", AuthInfo: "local"}
	config.CurrentContext = "local"
	data, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("encoding a kubeconfig: %w", err)
	}
	return data, nil
}

// requestToken asks for a token of a ServiceAccount.
func (k *kube) requestToken(ctx context.Context, namespace, name string) (string, error) {
	seconds := int64(tokenLifetime / time.Second)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	answer, err := k.typed.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("requesting a token of the ServiceAccount %s/%s: %w", namespace, name, err)
	}
	return answer.Status.Token, nil
}

// writeTokenKubeconfig lets a process authenticate as a ServiceAccount.
func (c *cluster) writeTokenKubeconfig(ctx context.Context, process, namespace, account string) error {
	token, err := c.kube.requestToken(ctx, namespace, account)
	if err != nil {
		return err
	}
	data, err := c.kubeconfigWithToken(token)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.layout.kubeconfigOf(process), data, 0o600); err != nil {
		return fmt.Errorf("writing the kubeconfig of %s: %w", process, err)
	}
	return nil
}
