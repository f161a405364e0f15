package token

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/authz"
)

func TestCheck(t *testing.T) {
	admin := []string{"admin"}
	for _, c := range []struct {
		name  string
		spec  v1alpha1.TokenSpec
		ttl   time.Duration
		field string
	}{
		{"default", v1alpha1.TokenSpec{Subject: "demo", Roles: admin}, time.Hour, ""},
		{"shortest", v1alpha1.TokenSpec{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](60)}, time.Minute, ""},
		{"longest", v1alpha1.TokenSpec{Subject: "demo", Roles: []string{"admin", "ops", "tenantOwner", "projectDev", "readOnly"}, TTLSeconds: ptr.To[int64](2592000)}, 720 * time.Hour, ""},
		{"zero", v1alpha1.TokenSpec{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](0)}, 0, "spec.ttlSeconds"},
		{"too short", v1alpha1.TokenSpec{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](59)}, 0, "spec.ttlSeconds"},
		{"too long", v1alpha1.TokenSpec{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](2592001)}, 0, "spec.ttlSeconds"},
		{"overflow", v1alpha1.TokenSpec{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](1 << 62)}, 0, "spec.ttlSeconds"},
		{"no subject", v1alpha1.TokenSpec{Roles: admin}, 0, "spec.subject"},
		{"blank subject", v1alpha1.TokenSpec{Subject: " ", Roles: admin}, 0, "spec.subject"},
		{"system subject", v1alpha1.TokenSpec{Subject: "system:admin", Roles: admin}, 0, "spec.subject"},
		{"long subject", v1alpha1.TokenSpec{Subject: strings.Repeat("x", 254), Roles: admin}, 0, "spec.subject"},
		{"no roles", v1alpha1.TokenSpec{Subject: "demo"}, 0, "spec.roles"},
		{"unknown role", v1alpha1.TokenSpec{Subject: "demo", Roles: []string{"admin", "root"}}, 0, "spec.roles[1]"},
	} {
		ttl, problems := check(&c.spec)
		if c.field == "" {
			if len(problems) > 0 || ttl != c.ttl {
				t.Errorf("%s: got %v and %v", c.name, ttl, problems)
			}
		} else if len(problems) != 1 || problems[0].Field != c.field {
			t.Errorf("%s: got %v, want one for %s", c.name, problems, c.field)
		}
	}
}

// fixed issues the same token to all, or fails.
type fixed struct{ err error }

func (f fixed) Issue(context.Context, string, []string, time.Duration) (authn.Issued, error) {
	return authn.Issued{Token: "t", ID: "i", ExpiresAt: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}, f.err
}

// TestCreate asks for tokens as callers who hold this and that.
func TestCreate(t *testing.T) {
	role := func(names ...string) []string {
		for i := range names {
			names[i] = authz.GroupPrefix + names[i]
		}
		return names
	}
	spec := func(subject string, roles ...string) v1alpha1.TokenSpec {
		return v1alpha1.TokenSpec{Subject: subject, Roles: roles}
	}
	for _, c := range []struct {
		name     string
		groups   []string
		spec     v1alpha1.TokenSpec
		escalate authorizer.Decision
		asking   error
		issuing  error
		status   int32
	}{
		{name: "admin for others", groups: role("admin"), spec: spec("bob", "admin")},
		{name: "masters for others", groups: []string{user.SystemPrivilegedGroup}, spec: spec("bob", "ops")},
		{name: "ops for itself", groups: role("ops"), spec: spec("alice", "ops")},
		{name: "ops for others", groups: role("ops"), spec: spec("bob", "ops"), status: http.StatusForbidden},
		{name: "ops as admin", groups: role("ops"), spec: spec("alice", "ops", "admin"), status: http.StatusForbidden},
		{name: "no role", spec: spec("alice", "readOnly"), status: http.StatusForbidden},
		{name: "role as a plain group", groups: []string{"admin"}, spec: spec("alice", "admin"), status: http.StatusForbidden},
		{name: "who may escalate", spec: spec("bob", "admin"), escalate: authorizer.DecisionAllow},
		{name: "who is denied to", spec: spec("bob", "admin"), escalate: authorizer.DecisionDeny, status: http.StatusForbidden},
		{name: "a broken authorizer", spec: spec("bob", "admin"), asking: errors.New("away"), status: http.StatusInternalServerError},
		{name: "no key", groups: role("ops"), spec: spec("alice", "ops"), issuing: authn.ErrNoKey, status: http.StatusServiceUnavailable},
		{name: "a broken issuer", groups: role("ops"), spec: spec("alice", "ops"), issuing: errors.New("broken"), status: http.StatusInternalServerError},
		{name: "nothing", groups: role("admin"), status: http.StatusUnprocessableEntity},
	} {
		asked := authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
			if a.GetVerb() != "escalate" || a.GetResource() != "tokens" || a.GetAPIGroup() != "kubenova.io" || a.GetUser().GetName() != "alice" || !a.IsResourceRequest() {
				t.Errorf("%s: asked for %+v", c.name, a)
			}
			decision := c.escalate
			if decision == authorizer.DecisionDeny && c.asking != nil {
				decision = authorizer.DecisionNoOpinion
			}
			return decision, "", c.asking
		})
		ctx := genericapirequest.WithUser(t.Context(), &user.DefaultInfo{Name: "alice", Groups: c.groups})
		created, err := NewREST(fixed{c.issuing}, asked).Create(ctx, &v1alpha1.Token{Spec: c.spec}, nil, &metav1.CreateOptions{})
		if c.status != 0 {
			if status := apierrors.APIStatus(nil); !errors.As(err, &status) || status.Status().Code != c.status {
				t.Errorf("%s: got %v, want %d", c.name, err, c.status)
			}
			continue
		}
		if err != nil || created.(*v1alpha1.Token).Status.Token != "t" || created.(*v1alpha1.Token).Status.ID != "i" {
			t.Errorf("%s: got %+v, %v", c.name, created, err)
		}
	}
}

// TestDryRunIssuesNothing has an issuer that fails if it is asked.
func TestDryRunIssuesNothing(t *testing.T) {
	ctx := genericapirequest.WithUser(t.Context(), &user.DefaultInfo{Name: "alice", Groups: []string{user.SystemPrivilegedGroup}})
	request := &v1alpha1.Token{Spec: v1alpha1.TokenSpec{Subject: "bob", Roles: []string{"ops"}}, Status: v1alpha1.TokenStatus{Token: "forged"}}
	created, err := NewREST(fixed{errors.New("asked")}, nil).Create(ctx, request, nil, &metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		t.Fatal(err)
	}
	if status := created.(*v1alpha1.Token).Status; status.Token != "" || status.ID != "" || status.ExpiresAt.IsZero() {
		t.Errorf("a dry run answers %+v", status)
	}
}
