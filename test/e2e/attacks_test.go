//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// TestNoWayToMore has a developer of a project and an owner of its tenant try, with
// kubeconfigs that they were issued, to get more than their roles on the cluster.
func TestNoWayToMore(t *testing.T) {
	p := open(t)
	t.Parallel()
	const tenant, space = "attacks", "attacks--web"
	path := p.makeSpaces(t, tenant, "alice", "web")
	asOwner, asDev := p.hostToken(t, "attacks-owner"), p.hostToken(t, "attacks-dev")
	p.rest(t, "PUT", path+"/owners", `{"owners":["system:serviceaccount:default:attacks-owner"]}`, 200, nil)
	p.rest(t, "PUT", path+"/projects/web/access", `{"members":[{"subject":"system:serviceaccount:default:attacks-dev","role":"projectDev"}]}`, 200, nil)
	door := "/tenants/" + tenant + "/kubeconfig"
	owner := asOwner.issue(t, "POST", door, `{"role":"tenantOwner","ttlSeconds":600}`)
	dev := asDev.issue(t, "POST", door, `{"role":"projectDev","project":"web","ttlSeconds":600}`)
	for name, kubeconfig := range map[string]issued{"owner": owner, "dev": dev} {
		if expires := kubeconfig.expiryOfToken(t); !expires.Equal(kubeconfig.ExpiresAt.Truncate(time.Second)) {
			t.Errorf("the token of %s expires at %s, the answer says %s", name, expires, kubeconfig.ExpiresAt)
		}
	}
	dev.may(t, p, true, "create", "configmap", "mine", "-n", space)
	owner.may(t, p, true, "create", "deployment", "mine", "--image=nginx:1.25.3", "-n", space)

	both := [][]string{
		{"create", "rolebinding", "more", "--clusterrole=cluster-admin", "--user=me", "-n", space},
		{"create", "rolebinding", "more", "--role=kubenova-tenant-owner", "--user=me", "-n", space},
		{"create", "role", "more", "--verb=*", "--resource=*", "-n", space},
		{"create", "clusterrolebinding", "more", "--clusterrole=cluster-admin", "--user=me"},
		{"create", "clusterrole", "more", "--verb=*", "--resource=*"},
		{"create", "token", "default", "-n", space},
		{"get", "pods", "-n", space, "--as=kubenova:deployer:attacks:web", "--as-group=kubevela:kubenova-deployers"},
		{"get", "secrets", "-A", "--as=system:admin", "--as-group=system:masters"},
		{"get", "pods", "-n", space, "--as=system:serviceaccount:vela-system:kubevela-vela-core"},
		{"get", "secrets", "-n", "kubenova-access"}, {"get", "secrets", "-n", "kube-system"}, {"get", "nodes"},
		{"delete", "namespace", space},
		{"delete", "resourcequotas", "none", "-n", space}, {"delete", "limitranges", "none", "-n", space},
		{"delete", "networkpolicies", "none", "-n", space},
		{"delete", "rolebinding", "kubenova-project-dev", "-n", space},
		{"delete", "applications.core.oam.dev", "none", "-n", space},
		{"get", "tenants.capsule.clastix.io", tenant},
		{"get", "certificatesigningrequests"},
		{"get", "secrets", "-n", "attacks--other"},
	}
	for _, args := range both {
		owner.may(t, p, false, args...)
		dev.may(t, p, false, args...)
	}
	for _, args := range [][]string{
		{"get", "secrets", "-n", space}, {"create", "serviceaccount", "more", "-n", space},
		{"create", "deployment", "more", "--image=nginx:1.25.3", "-n", space}, {"run", "more", "--image=nginx:1.25.3", "-n", space},
		{"scale", "deployment", "mine", "--replicas=2", "-n", space},
	} {
		dev.may(t, p, false, args...)
	}
}

// hostToken is the platform as a new service account sees it.
func (p platform) hostToken(t *testing.T, name string) platform {
	t.Helper()
	config, err := clientcmd.LoadFromFile(p.account(t, name).path)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		p.token = user.Token
	}
	return p
}

// expiryOfToken reads when the kubeconfig's own token says that it ends.
func (i issued) expiryOfToken(t *testing.T) time.Time {
	t.Helper()
	config, err := clientcmd.LoadFromFile(i.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		parts := strings.Split(user.Token, ".")
		if len(parts) != 3 {
			t.Fatal("the token is no JWT")
		}
		var claims struct {
			Expires int64 `json:"exp"`
		}
		raw, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil {
			err = json.Unmarshal(raw, &claims)
		}
		if err != nil {
			t.Fatal(fmt.Errorf("reading the token: %w", err))
		}
		return time.Unix(claims.Expires, 0).UTC()
	}
	t.Fatal("the kubeconfig has no user")
	return time.Time{}
}
