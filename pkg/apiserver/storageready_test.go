package apiserver_test

import (
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestReadinessWaitsForStorage asks whether the watch caches are among what makes a server ready.
func TestReadinessWaitsForStorage(t *testing.T) {
	client := testserver.Start(t).ClientFor(t, "root", user.SystemPrivilegedGroup)
	const check = "/readyz/poststarthook/storage-readiness"
	if answer, err := client.Discovery().RESTClient().Get().AbsPath(check).DoRaw(t.Context()); err != nil {
		t.Errorf("%s: %v %s", check, err, answer)
	}
}
