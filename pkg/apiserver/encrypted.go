package apiserver

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/storage/value"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/cluster"
	"github.com/kubenova/kubenova/pkg/signingkeys"
)

// sealed begins what an encryption provider of Kubernetes has written.
var sealed = []byte("k8s:enc:")

// secretResources are those that are stored encrypted or not at all.
func secretResources() []schema.GroupResource {
	return []schema.GroupResource{v1alpha1.Resource(cluster.CredentialsResource), v1alpha1.Resource(signingkeys.Resource)}
}

// RequireEncryption fails unless the credentials of clusters and the keys that sign
// tokens are encrypted before they reach etcd. It asks for the real thing: a canary
// must come out changed. From then on each of their writes fails that would not be
// encrypted, since the configuration may be read again.
func RequireEncryption(config *genericapiserver.RecommendedConfig) error {
	for _, resource := range secretResources() {
		if config.ResourceTransformers == nil {
			return fmt.Errorf("no encryption at rest is configured for %s", resource)
		}
		canary := []byte("kubenova-encryption-canary")
		by := mustSeal{config.ResourceTransformers.TransformerForResource(resource), resource}
		if _, err := by.TransformToStorage(context.Background(), canary, value.DefaultContext("canary")); err != nil {
			return fmt.Errorf("encrypting a canary for %s: %w", resource, err)
		}
	}
	config.RESTOptionsGetter = sealing{config.RESTOptionsGetter}
	return nil
}

// sealing has the stores of secrets refuse to write in plain text.
type sealing struct{ generic.RESTOptionsGetter }

// GetRESTOptions implements generic.RESTOptionsGetter.
func (s sealing) GetRESTOptions(resource schema.GroupResource, example runtime.Object) (generic.RESTOptions, error) {
	options, err := s.RESTOptionsGetter.GetRESTOptions(resource, example)
	if err != nil || !slices.Contains(secretResources(), resource) {
		return options, err
	}
	config := *options.StorageConfig
	config.Transformer = mustSeal{config.Transformer, resource}
	options.StorageConfig = &config
	return options, nil
}

// mustSeal is a transformer whose values in etcd are encrypted.
type mustSeal struct {
	value.Transformer
	resource schema.GroupResource
}

// TransformToStorage implements value.Write.
func (m mustSeal) TransformToStorage(ctx context.Context, data []byte, dataCtx value.Context) ([]byte, error) {
	stored, err := m.Transformer.TransformToStorage(ctx, data, dataCtx)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(stored, sealed) || bytes.Contains(stored, data) {
		return nil, fmt.Errorf("the encryption configuration leaves %s in plain text: name it before any identity provider", m.resource)
	}
	return stored, nil
}
