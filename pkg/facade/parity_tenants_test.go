package facade_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	typed "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// homeOf is the cluster of a tenant, which has no other tenant.
func homeOf(tenant string) string { return "home-of-" + tenant }

// drawTenantPart draws a change of what administrators set of a tenant.
func drawTenantPart(r *rapid.T, kind, base, tenant string) operation {
	switch kind {
	case "network policies":
		cidr := rapid.SampledFrom([]string{"192.0.2.0/24", "192.0.2.1/24", "x"}).Draw(r, "cidr")
		from := rapid.SampledFrom([]string{"ingress", "A B"}).Draw(r, "namespace")
		body := fmt.Sprintf(`{"defaultDeny":true,"allowToCIDRs":[%q],"allowFromNamespaces":[%q]}`, cidr, from)
		return changeTenant(base+"/network-policies", tenant, "networkPolicies", body, func(t *v1alpha1.Tenant) {
			t.Spec.NetworkPolicies = &v1alpha1.TenantNetworkPolicies{DefaultDeny: true, AllowToCIDRs: []string{cidr}, AllowFromNamespaces: []string{from}}
		})
	case "tenant":
		return changeSwitches(r, base, tenant)
	case "owners":
		owners := rapid.SampledFrom([][]string{{"alice"}, {"alice", "carol"}, {"mallory"}, {}, {""}, {"alice", "alice"}, {"system:admin"}, {"system:serviceaccount:x"}}).Draw(r, "owners")
		body, err := json.Marshal(map[string]any{"owners": owners})
		if err != nil {
			r.Fatal(err)
		}
		return changeTenant(base+"/owners", tenant, "", string(body), func(t *v1alpha1.Tenant) {
			t.Spec.Owners = nil
			for _, owner := range owners {
				t.Spec.Owners = append(t.Spec.Owners, v1alpha1.Subject{Kind: kindOf(owner), Name: owner})
			}
		})
	}
	name := rapid.SampledFrom([]string{"gold", "baseline", "retired", "none", "", "Not A Name"}).Draw(r, "plan")
	return givePlan(base, tenant, name)
}

// changeSwitches cordons a tenant and protects it, or the reverse.
func changeSwitches(r *rapid.T, base, tenant string) operation {
	cordoned, kept, label := rapid.Bool().Draw(r, "cordoned"), rapid.Bool().Draw(r, "kept"), rapid.SampledFrom([]string{"gold", "not a label"}).Draw(r, "label")
	body := fmt.Sprintf(`{"cordoned":%v,"preventDeletion":%v,"labels":{"tier":%q}}`, cordoned, kept, label)
	return changeTenant(base, tenant, "", body, func(t *v1alpha1.Tenant) {
		t.Spec.Cordoned, t.Spec.PreventDeletion = cordoned, kept
		t.Labels["tier"] = label
	})
}

// drawCluster draws what is said of the home of a tenant.
func drawCluster(r *rapid.T, tenant string) operation {
	url := rapid.SampledFrom([]string{"https://proxy.example.com", "http://proxy", ""}).Draw(r, "url")
	ca := rapid.SampledFrom([]string{"", "x"}).Draw(r, "ca")
	home := homeOf(tenant)
	return write("PUT", "/clusters/"+home, fmt.Sprintf(`{"labels":{"env":"dev"},"proxyURL":%q,"proxyCA":%q}`, url, ca),
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.Cluster, error) {
			return api.Clusters().Get(ctx, home, metav1.GetOptions{})
		},
		func(c *v1alpha1.Cluster) {
			c.Labels, c.Spec.ProxyURL, c.Spec.ProxyCA = map[string]string{"env": "dev"}, url, ca
		},
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface, c *v1alpha1.Cluster, options metav1.UpdateOptions) (*v1alpha1.Cluster, error) {
			return api.Clusters().Update(ctx, c, options)
		})
}

// kindOf tells users from service accounts.
func kindOf(subject string) v1alpha1.SubjectKind {
	if subject == "system:serviceaccount:x" {
		return v1alpha1.SubjectServiceAccount
	}
	return v1alpha1.SubjectUser
}

// givePlan gives a tenant a plan. Natively one takes away oneself what the tenant
// has of the plan's quotas.
func givePlan(base, tenant, name string) operation {
	o := operation{method: "PUT", path: base + "/plan", body: fmt.Sprintf(`{"name":%q}`, name), part: "plan"}
	o.native = func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
		found, err := api.Tenants().Get(ctx, tenant, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if plan, err := api.Plans().Get(ctx, name, metav1.GetOptions{}); name != "" && err == nil {
			found.Spec.Quotas = maps.Clone(found.Spec.Quotas)
			for planned := range plan.Spec.Quotas {
				delete(found.Spec.Quotas, planned)
			}
		}
		found.Spec.Plan = name
		_, err = api.Tenants().Update(ctx, found, metav1.UpdateOptions{DryRun: dry})
		return err
	}
	return o
}

// drawAccess draws the members of the project web.
func drawAccess(r *rapid.T, base, tenant string) operation {
	type member struct {
		Subject string              `json:"subject"`
		Role    v1alpha1.MemberRole `json:"role"`
	}
	bob, rita := member{"bob", "projectDev"}, member{"rita", "readOnly"}
	members := rapid.SampledFrom([][]member{
		{bob, rita}, {bob}, {rita, {"carol", "tenantOwner"}}, {{"bob", "readOnly"}, {"rita", "projectDev"}}, {},
		{{"bob", "boss"}}, {{"", "readOnly"}}, {bob, bob}, {{"system:admin", "readOnly"}}, {{"bob", ""}},
	}).Draw(r, "members")
	body, err := json.Marshal(map[string]any{"members": members})
	if err != nil {
		r.Fatal(err)
	}
	return changeProject(base+"/projects/web/access", tenant, "web", string(body), func(p *v1alpha1.Project) {
		p.Spec.Access = nil
		for _, m := range members {
			p.Spec.Access = append(p.Spec.Access, v1alpha1.ProjectMember{Kind: v1alpha1.SubjectUser, Name: m.Subject, Role: m.Role})
		}
	})
}

// drawDeletion draws what goes, and what becomes of what is in it.
func drawDeletion(r *rapid.T, kind, base, tenant string) operation {
	cascade := rapid.SampledFrom([]string{"", "", "delete", "orphan"}).Draw(r, "cascade")
	options := func(dry []string) metav1.DeleteOptions {
		out := metav1.DeleteOptions{DryRun: dry}
		switch cascade {
		case "delete":
			out.PropagationPolicy = new(metav1.DeletePropagationForeground)
		case "orphan":
			out.PropagationPolicy = new(metav1.DeletePropagationOrphan)
		}
		return out
	}
	o := operation{method: "DELETE"}
	if cascade != "" {
		o.query = "cascade=" + cascade
	}
	switch kind {
	case "delete app":
		name := rapid.SampledFrom([]string{"hello", "more", "none"}).Draw(r, "app")
		o.path, o.query = base+"/projects/web/apps/"+name, ""
		o.native = func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
			return api.Apps("kn-"+tenant+"--web").Delete(ctx, name, metav1.DeleteOptions{DryRun: dry})
		}
	case "delete project":
		name := rapid.SampledFrom([]string{"web", "api", "none"}).Draw(r, "project")
		o.path = base + "/projects/" + name
		o.native = func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
			return api.Projects("kn-"+tenant).Delete(ctx, name, options(dry))
		}
	case "delete tenant":
		o.path = base
		o.native = func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
			return api.Tenants().Delete(ctx, tenant, options(dry))
		}
	case "delete cluster":
		o.path = "/clusters/" + homeOf(tenant)
		o.native = func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
			return api.Clusters().Delete(ctx, homeOf(tenant), options(dry))
		}
	}
	return o
}
