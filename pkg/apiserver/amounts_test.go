package apiserver_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestEndlessAmountsAreRefused writes amounts that apimachinery would read for
// hours, through every way that the native API has.
func TestEndlessAmountsAreRefused(t *testing.T) {
	server := testserver.Start(t)
	native := server.Client.KubenovaV1alpha1().RESTClient()
	if err := native.Post().AbsPath("/apis/kubenova.io/v1alpha1/clusters").Body([]byte(`{"apiVersion":"kubenova.io/v1alpha1","kind":"Cluster","metadata":{"name":"dev"}}`)).Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
	const path = "/apis/kubenova.io/v1alpha1/tenants"
	tenant := func(name, amount string) []byte {
		return fmt.Appendf(nil, `{"apiVersion":"kubenova.io/v1alpha1","kind":"Tenant","metadata":{"name":%q},"spec":{"clusterRef":{"name":"dev"},"quotas":{"cpu":%q}}}`, name, amount)
	}
	if err := native.Post().AbsPath(path).Body(tenant("acme", "4")).Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
	for _, amount := range []string{"1e999999999999", "1e-999999999", strings.Repeat("9", 100)} {
		for way, write := range map[string]func(context.Context) error{
			"create": func(ctx context.Context) error {
				return native.Post().AbsPath(path).Body(tenant("other", amount)).Do(ctx).Error()
			},
			"merge patch": func(ctx context.Context) error {
				return native.Patch(types.MergePatchType).AbsPath(path + "/acme").Body(fmt.Appendf(nil, `{"spec":{"quotas":{"cpu":%q}}}`, amount)).Do(ctx).Error()
			},
			"json patch": func(ctx context.Context) error {
				return native.Patch(types.JSONPatchType).AbsPath(path + "/acme").Body(fmt.Appendf(nil, `[{"op":"replace","path":"/spec/quotas/cpu","value":%q}]`, amount)).Do(ctx).Error()
			},
			"apply": func(ctx context.Context) error {
				return native.Patch(types.ApplyPatchType).AbsPath(path+"/acme").Param("fieldManager", "x").Param("force", "true").Body(tenant("acme", amount)).Do(ctx).Error()
			},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			err := write(ctx)
			if ctx.Err() != nil || err == nil || !strings.Contains(err.Error(), "too many digits") || !strings.Contains(err.Error(), "cpu") {
				t.Errorf("%s of %.20s: %v", way, amount, err)
			}
			cancel()
		}
	}
}
