package facade_test

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	typed "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// drawTenant draws a tenant to make on the home of another.
func drawTenant(r *rapid.T, tenant string) operation {
	name := rapid.SampledFrom([]string{tenant, tenant + "x", "default", "A", "a--b"}).Draw(r, "name")
	plan := rapid.SampledFrom([]string{"", "gold", "none"}).Draw(r, "plan")
	owner := rapid.SampledFrom([]string{"alice", "system:admin", ""}).Draw(r, "owner")
	cordoned := rapid.Bool().Draw(r, "cordoned")
	body := fmt.Sprintf(`{"name":%q,"plan":%q,"owners":[%q],"cordoned":%v}`, name, plan, owner, cordoned)
	return operation{method: "POST", path: "/clusters/" + homeOf(tenant) + "/tenants", body: body, native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
		_, err := api.Tenants().Create(ctx, &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.TenantSpec{
			ClusterRef: v1alpha1.LocalReference{Name: homeOf(tenant)}, Plan: plan, Cordoned: cordoned,
			Owners: []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: owner}},
		}}, metav1.CreateOptions{DryRun: dry})
		return err
	}}
}

// drawToken draws a token to issue.
func drawToken(r *rapid.T) operation {
	subject := rapid.SampledFrom([]string{"alice", "bob", "system:admin", ""}).Draw(r, "subject")
	roles := rapid.SampledFrom([][]string{{"readOnly"}, {"admin"}, {"tenantOwner", "readOnly"}, {"boss"}, {}}).Draw(r, "roles")
	seconds := rapid.SampledFrom([]int64{59, 600, 2592001}).Draw(r, "seconds")
	body, err := json.Marshal(map[string]any{"subject": subject, "roles": roles, "ttlSeconds": seconds})
	if err != nil {
		r.Fatal(err)
	}
	return operation{method: "POST", path: "/tokens", body: string(body), native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
		_, err := api.Tokens().Create(ctx, &v1alpha1.Token{Spec: v1alpha1.TokenSpec{Subject: subject, Roles: roles, TTLSeconds: &seconds}}, metav1.CreateOptions{DryRun: dry})
		return err
	}}
}

// drawKubeconfig draws a kubeconfig that is asked for as a dry run, since there is no
// cluster to issue it.
func drawKubeconfig(r *rapid.T, tenant string) operation {
	project := rapid.SampledFrom([]string{"", "web", "none", "A"}).Draw(r, "project")
	role := rapid.SampledFrom([]string{"", "readOnly", "projectDev", "tenantOwner", "boss"}).Draw(r, "role")
	seconds := rapid.SampledFrom([]int64{599, 600, 86401}).Draw(r, "seconds")
	body := fmt.Sprintf(`{"project":%q,"role":%q,"ttlSeconds":%d}`, project, role, seconds)
	return operation{method: "POST", path: "/tenants/" + tenant + "/kubeconfig", query: "dryRun=All", body: body, native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface, _ []string) error {
		_, err := api.Tenants().CreateKubeconfig(ctx, tenant, &v1alpha1.AccessKubeconfig{Spec: v1alpha1.AccessKubeconfigSpec{
			Project: project, Role: v1alpha1.MemberRole(role), TTLSeconds: &seconds,
		}}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}}
}
