package oidc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
	"github.com/kubenova/kubenova/test/integration/oidcprovider"
)

// mapped takes names from claims, with the prefix of the provider.
const mapped = `
claimMappings:
  username: {claim: sub, prefix: "oidc:"}
  groups: {claim: groups, prefix: "oidc:"}
`

// unprefixed takes whatever a claim says.
const unprefixed = `
claimMappings:
  username: {expression: "claims.name"}
  groups: {expression: "has(claims.groups) ? claims.groups : []"}
claimValidationRules:
- {expression: "!has(claims.banned) || !claims.banned", message: banned}
userValidationRules:
- {expression: "!user.username.startsWith('robot')", message: robots are not let in}
`

type (
	user   = oidcprovider.User
	claims = map[string]any
)

// TestTokens has tokens of two providers, good and bad, at both doors.
func TestTokens(t *testing.T) {
	first, second, other := oidcprovider.Start(t), oidcprovider.Start(t), oidcprovider.Start(t)
	s := start(t, oidcprovider.File(first.Config(mapped), second.Config(unprefixed)))

	good := first.Token(t, "ann", user{Claims: claims{"groups": []string{"devs"}}})
	who := s.wantIn(t, "a good token", good)
	if who.Subject != "oidc:ann" || !slices.Equal(who.Groups, []string{"oidc:devs", "system:authenticated"}) {
		t.Errorf("ann is %+v", who)
	}
	if who = s.wantIn(t, "a second issuer", second.Token(t, "2", user{Claims: claims{"name": "bob"}})); who.Subject != "bob" {
		t.Errorf("bob is %+v", who)
	}
	s.wantOut(t, "another audience", first.Token(t, "ann", user{Audience: "else"}))
	s.wantOut(t, "expired", first.Token(t, "ann", user{TTL: -time.Minute}))
	s.wantOut(t, "an issuer that is not configured", other.Token(t, "ann", user{}))
	s.wantOut(t, "claims that a rule refuses", second.Token(t, "3", user{Claims: claims{"name": "eve", "banned": true}}))
	s.wantOut(t, "a user that a rule refuses", second.Token(t, "4", user{Claims: claims{"name": "robot-1"}}))
	s.wantOut(t, "no name", second.Token(t, "5", user{}))

	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	s.wantOut(t, "alg none", encode([]byte(`{"alg":"none","typ":"JWT"}`))+"."+parts[1]+".")
	confused := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + parts[1]
	mac := hmac.New(sha256.New, first.PublicKey(t))
	mac.Write([]byte(confused))
	s.wantOut(t, "a public key used as a secret", confused+"."+encode(mac.Sum(nil)))
	changed := strings.Replace(string(decode(t, parts[1])), `"ann"`, `"bob"`, 1)
	s.wantOut(t, "changed claims", parts[0]+"."+encode([]byte(changed))+"."+parts[2])
	done := first.Forge(t)
	s.wantOut(t, "a signature of another key", first.Token(t, "ann", user{}))
	done()
	s.wantIn(t, "the true key again", first.Token(t, "ann", user{}))
}

// TestReservedNames is the hard rule: no provider makes somebody what only
// Kubernetes and KubeNova make of callers.
func TestReservedNames(t *testing.T) {
	p := oidcprovider.Start(t)
	s := start(t, oidcprovider.File(p.Config(unprefixed)))
	s.wantIn(t, "a plain name", p.Token(t, "1", user{Claims: claims{"name": "ann", "groups": []string{"devs"}}}))
	for _, name := range []string{"system:admin", "system:serviceaccount:kube-system:default", "kubenova:user:ann", "system:"} {
		s.wantOut(t, "the user "+name, p.Token(t, "1", user{Claims: claims{"name": name}}))
	}
	for _, group := range []string{"system:masters", "system:authenticated", "kubenova:role:admin", "kubenova:group:devs"} {
		s.wantOut(t, "the group "+group, p.Token(t, "1", user{Claims: claims{"name": "ann", "groups": []string{"devs", group}}}))
	}
}

// TestMembership has users of a provider own a tenant, and take a token of their own.
func TestMembership(t *testing.T) {
	p := oidcprovider.Start(t)
	s := start(t, oidcprovider.File(p.Config(mapped)))
	api := s.Client.KubenovaV1alpha1()
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: membershiptest.Cluster}}
	if _, err := api.Clusters().Create(t.Context(), cluster, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, owner := range map[string]string{"ours": "oidc:ann", "theirs": "group:oidc:devs", "others": "ann"} {
		if err := membershiptest.Own(t.Context(), api, name, owner); err != nil {
			t.Fatal(err)
		}
	}
	ann := p.Token(t, "ann", user{Claims: claims{"groups": []string{"devs"}}})
	who := s.wantIn(t, "ann", ann)
	if len(who.Tenants) != 2 || who.Tenants[0].Name != "ours" || who.Tenants[1].Name != "theirs" {
		t.Errorf("ann owns %+v", who.Tenants)
	}
	if got := s.native(t, ann).body; !strings.Contains(got, `"name":"ours"`) || !strings.Contains(got, `"name":"theirs"`) || strings.Contains(got, `"name":"others"`) {
		t.Errorf("ann sees natively %s", got)
	}
	projects := s.URL + "/api/v1/clusters/" + membershiptest.Cluster + "/tenants/"
	if got := s.do(t, http.MethodPost, projects+"ours/projects", ann, `{"name":"p"}`); got.status != http.StatusOK {
		t.Errorf("ann makes a project: %d %s", got.status, got.body)
	}
	if got := s.do(t, http.MethodPost, projects+"others/projects", ann, `{"name":"p"}`); got.status != http.StatusNotFound {
		t.Errorf("ann makes a project of others: %d %s", got.status, got.body)
	}
	if got := s.do(t, http.MethodPost, s.URL+"/api/v1/tokens", ann, `{"subject":"oidc:ann","roles":["admin"]}`); got.status != http.StatusForbidden {
		t.Errorf("ann makes herself an administrator: %d %s", got.status, got.body)
	}
}

func decode(t *testing.T, part string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
