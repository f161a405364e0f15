package agent

import (
	"context"
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/kubeconfig"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func jwt(subject string, expires time.Time) string {
	claims := fmt.Sprintf(`{"sub":%q,"iat":%d,"exp":%d}`, subject, now.Unix(), expires.Unix())
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestCreate(t *testing.T) {
	client := fake.NewClientset()
	if err := (Agent{Cluster: "1-2", Client: client}).Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	role, err := client.RbacV1().ClusterRoles().Get(t.Context(), "kubenova:agent:1-2", metav1.GetOptions{})
	if err != nil || !reflect.DeepEqual(role.Rules, targetrbac.OwnRules()) {
		t.Errorf("the role is %+v, %v, want the rules that are documented", role, err)
	}
	account, err := client.CoreV1().ServiceAccounts("kubenova-system").Get(t.Context(), "kubenova-agent-1-2", metav1.GetOptions{})
	if err != nil || len(account.OwnerReferences) != 1 || account.OwnerReferences[0].Name != role.Name {
		t.Errorf("the account is %+v, %v, and does not go with the role", account, err)
	}
	binding, err := client.RbacV1().ClusterRoleBindings().Get(t.Context(), "kubenova:agent:1-2", metav1.GetOptions{})
	if err != nil || len(binding.OwnerReferences) != 1 || binding.RoleRef.Name != role.Name || len(binding.Subjects) != 1 || binding.Subjects[0].Name != account.Name {
		t.Errorf("the binding is %+v, %v", binding, err)
	}
}

// A tenant that owns the namespace could run pods as the account.
func TestCreateInANamespaceOfATenant(t *testing.T) {
	client := fake.NewClientset(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace, Labels: map[string]string{capsule.LabelTenant: "acme"}}})
	if err := (Agent{Cluster: "1-2", Client: client}).Create(t.Context()); err == nil {
		t.Error("made")
	}
	if writes := slices.DeleteFunc(client.Actions(), func(a clienttesting.Action) bool { return a.GetVerb() == "get" }); len(writes) > 0 {
		t.Errorf("wrote %v", writes)
	}
}

// TestToken has a cluster answer with tokens of others, and such as are of no use.
func TestToken(t *testing.T) {
	const month = 30 * 24 * time.Hour
	for name, test := range map[string]struct {
		token string
		ok    bool
	}{
		"its own":        {jwt("system:serviceaccount:kubenova-system:kubenova-agent-1-2", now.Add(month)), true},
		"of an hour":     {jwt("system:serviceaccount:kubenova-system:kubenova-agent-1-2", now.Add(time.Hour)), true},
		"of a minute":    {jwt("system:serviceaccount:kubenova-system:kubenova-agent-1-2", now.Add(time.Minute)), false},
		"of someone":     {jwt("system:serviceaccount:kube-system:admin", now.Add(month)), false},
		"of another one": {jwt("system:serviceaccount:kubenova-system:kubenova-agent-9", now.Add(month)), false},
		"no token":       {"", false},
		"no JWT":         {"opaque", false},
	} {
		client := fake.NewClientset()
		client.PrependReactor("create", "serviceaccounts", func(action clienttesting.Action) (bool, runtime.Object, error) {
			request := action.(clienttesting.CreateAction).GetObject().(*authenticationv1.TokenRequest)
			if *request.Spec.ExpirationSeconds != int64(month/time.Second) || action.GetSubresource() != "token" {
				t.Errorf("%s: asked for %+v", name, request.Spec)
			}
			request.Status.Token = test.token
			return true, request, nil
		})
		got, err := Agent{Cluster: "1-2", Client: client}.Token(context.Background(), now)
		if (err == nil) != test.ok || err == nil && got != test.token {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestRenewAt(t *testing.T) {
	claims := kubeconfig.Claims{IssuedAt: now, Expires: now.Add(30 * time.Hour)}
	if got := RenewAt(claims); !got.Equal(now.Add(20 * time.Hour)) {
		t.Errorf("renewed at %s", got)
	}
}
