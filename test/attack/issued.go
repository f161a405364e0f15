package attack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// issuedAttacks have a developer of a project and an owner of its tenant try, with
// kubeconfigs that they were issued, to get more than their roles on the cluster.
func issuedAttacks() []Attack {
	const rbac, none = "/apis/rbac.authorization.k8s.io/v1", "403 for the owner, 403 for the developer"
	both := []clusterAttack{
		{"bind cluster-admin in the project", post(rbac+"/namespaces/{space}/rolebindings", binding("RoleBinding", "ClusterRole", "cluster-admin"))},
		{"bind the owner's role in the project", post(rbac+"/namespaces/{space}/rolebindings", binding("RoleBinding", "Role", "kubenova-tenant-owner"))},
		{"make a role in the project", post(rbac+"/namespaces/{space}/roles", `{"metadata":{"name":"more"},"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]}`)},
		{"bind cluster-admin", post(rbac+"/clusterrolebindings", binding("ClusterRoleBinding", "ClusterRole", "cluster-admin"))},
		{"make a role of the cluster", post(rbac+"/clusterroles", `{"metadata":{"name":"more"},"rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]}`)},
		{"a token of the project's service account", post("/api/v1/namespaces/{space}/serviceaccounts/default/token", `{"spec":{"expirationSeconds":600}}`)},
		{"act as the deployer", as("/api/v1/namespaces/{space}/pods", "kubenova:deployer:{tenant}:web", "kubevela:kubenova-deployers")},
		{"act as the administrator", as("/api/v1/secrets", "system:admin", "system:masters")},
		{"act as KubeVela", as("/api/v1/namespaces/{space}/pods", "system:serviceaccount:vela-system:kubevela-vela-core")},
		{"read KubeNova's own accounts", get("/api/v1/namespaces/kubenova-access/secrets")},
		{"read the system's secrets", get("/api/v1/namespaces/kube-system/secrets")},
		{"read the nodes", get("/api/v1/nodes")},
		{"delete the project's namespace", remove("/api/v1/namespaces/{space}")},
		{"delete the quota", remove("/api/v1/namespaces/{space}/resourcequotas/none")},
		{"delete the limits", remove("/api/v1/namespaces/{space}/limitranges/none")},
		{"delete the network policies", remove("/apis/networking.k8s.io/v1/namespaces/{space}/networkpolicies/none")},
		{"delete the developers' binding", remove(rbac + "/namespaces/{space}/rolebindings/kubenova-project-dev")},
		{"delete Applications", remove("/apis/core.oam.dev/v1beta1/namespaces/{space}/applications/none")},
		{"read the Capsule Tenant", get("/apis/capsule.clastix.io/v1beta2/tenants/{tenant}")},
		{"read signing requests", get("/apis/certificates.k8s.io/v1/certificatesigningrequests")},
		{"read another tenant's secrets", get("/api/v1/namespaces/{other}/secrets")},
		{"read another tenant's pods", get("/api/v1/namespaces/{other}/pods")},
	}
	// First: a refusal says nothing of someone who has no right at all yet.
	attacks := []Attack{{Name: "do what the role is for", Needs: Everything, Try: rightsWork,
		Expected: "201 for the developer's ConfigMap, 201 for the owner's Deployment, ends when the answer says"}}
	for _, c := range both {
		attacks = append(attacks, Attack{Name: c.name, Needs: Everything, Expected: none, Try: func(ctx context.Context, f *Field) string {
			owner, dev := f.issued(ctx, "tenantOwner"), f.issued(ctx, "projectDev")
			return fmt.Sprintf("%s for the owner, %s for the developer", f.onCluster(ctx, owner, c), f.onCluster(ctx, dev, c))
		}})
	}
	for _, c := range []clusterAttack{
		{"read secrets as a developer", get("/api/v1/namespaces/{space}/secrets")},
		{"make an account as a developer", post("/api/v1/namespaces/{space}/serviceaccounts", `{"metadata":{"name":"more"}}`)},
		{"make a Deployment as a developer", post("/apis/apps/v1/namespaces/{space}/deployments", workload("Deployment"))},
		{"make a pod as a developer", post("/api/v1/namespaces/{space}/pods", `{"metadata":{"name":"more"},"spec":{"containers":[{"name":"x","image":"nginx"}]}}`)},
		{"scale a Deployment as a developer", [3]string{http.MethodPatch, "/apis/apps/v1/namespaces/{space}/deployments/mine/scale", `{"spec":{"replicas":2}}`}},
	} {
		attacks = append(attacks, Attack{Name: c.name, Needs: Everything, Expected: "403", Try: func(ctx context.Context, f *Field) string {
			return f.onCluster(ctx, f.issued(ctx, "projectDev"), c)
		}})
	}
	return attacks
}

// clusterAttack is a request to the cluster: method, path, body.
type clusterAttack struct {
	name    string
	request [3]string
}

func get(path string) [3]string        { return [3]string{http.MethodGet, path} }
func post(path, body string) [3]string { return [3]string{http.MethodPost, path, body} }
func remove(path string) [3]string     { return [3]string{http.MethodDelete, path} }

// as is a read as somebody else, whose name and groups stand in place of a body.
func as(path, user string, groups ...string) [3]string {
	return [3]string{"AS", path, strings.Join(append([]string{user}, groups...), ",")}
}

func binding(kind, roleKind, role string) string {
	return encode(map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": map[string]any{"name": "more"},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": roleKind, "name": role},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "me"}},
	})
}

func workload(kind string) string {
	labels := map[string]any{"app": "more"}
	return encode(map[string]any{"apiVersion": "apps/v1", "kind": kind, "metadata": map[string]any{"name": "more"}, "spec": map[string]any{
		"selector": map[string]any{"matchLabels": labels},
		"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": map[string]any{"containers": []any{map[string]any{"name": "x", "image": "nginx:1.25.3"}}}},
	}})
}

// session is somebody on the cluster, with what was issued.
type session struct {
	caller
	token   string
	expires time.Time
	err     error
}

// issued asks for a kubeconfig once for each role.
func (f *Field) issued(ctx context.Context, role string) session {
	f.sessions.Lock()
	defer f.sessions.Unlock()
	if kept, found := f.kept[role]; found {
		return kept
	}
	s := f.issue(ctx, role)
	if f.kept == nil {
		f.kept = map[string]session{}
	}
	f.kept[role] = s
	return s
}

func (f *Field) issue(ctx context.Context, role string) session {
	asker, body := f.mine.owner, map[string]any{"role": role, "ttlSeconds": 600}
	if role == "projectDev" {
		asker, body["project"] = f.mine.dev, "web"
	}
	var out struct {
		Kubeconfig []byte
		ExpiresAt  time.Time
	}
	if err := asker.do(ctx, http.MethodPost, "/tenants/"+f.mine.name+"/kubeconfig", encode(body)).must(&out); err != nil {
		return session{err: err}
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(out.Kubeconfig)
	if err != nil {
		return session{err: err}
	}
	config.QPS = -1
	client, err := rest.HTTPClientFor(config)
	return session{caller{base: config.Host, client: client}, config.BearerToken, out.ExpiresAt, err}
}

// onCluster makes a request to the cluster and returns its status.
func (f *Field) onCluster(ctx context.Context, s session, c clusterAttack) string {
	if s.err != nil {
		return "error: " + s.err.Error()
	}
	fill := strings.NewReplacer("{space}", f.mine.space(), "{tenant}", f.mine.name, "{other}", f.theirs.space())
	method, path, body := c.request[0], fill.Replace(c.request[1]), fill.Replace(c.request[2])
	if method != "AS" {
		return s.do(ctx, method, path, body).String()
	}
	who := strings.Split(body, ",")
	headers := []string{"Impersonate-User", who[0]}
	for _, group := range who[1:] {
		headers = append(headers, "Impersonate-Group", group)
	}
	return s.do(ctx, http.MethodGet, path, "", headers...).String()
}

// rightsWork shows that what is refused is not refused for want of any right.
func rightsWork(ctx context.Context, f *Field) string {
	owner, dev := f.issued(ctx, "tenantOwner"), f.issued(ctx, "projectDev")
	made := [2]string{
		f.allowedSoon(ctx, dev, clusterAttack{"", post("/api/v1/namespaces/{space}/configmaps", `{"metadata":{"name":"mine"}}`)}),
		f.allowedSoon(ctx, owner, clusterAttack{"", post("/apis/apps/v1/namespaces/{space}/deployments", workload("Deployment"))}),
	}
	ends := "ends when the answer says"
	for _, s := range []session{owner, dev} {
		if expires := expiryOf(s.token); !expires.Equal(s.expires.Truncate(time.Second)) {
			ends = fmt.Sprintf("ends at %s, the answer says %s", expires, s.expires)
		}
	}
	return fmt.Sprintf("%s for the developer's ConfigMap, %s for the owner's Deployment, %s", made[0], made[1], ends)
}

// allowedSoon makes a request until it is no longer forbidden: rights that are
// just given may take a moment to reach the cluster.
func (f *Field) allowedSoon(ctx context.Context, s session, c clusterAttack) string {
	var status string
	until(ctx, 10*time.Second, func() string {
		if status = f.onCluster(ctx, s, c); status == "403" {
			return "not yet"
		}
		return ""
	})
	return status
}

// expiryOf reads when a token says that it ends.
func expiryOf(token string) time.Time {
	var claims struct{ Exp int64 }
	if readClaims(token, &claims) != nil {
		return time.Time{}
	}
	return time.Unix(claims.Exp, 0).UTC()
}

// idOf is the id of a token.
func idOf(token string) string {
	var claims struct{ JTI string }
	if readClaims(token, &claims) != nil {
		return ""
	}
	return claims.JTI
}
