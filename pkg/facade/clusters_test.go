package facade

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned/fake"
)

// TestRegistrationNeedsBothRights registers a cluster as someone who may create
// clusters but not store credentials: nothing may be written, and a dry run must
// say so too.
func TestRegistrationNeedsBothRights(t *testing.T) {
	client := fake.NewClientset()
	handler := Checked(t, New(Config{
		ClientFor: func(user.Info) (versioned.Interface, error) { return client, nil },
		Authorizer: authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
			if a.GetVerb() != "create" || a.GetResource() != "clusters" || a.GetSubresource() != "kubeconfig" || a.GetName() != "dev" {
				t.Errorf("asked for %+v", a)
			}
			return authorizer.DecisionDeny, "not you", nil
		}),
	}))
	kubeconfig := base64.StdEncoding.EncodeToString([]byte(`{"apiVersion":"v1","kind":"Config","current-context":"dev",
		"clusters":[{"name":"c","cluster":{"server":"https://cluster.example:6443"}}],"users":[{"name":"u","user":{"token":"x"}}],
		"contexts":[{"name":"dev","context":{"cluster":"c","user":"u"}}]}`))
	for _, query := range []string{"", "?dryRun=All"} {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/clusters"+query, strings.NewReader(`{"name":"dev","kubeconfig":"`+kubeconfig+`"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, asUser(r, "alice"))
		if body := wantError(t, w, 403, "KN-403"); !strings.Contains(body.Message, "clusters/kubeconfig") {
			t.Errorf("message is %q", body.Message)
		}
	}
	if actions := client.Actions(); len(actions) != 0 {
		t.Errorf("the API server was asked for %v", actions)
	}
}
