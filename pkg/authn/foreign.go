package authn

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/websocket"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/authz"
)

// WithoutRoles wraps an authenticator of identities that are not KubeNova's own:
// what looks like a KubeNova role is taken off them, whoever put it there.
func WithoutRoles(delegate authenticator.Request) authenticator.Request {
	return authenticator.RequestFunc(func(req *http.Request) (*authenticator.Response, bool, error) {
		response, ok, err := delegate.AuthenticateRequest(req)
		if !ok || err != nil || !claimsRoles(response.User) {
			return response, ok, err
		}
		stripped := *response
		stripped.User = withoutRoles(response.User)
		return &stripped, true, nil
	})
}

func claimsRoles(u user.Info) bool {
	if _, ok := u.GetExtra()[authz.ExtraRoles]; ok {
		return true
	}
	for _, group := range u.GetGroups() {
		if strings.HasPrefix(group, authz.GroupPrefix) {
			return true
		}
	}
	return false
}

func withoutRoles(u user.Info) user.Info {
	stripped := &user.DefaultInfo{Name: u.GetName(), UID: u.GetUID(), Extra: map[string][]string{}}
	for _, group := range u.GetGroups() {
		if !strings.HasPrefix(group, authz.GroupPrefix) {
			stripped.Groups = append(stripped.Groups, group)
		}
	}
	for key, values := range u.GetExtra() {
		if key != authz.ExtraRoles {
			stripped.Extra[key] = values
		}
	}
	return stripped
}

var errOwnToken = errors.New("the token is not accepted here")

// WithoutOwnTokens wraps an authenticator of identities that are not KubeNova's
// own. A KubeNova token that nobody before it accepted, such as an expired one or
// one of another KubeNova, is an error and never shown to it: it may be a host
// cluster, which would learn a credential of somebody else. So is a token of an
// issuer that KubeNova checks itself, as issued says: what was refused stays so.
func WithoutOwnTokens(delegate authenticator.Request, issued func(raw string) bool) authenticator.Request {
	refuse := authenticator.TokenFunc(func(_ context.Context, raw string) (*authenticator.Response, bool, error) {
		if _, own := parseOwn(raw); own || issued(raw) {
			return nil, false, errOwnToken
		}
		return nil, false, nil
	})
	carriers := union.New(bearertoken.New(refuse), websocket.NewProtocolAuthenticator(refuse))
	return authenticator.RequestFunc(func(req *http.Request) (*authenticator.Response, bool, error) {
		if _, _, err := carriers.AuthenticateRequest(req); errors.Is(err, errOwnToken) {
			return nil, false, errOwnToken
		}
		return delegate.AuthenticateRequest(req)
	})
}
