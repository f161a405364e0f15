package integration

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
	"github.com/kubenova/kubenova/test/integration/oidcprovider"
)

// testOIDC has a user of a provider that KubeNova knows and the host does not come by
// KubeNova's own address, and through the host: there the host says who callers are.
func testOIDC(t *testing.T, p *Platform) {
	api := p.Client.KubenovaV1alpha1()
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: membershiptest.Cluster}}
	if _, err := api.Clusters().Create(t.Context(), cluster, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	for name, owner := range map[string]string{"oidc-ours": "oidc:ann", "oidc-others": "ann"} {
		if err := membershiptest.Own(t.Context(), api, name, owner); err != nil {
			t.Fatal(err)
		}
	}
	token := p.Provider.Token(t, "ann", oidcprovider.User{})

	got := request(t, http.MethodGet, p.RESTURL+"/api/v1/me", token, "")
	var me struct {
		Subject string
		Tenants []struct{ Name, Role string }
	}
	if err := json.Unmarshal(got.body, &me); err != nil || me.Subject != "oidc:ann" || len(me.Tenants) != 1 || me.Tenants[0].Name != "oidc-ours" {
		t.Errorf("through REST: %d %s, %v", got.status, got.body, err)
	}
	direct := rest.CopyConfig(p.Host)
	direct.Host, direct.BearerToken = p.DirectURL, token
	direct.TLSClientConfig = rest.TLSClientConfig{Insecure: true}
	through := rest.CopyConfig(p.Host)
	through.BearerToken = token
	// As it is where the host knows the provider too, with the same prefix.
	p.allowMembers(t)
	known := p.As("oidc:ann")
	for name, config := range map[string]*rest.Config{"directly": direct, "by the host, which knows the provider": known} {
		waitFor(t, "the user's tenant, and no other, "+name, func(ctx context.Context) error {
			list, err := p.ClientFor(t, config).KubenovaV1alpha1().Tenants().List(ctx, metav1.ListOptions{})
			if err == nil && (len(list.Items) != 1 || list.Items[0].Name != "oidc-ours") {
				t.Fatalf("there is %+v", list.Items)
			}
			return err
		})
	}
	if _, err := p.ClientFor(t, through).KubenovaV1alpha1().Tenants().List(t.Context(), metav1.ListOptions{}); !apierrors.IsUnauthorized(err) {
		t.Errorf("by the host, which does not know the provider: %v", err)
	}
	got = request(t, http.MethodGet, p.DirectURL+"/apis/kubenova.io/v1alpha1/tenants", "x"+token, "")
	if got.status != http.StatusUnauthorized {
		t.Errorf("with a token that is not the provider's: %d %s", got.status, got.body)
	}
}
