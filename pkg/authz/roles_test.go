package authz

import (
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

func TestRoleAuthorizer(t *testing.T) {
	token := func(roles ...string) user.Info {
		return &user.DefaultInfo{Name: "demo", Extra: map[string][]string{ExtraRoles: roles}}
	}
	resource := func(verb, resource, subresource string) authorizer.AttributesRecord {
		return authorizer.AttributesRecord{Verb: verb, APIGroup: "kubenova.io", Resource: resource, Subresource: subresource, ResourceRequest: true}
	}
	const allow, deny, none = authorizer.DecisionAllow, authorizer.DecisionDeny, authorizer.DecisionNoOpinion
	for name, test := range map[string]struct {
		user user.Info
		attr authorizer.AttributesRecord
		want authorizer.Decision
	}{
		"no token":                     {&user.DefaultInfo{Name: "demo"}, resource("get", "tenants", ""), none},
		"no roles":                     {token(), resource("get", "tenants", ""), deny},
		"admin writes":                 {token("admin"), resource("create", "tenants", ""), allow},
		"admin issues tokens":          {token("admin"), resource("create", "tokens", ""), allow},
		"admin reads credentials":      {token("admin"), resource("get", "clusters", "kubeconfig"), deny},
		"admin writes credentials":     {token("admin"), resource("create", "clusters", "kubeconfig"), allow},
		"admin of another group":       {token("admin"), authorizer.AttributesRecord{Verb: "get", Resource: "secrets", ResourceRequest: true}, deny},
		"admin reads metrics":          {token("admin"), authorizer.AttributesRecord{Verb: "get", Path: "/metrics"}, deny},
		"ops registers":                {token("ops"), resource("create", "clusters", ""), allow},
		"ops bootstraps":               {token("ops"), resource("create", "clusters", "bootstrap"), allow},
		"ops fakes status":             {token("ops"), resource("update", "clusters", "status"), deny},
		"ops reads tenants":            {token("ops"), resource("list", "tenants", ""), allow},
		"ops writes tenants":           {token("ops"), resource("create", "tenants", ""), deny},
		"ops issues tokens":            {token("ops"), resource("create", "tokens", ""), deny},
		"ops reads credentials":        {token("ops"), resource("get", "clusters", "kubeconfig"), deny},
		"owner needs membership":       {token("tenantOwner"), resource("get", "tenants", ""), none},
		"reader needs membership":      {token("readOnly"), resource("get", "apps", ""), none},
		"reader discovers":             {token("readOnly"), authorizer.AttributesRecord{Verb: "get", Path: "/apis/kubenova.io"}, allow},
		"reader writes to discovery":   {token("readOnly"), authorizer.AttributesRecord{Verb: "post", Path: "/apis"}, deny},
		"reader reads the catalog":     {token("readOnly"), resource("list", "catalogitems", ""), none},
		"owner reads plans":            {token("tenantOwner"), resource("list", "plans", ""), none},
		"owner writes plans":           {token("tenantOwner"), resource("update", "plans", ""), deny},
		"admin reads plans":            {token("admin"), resource("get", "plans", ""), allow},
		"admin writes plans":           {token("admin"), resource("update", "plans", ""), deny},
		"admin fakes plans' status":    {token("admin"), resource("patch", "plans", "status"), deny},
		"ops writes the catalog":       {token("ops"), resource("create", "catalogpolicysets", ""), deny},
		"unknown role":                 {token("root"), resource("get", "tenants", ""), deny},
		"best of two roles":            {token("readOnly", "admin"), resource("create", "tenants", ""), allow},
		"discovery is not by a prefix": {token("readOnly"), authorizer.AttributesRecord{Verb: "get", Path: "/apisecret"}, deny},
	} {
		test.attr.User = test.user
		got, _, err := NewRoleAuthorizer().Authorize(t.Context(), test.attr)
		if err != nil || got != test.want {
			t.Errorf("%s: decision %v (%v), want %v", name, got, err, test.want)
		}
	}
}
