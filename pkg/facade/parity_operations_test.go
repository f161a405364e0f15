package facade_test

import (
	"context"
	"encoding/json"
	"fmt"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	typed "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// operation is one thing, done through either door.
type operation struct {
	method, path, body string
	// query is what the path has besides.
	query string
	// native does it natively; as a dry run where dry says so.
	native func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error
	// same says whether what is there already is what the operation would make, which
	// REST takes for made; nil where that is no answer.
	same func(context.Context, typed.KubenovaV1alpha1Interface) bool
	// part is what of the object the body holds; empty for the whole.
	part string
}

// native is what operations have in common.
type native = func(context.Context, typed.KubenovaV1alpha1Interface, []string) error

// write returns an operation whose native form is a read, a change and a write.
func write[T any](method, path, body string, get func(context.Context, typed.KubenovaV1alpha1Interface) (T, error),
	change func(T), put func(context.Context, typed.KubenovaV1alpha1Interface, T, metav1.UpdateOptions) (T, error),
) operation {
	return operation{method: method, path: path, body: body, native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
		object, err := get(ctx, api)
		if err != nil {
			return err
		}
		change(object)
		_, err = put(ctx, api, object, metav1.UpdateOptions{DryRun: dry})
		return err
	}}
}

// kindsOfOperation are those that are drawn from; what is often, several times.
func kindsOfOperation() []string {
	return []string{
		"quotas", "limits", "network policies", "owners", "plan", "tenant", "cluster", "create tenant", "token", "kubeconfig", "kubeconfig", "access", "access", "label project", "create project", "create app", "traits", "policies",
		"action", "action", "action", "policy set", "policy set", "describe app", "delete app", "delete project", "delete tenant", "delete cluster",
	}
}

func drawOperation(r *rapid.T, tenant string) operation {
	base := "/clusters/" + homeOf(tenant) + "/tenants/" + tenant
	one := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(r, label) }
	switch kind := rapid.SampledFrom(kindsOfOperation()).Draw(r, "operation"); kind {
	case "quotas":
		return changeAmount(base, tenant, kind, one("cpu", "1", "500m", "0", "-1", "100000"))
	case "limits":
		return changeAmount(base, tenant, kind, one("cpu", "1", "500m", "0", "-1"))
	case "network policies", "owners", "plan", "tenant":
		return drawTenantPart(r, kind, base, tenant)
	case "cluster":
		return drawCluster(r, tenant)
	case "create tenant":
		return drawTenant(r, tenant)
	case "token":
		return drawToken(r)
	case "kubeconfig":
		return drawKubeconfig(r, tenant)
	case "access":
		return drawAccess(r, base, tenant)
	case "delete app", "delete project", "delete tenant", "delete cluster":
		return drawDeletion(r, kind, base, tenant)
	case "label project":
		return labelProject(base, tenant, one("project", "web", "none"), one("label", "gold", "not a label"))
	case "create project":
		name := one("name", "web", "api", "a--b", "UPPER", "kube-system")
		return operation{method: "POST", path: base + "/projects", body: fmt.Sprintf(`{"name":%q}`, name), native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
			_, err := api.Projects("kn-"+tenant).Create(ctx, &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{DryRun: dry})
			return err
		}}
	case "create app":
		return createApp(base, tenant, one("name", "hello", "more", "a_b"), one("type", "webservice", ""))
	case "traits":
		kind, component := one("type", "scaler", "gateway", ""), one("component", "", "web", "none")
		return changeApp(base+"/projects/web/apps/hello/traits", tenant, "traits", fmt.Sprintf(`[{"type":%q,"component":%q}]`, kind, component), func(a *v1alpha1.App) {
			a.Spec.Traits = []v1alpha1.AppTrait{{Component: component, Trait: v1alpha1.Trait{Type: kind}}}
		})
	case "policies":
		kind, name := one("type", "rollout", "health", ""), one("name", "", "p", "A B")
		return changeApp(base+"/projects/web/apps/hello/policies", tenant, "policies", fmt.Sprintf(`[{"type":%q,"name":%q}]`, kind, name), func(a *v1alpha1.App) {
			a.Spec.Policies = []v1alpha1.Policy{{Type: kind, Name: name}}
		})
	case "describe app":
		return describeApp(base, tenant, one("description", "", "x", "says hello"), one("label", "gold", "not a label"), rapid.Int32Range(0, 2).Draw(r, "kept"))
	case "policy set":
		return drawPolicySet(r, base, tenant)
	}
	return drawAction(r, base, tenant)
}

// changeAmount replaces one of a tenant's maps of amounts.
func changeAmount(base, tenant, part, value string) operation {
	amounts := v1alpha1.ResourceAmounts{"cpu": resource.MustParse(value)}
	return changeTenant(base+"/"+part, tenant, part, fmt.Sprintf(`{"cpu":%q}`, value), func(t *v1alpha1.Tenant) {
		if part == "quotas" {
			t.Spec.Quotas = amounts
			return
		}
		t.Spec.Limits = amounts
	})
}

// changeTenant replaces a part of a tenant.
func changeTenant(path, tenant, part, body string, set func(*v1alpha1.Tenant)) operation {
	o := write("PUT", path, body,
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.Tenant, error) {
			return api.Tenants().Get(ctx, tenant, metav1.GetOptions{})
		}, set,
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface, t *v1alpha1.Tenant, options metav1.UpdateOptions) (*v1alpha1.Tenant, error) {
			return api.Tenants().Update(ctx, t, options)
		})
	o.part = part
	return o
}

func labelProject(base, tenant, name, value string) operation {
	return changeProject(base+"/projects/"+name, tenant, name, fmt.Sprintf(`{"labels":{"tier":%q}}`, value), func(p *v1alpha1.Project) {
		if p.Labels == nil {
			p.Labels = map[string]string{}
		}
		p.Labels["tier"] = value // REST keeps the labels that KubeNova sets
	})
}

func changeProject(path, tenant, name, body string, change func(*v1alpha1.Project)) operation {
	return write("PUT", path, body,
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.Project, error) {
			return api.Projects("kn-"+tenant).Get(ctx, name, metav1.GetOptions{})
		}, change,
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface, p *v1alpha1.Project, options metav1.UpdateOptions) (*v1alpha1.Project, error) {
			return api.Projects(p.Namespace).Update(ctx, p, options)
		})
}

func createApp(base, tenant, name, kind string) operation {
	return operation{
		method: "POST", path: base + "/projects/web/apps", body: fmt.Sprintf(`{"name":%q,"components":[{"name":"web","type":%q,"properties":{"image":"nginx"}}]}`, name, kind),
		native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
			_, err := api.Apps("kn-"+tenant+"--web").Create(ctx, &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.AppSpec{
				Components: []v1alpha1.Component{{Name: "web", Type: kind, Properties: &runtime.RawExtension{Raw: json.RawMessage(`{"image":"nginx"}`)}}},
			}}, metav1.CreateOptions{DryRun: dry})
			return err
		},
	}
}

// describeApp replaces an app. What is left out is emptied.
func describeApp(base, tenant, text, label string, kept int32) operation {
	body := fmt.Sprintf(`{"description":%q,"labels":{"tier":%q},"annotations":{"a":"b"},"revisionHistoryLimit":%d}`, text, label, kept)
	return changeApp(base+"/projects/web/apps/hello", tenant, "", body, func(a *v1alpha1.App) {
		a.Labels["tier"], a.Annotations = label, map[string]string{"a": "b"}
		a.Spec.Description, a.Spec.RevisionHistoryLimit = text, &kept
		a.Spec.Components, a.Spec.Images, a.Spec.Traits, a.Spec.Policies = nil, nil, nil, nil
	})
}

func changeApp(path, tenant, part, body string, change func(*v1alpha1.App)) operation {
	o := write("PUT", path, body,
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.App, error) {
			return api.Apps("kn-"+tenant+"--web").Get(ctx, "hello", metav1.GetOptions{})
		}, change,
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface, a *v1alpha1.App, options metav1.UpdateOptions) (*v1alpha1.App, error) {
			return api.Apps(a.Namespace).Update(ctx, a, options)
		})
	o.part = part
	return o
}

func drawPolicySet(r *rapid.T, base, tenant string) operation {
	name := rapid.SampledFrom([]string{"base", "gold", "A"}).Draw(r, "set")
	kind := rapid.SampledFrom([]string{"vela.trait", "vela.policy", "vela.step"}).Draw(r, "kind")
	body := fmt.Sprintf(`{"name":%q,"rules":[{"kind":%q,"spec":{"type":"scaler"}}]}`, name, kind)
	rules := []v1alpha1.PolicyRule{{Kind: v1alpha1.PolicyRuleKind(kind), Spec: v1alpha1.PolicyRuleSpec{Type: "scaler"}}}
	sets, path := "kn-"+tenant, base+"/policysets"
	switch rapid.IntRange(0, 2).Draw(r, "what") {
	case 0:
		same := func(ctx context.Context, api typed.KubenovaV1alpha1Interface) bool {
			stored, err := api.PolicySets(sets).Get(ctx, name, metav1.GetOptions{})
			return err == nil && apiequality.Semantic.DeepEqual(stored.Spec, v1alpha1.PolicySetSpec{Rules: rules})
		}
		return operation{method: "POST", path: path, body: body, same: same, native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
			_, err := api.PolicySets(sets).Create(ctx, &v1alpha1.PolicySet{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.PolicySetSpec{Rules: rules}}, metav1.CreateOptions{DryRun: dry})
			return err
		}}
	case 1:
		return write("PUT", path+"/"+name, body,
			func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.PolicySet, error) {
				return api.PolicySets(sets).Get(ctx, name, metav1.GetOptions{})
			},
			func(s *v1alpha1.PolicySet) { s.Spec = v1alpha1.PolicySetSpec{Rules: rules} },
			func(ctx context.Context, api typed.KubenovaV1alpha1Interface, s *v1alpha1.PolicySet, options metav1.UpdateOptions) (*v1alpha1.PolicySet, error) {
				return api.PolicySets(sets).Update(ctx, s, options)
			})
	}
	return operation{method: "DELETE", path: path + "/" + name, native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
		return api.PolicySets(sets).Delete(ctx, name, metav1.DeleteOptions{DryRun: dry})
	}}
}

// drawAction draws something to do to an app.
func drawAction(r *rapid.T, base, tenant string) operation {
	name := rapid.SampledFrom([]string{"hello", "hello", "hello", "none"}).Draw(r, "app")
	meta, path := metav1.ObjectMeta{Name: name}, base+"/projects/web/apps/"+name
	act := func(do func(context.Context, typed.AppInterface, []string) error) native {
		return func(ctx context.Context, api typed.KubenovaV1alpha1Interface, dry []string) error {
			return do(ctx, api.Apps("kn-"+tenant+"--web"), dry)
		}
	}
	revision := rapid.Int64Range(1, 4).Draw(r, "revision")
	image := rapid.SampledFrom([]string{"nginx", "Bad Image"}).Draw(r, "image")
	return rapid.SampledFrom([]operation{
		{method: "POST", path: path + ":deploy", native: act(func(ctx context.Context, apps typed.AppInterface, dry []string) error {
			_, err := apps.Deploy(ctx, name, &v1alpha1.AppDeploy{ObjectMeta: meta}, metav1.CreateOptions{DryRun: dry})
			return err
		})},
		{method: "POST", path: path + ":suspend", native: act(func(ctx context.Context, apps typed.AppInterface, dry []string) error {
			_, err := apps.Suspend(ctx, name, &v1alpha1.AppSuspend{ObjectMeta: meta}, metav1.CreateOptions{DryRun: dry})
			return err
		})},
		{method: "POST", path: path + ":resume", native: act(func(ctx context.Context, apps typed.AppInterface, dry []string) error {
			_, err := apps.Resume(ctx, name, &v1alpha1.AppResume{ObjectMeta: meta}, metav1.CreateOptions{DryRun: dry})
			return err
		})},
		{method: "POST", path: path + ":rollback", body: fmt.Sprintf(`{"toRevision":%d}`, revision), native: act(func(ctx context.Context, apps typed.AppInterface, dry []string) error {
			_, err := apps.Rollback(ctx, name, &v1alpha1.AppRollback{ObjectMeta: meta, Spec: v1alpha1.AppRollbackSpec{ToRevision: revision}}, metav1.CreateOptions{DryRun: dry})
			return err
		})},
		{method: "POST", path: path + "/workflow/run", native: act(func(ctx context.Context, apps typed.AppInterface, dry []string) error {
			_, err := apps.RunWorkflow(ctx, name, &v1alpha1.AppWorkflow{ObjectMeta: meta}, metav1.CreateOptions{DryRun: dry})
			return err
		})},
		{method: "POST", path: path + "/image-update", body: fmt.Sprintf(`{"component":"web","image":%q,"tag":"1.2"}`, image), native: act(func(ctx context.Context, apps typed.AppInterface, dry []string) error {
			_, err := apps.UpdateImage(ctx, name, &v1alpha1.AppImage{ObjectMeta: meta, Spec: v1alpha1.AppImageSpec{Component: "web", Image: image, Tag: "1.2"}}, metav1.CreateOptions{DryRun: dry})
			return err
		})},
	}).Draw(r, "action")
}
