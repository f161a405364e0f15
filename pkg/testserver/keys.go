package testserver

import (
	"testing"
	"time"

	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/idempotency"
)

// KeysPrefix is where the records of IdempotencyKeys lie in etcd.
const KeysPrefix = "/idempotency/"

// IdempotencyKeys returns a store of idempotency keys over the server's etcd, as
// another replica has it, apart from the server's own. It does not encrypt, so
// that a test can see what lies there.
func (s *Server) IdempotencyKeys(t testing.TB, claimLifetime time.Duration) *idempotency.Store {
	t.Helper()
	config := storagebackend.NewDefaultConfig(KeysPrefix, nil)
	config.Transport.ServerList = []string{s.Etcd}
	resource := v1alpha1.Resource(idempotency.Resource)
	options := generic.RESTOptions{StorageConfig: config.ForResource(resource), ResourcePrefix: resource.String()}
	keys, err := idempotency.New(options, claimLifetime)
	if err != nil {
		t.Fatalf("building a store of idempotency keys: %v", err)
	}
	t.Cleanup(keys.Close)
	return keys
}
