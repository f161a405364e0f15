package chart_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"
	"k8s.io/apiserver/pkg/storage/value"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/cluster"
)

const (
	encryptionSecret = "kubenova-apiserver-encryption"
	servingSecret    = "kubenova-apiserver-tls"
)

// host is a cluster with Secrets, for lookup.
type host struct{ dynamic.Interface }

func newHost(secrets ...*corev1.Secret) host {
	objects := make([]runtime.Object, 0, len(secrets))
	for _, secret := range secrets {
		objects = append(objects, secret)
	}
	return host{fake.NewSimpleDynamicClient(clientgoscheme.Scheme, objects...)}
}

// GetClientFor returns the client of Secrets, the one kind that is looked up.
func (h host) GetClientFor(string, string) (dynamic.NamespaceableResourceInterface, bool, error) {
	return h.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}), true, nil
}

// stored returns a rendered Secret as the API server stores it.
func stored(t *testing.T, objects []client.Object, name string) *corev1.Secret {
	t.Helper()
	secret := find[*corev1.Secret](t, objects, name).DeepCopy()
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	for name, content := range secret.StringData {
		secret.Data[name] = []byte(content)
	}
	secret.StringData = nil
	return secret
}

func TestUpgradeKeepsSecrets(t *testing.T) {
	first := render(t, release(minimal()))
	encryption, serving := stored(t, first, encryptionSecret), stored(t, first, servingSecret)
	for name, upgrade := range map[string]bool{"upgrade": true, "installation over kept Secrets": false} {
		t.Run(name, func(t *testing.T) {
			r := release(minimal())
			r.Upgrade, r.Cluster = upgrade, newHost(encryption, serving)
			second := render(t, r)
			for _, before := range []*corev1.Secret{encryption, serving} {
				if after := stored(t, second, before.Name); !reflect.DeepEqual(before, after) {
					t.Errorf("%s changed from\n%v\nto\n%v", before.Name, before, after)
				}
			}
			registration := find[*apiregistrationv1.APIService](t, second, "v1alpha1.kubenova.io")
			if !bytes.Equal(registration.Spec.CABundle, serving.Data["ca.crt"]) {
				t.Error("the APIService trusts another authority than the stored one")
			}
		})
	}
}

func TestUpgradeNeverMakesASecondKey(t *testing.T) {
	elsewhere := stored(t, render(t, release(minimal())), encryptionSecret)
	elsewhere.Namespace = "other"
	empty := elsewhere.DeepCopy()
	empty.Namespace, empty.Data = releaseNamespace, nil
	for name, provider := range map[string]host{"gone": newHost(), "elsewhere": newHost(elsewhere), "empty": newHost(empty)} {
		t.Run(name, func(t *testing.T) {
			r := release(minimal())
			r.Upgrade, r.Cluster = true, provider
			if _, _, err := r.Render(); err == nil || !strings.Contains(err.Error(), releaseNamespace+"/"+encryptionSecret) {
				t.Errorf("got %v, want an error that names the Secret", err)
			}
		})
	}
}

func TestTheKeySurvivesTheRelease(t *testing.T) {
	secret := find[*corev1.Secret](t, render(t, release(minimal())), encryptionSecret)
	if secret.Annotations["helm.sh/resource-policy"] != "keep" {
		t.Errorf("annotations are %v", secret.Annotations)
	}
}

func TestACertificateWithoutAuthorityIsRefused(t *testing.T) {
	first := render(t, release(minimal()))
	serving := stored(t, first, servingSecret)
	delete(serving.Data, "ca.crt")
	r := release(minimal())
	r.Upgrade, r.Cluster = true, newHost(stored(t, first, encryptionSecret), serving)
	if _, _, err := r.Render(); err == nil || !strings.Contains(err.Error(), servingSecret+" has no ca.crt") {
		t.Errorf("got %v", err)
	}
}

func TestGeneratedCertificate(t *testing.T) {
	objects := render(t, release(minimal()))
	serving := stored(t, objects, servingSecret)
	pair, err := tls.X509KeyPair(serving.Data[corev1.TLSCertKey], serving.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	registration := find[*apiregistrationv1.APIService](t, objects, "v1alpha1.kubenova.io")
	if !roots.AppendCertsFromPEM(registration.Spec.CABundle) {
		t.Fatal("the caBundle is not PEM")
	}
	// The name by which the aggregator calls.
	name := registration.Spec.Service.Name + "." + registration.Spec.Service.Namespace + ".svc"
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); err != nil {
		t.Error(err)
	}
}

// TestGeneratedKeyEncrypts loads the configuration as the API server does.
func TestGeneratedKeyEncrypts(t *testing.T) {
	keys := map[string]bool{}
	for range 2 {
		config := stored(t, render(t, release(minimal())), encryptionSecret).Data["encryption.yaml"]
		keys[string(config)] = true
		file := filepath.Join(t.TempDir(), "encryption.yaml")
		if err := os.WriteFile(file, config, 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := encryptionconfig.LoadEncryptionConfig(t.Context(), file, false, "")
		if err != nil {
			t.Fatal(err)
		}
		transformers := encryptionconfig.StaticTransformers(loaded.Transformers)
		canary := []byte("canary")
		out, err := transformers.TransformerForResource(v1alpha1.Resource(cluster.CredentialsResource)).
			TransformToStorage(context.Background(), canary, value.DefaultContext("canary"))
		if err != nil || bytes.Contains(out, canary) {
			t.Errorf("encrypted to %q, %v", out, err)
		}
	}
	if len(keys) != 2 {
		t.Error("two installations have the same key")
	}
}
