package cluster

import (
	"errors"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/transport"
)

// Prefixes of the names that a caller has on a cluster. A name of the host means
// nothing there: with its prefix, no name can be one that the cluster, Capsule,
// KubeVela or KubeNova itself gives a meaning to, and system:masters is a group like
// any other.
const (
	proxyUserPrefix  = "kubenova:user:"
	proxyGroupPrefix = "kubenova:group:"
	proxyExtraPrefix = "caller.kubenova.io/"
)

var errNoName = errors.New("an anonymous caller has no name on a cluster")

// onTarget returns as whom the cluster sees a caller.
func onTarget(caller user.Info) (transport.ImpersonationConfig, error) {
	if caller.GetName() == "" || caller.GetName() == user.Anonymous {
		return transport.ImpersonationConfig{}, errNoName
	}
	out := transport.ImpersonationConfig{UserName: proxyUserPrefix + caller.GetName()}
	for _, group := range caller.GetGroups() {
		if group != "" && group != user.AllUnauthenticated {
			out.Groups = append(out.Groups, proxyGroupPrefix+group)
		}
	}
	for key, values := range caller.GetExtra() {
		if out.Extra == nil {
			out.Extra = map[string][]string{}
		}
		name := proxyExtraPrefix + strings.ToLower(strings.ReplaceAll(key, "/", "."))
		out.Extra[name] = append(out.Extra[name], values...)
	}
	return out, nil
}
