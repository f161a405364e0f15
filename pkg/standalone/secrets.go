package standalone

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/keyutil"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authn"
)

// ensureEncryptionConfig makes the encryption at rest on the first start: every
// KubeNova object, encrypted with a key of this installation.
func ensureEncryptionConfig(f files) error {
	if _, err := os.Stat(f.encryptionConfig()); !os.IsNotExist(err) {
		return err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("making an encryption key: %w", err)
	}
	config := apiserverv1.EncryptionConfiguration{
		TypeMeta: metav1.TypeMeta{APIVersion: apiserverv1.SchemeGroupVersion.String(), Kind: "EncryptionConfiguration"},
		Resources: []apiserverv1.ResourceConfiguration{{
			Resources: []string{"*." + v1alpha1.GroupName},
			Providers: []apiserverv1.ProviderConfiguration{{
				Secretbox: &apiserverv1.SecretboxConfiguration{
					Keys: []apiserverv1.Key{{Name: "first", Secret: base64.StdEncoding.EncodeToString(key)}},
				},
			}},
		}},
	}
	data, err := yaml.Marshal(config)
	if err != nil {
		return fmt.Errorf("encoding the encryption configuration: %w", err)
	}
	return writeSecret(f.encryptionConfig(), data)
}

// ensureTokenKey reads the key that signs tokens, or makes it on the first start.
func ensureTokenKey(f files) (*ecdsa.PrivateKey, error) {
	if _, err := os.Stat(f.tokenSigningKey()); !os.IsNotExist(err) {
		return authn.LoadKey(f.tokenSigningKey())
	}
	key, err := authn.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("making the token signing key: %w", err)
	}
	data, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, fmt.Errorf("encoding the token signing key: %w", err)
	}
	return key, writeSecret(f.tokenSigningKey(), data)
}

// writeAdminKubeconfig writes the administrator's way in through the native door.
func writeAdminKubeconfig(f files, server string, ca *authority) error {
	admin, err := ca.admin(f)
	if err != nil {
		return fmt.Errorf("making the administrator's certificate: %w", err)
	}
	const name = "kubenova"
	config := clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: server}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: {}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	}
	for path, into := range map[string]*[]byte{
		ca.certFile: &config.Clusters[name].CertificateAuthorityData,
		admin.cert:  &config.AuthInfos[name].ClientCertificateData,
		admin.key:   &config.AuthInfos[name].ClientKeyData,
	} {
		if *into, err = os.ReadFile(path); err != nil {
			return fmt.Errorf("reading a certificate for the admin kubeconfig: %w", err)
		}
	}
	data, err := clientcmd.Write(config)
	if err != nil {
		return fmt.Errorf("encoding the admin kubeconfig: %w", err)
	}
	return writeSecret(f.adminKubeconfig(), data)
}
