package standalone

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/secretfile"
)

// ensureSecrets makes the secrets of an installation on its first start. Later
// it makes none: without the old ones, what is in etcd cannot be read any more,
// and new ones would hide that.
func ensureSecrets(f files) error {
	populated, err := f.populated()
	if err != nil {
		return err
	}
	for _, secret := range []struct {
		path, meaning string
		generate      func(files) error
	}{
		{f.encryptionConfig(), "the key that etcd's data is encrypted with", makeEncryptionConfig},
		{f.authority().key, "the key of the certificate authority that clients trust", makeAuthority},
	} {
		_, err := os.Stat(secret.path)
		if err == nil {
			continue
		}
		if !os.IsNotExist(err) {
			return fmt.Errorf("looking for %s: %w", secret.meaning, err)
		}
		if populated {
			return fmt.Errorf("%s is missing: it holds %s, and there is data in %s; restore it from the backup of the data directory, "+
				"or move all of the data directory away to start anew", secret.path, secret.meaning, f.etcd())
		}
		if err := secret.generate(f); err != nil {
			return fmt.Errorf("making %s: %w", secret.meaning, err)
		}
	}
	return nil
}

// makeEncryptionConfig makes the encryption at rest: every KubeNova object,
// encrypted with a key of this installation.
func makeEncryptionConfig(f files) error {
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
	return secretfile.Write(f.encryptionConfig(), data)
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
	return secretfile.Write(f.adminKubeconfig(), data)
}
