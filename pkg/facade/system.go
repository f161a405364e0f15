package facade

import (
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
)

// health is the answer of a server that is well.
type health struct {
	Status string `json:"status"`
}

func getHealth(*call) (reply, error) { return reply{body: health{Status: "ok"}}, nil }

func getReadiness(c *call) (reply, error) {
	if err := c.config.Ready(c.request); err != nil {
		return reply{}, fmt.Errorf("%w: %w", unavailable("not ready", 0), err)
	}
	return reply{body: health{Status: "ok"}}, nil
}

// build is what runs.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
}

func getVersion(c *call) (reply, error) {
	info := c.config.Version
	return reply{body: build{Version: info.GitVersion, Commit: info.GitCommit, Date: info.BuildDate}}, nil
}

// platform is who looks at all clusters for those who may not: what they offer
// together is no secret.
func platform() user.Info {
	return &user.DefaultInfo{Name: "system:kubenova:features", Groups: []string{user.SystemPrivilegedGroup}}
}

func getFeatures(c *call) (reply, error) {
	client, err := c.config.ClientFor(platform())
	if err != nil {
		return reply{}, fmt.Errorf("making a client for the features: %w", err)
	}
	asPlatform := *c
	asPlatform.api = client.KubenovaV1alpha1()
	clusters, err := asPlatform.clusters().all(c.ctx(), metav1.ListOptions{})
	if err != nil {
		return reply{}, err
	}
	return reply{body: fromClusters(clusters)}, nil
}

// me is the caller as it is seen.
type me struct {
	Subject string       `json:"subject"`
	Roles   []authz.Role `json:"roles"`
	Groups  []string     `json:"groups"`
	Tenants []membership `json:"tenants"`
}

// membership is the role of the caller in a tenant.
type membership struct {
	Name string     `json:"name"`
	Role authz.Role `json:"role"`
}

func getMe(c *call) (reply, error) {
	tenants, err := c.config.Tenants(c.ctx(), c.caller)
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", unavailable("owners and members are not known at the moment, try again", 0), err)
	}
	return reply{body: me{
		Subject: c.caller.GetName(),
		Roles:   append([]authz.Role{}, authz.RolesOf(c.caller)...),
		Groups:  append([]string{}, c.caller.GetGroups()...),
		Tenants: memberships(tenants),
	}}, nil
}

// memberships lists tenants by name, each with the caller's role in it.
func memberships(tenants map[string]v1alpha1.MemberRole) []membership {
	out := make([]membership, 0, len(tenants))
	for _, name := range slices.Sorted(maps.Keys(tenants)) {
		out = append(out, membership{Name: name, Role: authz.Role(tenants[name])})
	}
	return out
}
