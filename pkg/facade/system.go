package facade

import (
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

func getFeatures(c *call) (reply, error) {
	clusters, err := c.clusters().all(c.ctx(), metav1.ListOptions{})
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
	tenants, err := c.tenants().all(c.ctx(), metav1.ListOptions{})
	if err != nil && !apierrors.IsForbidden(err) { // who may list none is in none that it may see
		return reply{}, fmt.Errorf("listing the tenants of user %q: %w", c.caller.GetName(), err)
	}
	return reply{body: me{
		Subject: c.caller.GetName(),
		Roles:   append([]authz.Role{}, authz.RolesOf(c.caller)...),
		Groups:  append([]string{}, c.caller.GetGroups()...),
		Tenants: memberships(tenants, c.caller),
	}}, nil
}

// memberships returns the tenants whose owners name the caller.
func memberships(tenants []*v1alpha1.Tenant, caller user.Info) []membership {
	out := []membership{}
	for _, t := range tenants {
		owner := func(s v1alpha1.Subject) bool { return names(s, caller) }
		if slices.ContainsFunc(t.Spec.Owners, owner) {
			out = append(out, membership{Name: t.Name, Role: authz.RoleTenantOwner})
		}
	}
	return out
}
