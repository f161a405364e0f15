package facade_test

import (
	"context"
	"encoding/json"
	"fmt"

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
	native             func(context.Context, typed.KubenovaV1alpha1Interface) error
	// again says that REST takes an equal object for the one that is there.
	again bool
}

// write returns an operation whose native form is a read, a change and a write.
func write[T any](method, path, body string, get func(context.Context, typed.KubenovaV1alpha1Interface) (T, error),
	change func(T), put func(context.Context, typed.KubenovaV1alpha1Interface, T) (T, error),
) operation {
	return operation{method: method, path: path, body: body, native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface) error {
		object, err := get(ctx, api)
		if err != nil {
			return err
		}
		change(object)
		_, err = put(ctx, api, object)
		return err
	}}
}

func drawOperation(r *rapid.T, tenant string) operation {
	base := "/clusters/dev/tenants/" + tenant
	one := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(r, label) }
	switch one("operation", "quotas", "limits", "label project", "create project", "create app", "traits", "policies", "deploy", "suspend", "resume", "rollback", "image", "create policy set", "put policy set", "delete policy set", "describe app") {
	case "quotas":
		value := one("cpu", "1", "500m", "0", "-1", "100000")
		return changeTenant("PUT", base, tenant, "quotas", value, func(t *v1alpha1.Tenant, a v1alpha1.ResourceAmounts) { t.Spec.Quotas = a })
	case "limits":
		value := one("cpu", "1", "500m", "0", "-1")
		return changeTenant("PUT", base, tenant, "limits", value, func(t *v1alpha1.Tenant, a v1alpha1.ResourceAmounts) { t.Spec.Limits = a })
	case "label project":
		return labelProject(base, tenant, one("project", "web", "none"), one("label", "gold", "not a label"))
	case "create project":
		name := one("name", "web", "api", "a--b", "UPPER", "kube-system")
		return operation{method: "POST", path: base + "/projects", body: fmt.Sprintf(`{"name":%q}`, name), native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface) error {
			_, err := api.Projects("kn-"+tenant).Create(ctx, &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
			return err
		}}
	case "create app":
		return createApp(base, tenant, one("name", "hello", "more", "a_b"), one("type", "webservice", ""))
	case "traits":
		kind, component := one("type", "scaler", "gateway", ""), one("component", "", "web", "none")
		return changeApp(base+"/projects/web/apps/hello/traits", tenant, fmt.Sprintf(`[{"type":%q,"component":%q}]`, kind, component), func(a *v1alpha1.App) {
			a.Spec.Traits = []v1alpha1.AppTrait{{Component: component, Trait: v1alpha1.Trait{Type: kind}}}
		})
	case "policies":
		kind, name := one("type", "rollout", "health", ""), one("name", "", "p", "A B")
		return changeApp(base+"/projects/web/apps/hello/policies", tenant, fmt.Sprintf(`[{"type":%q,"name":%q}]`, kind, name), func(a *v1alpha1.App) {
			a.Spec.Policies = []v1alpha1.Policy{{Type: kind, Name: name}}
		})
	case "describe app":
		text := one("description", "", "x", "says hello")
		return changeApp(base+"/projects/web/apps/hello", tenant, fmt.Sprintf(`{"description":%q}`, text), func(a *v1alpha1.App) {
			a.Spec.Description = text // the rest is left out, and so emptied
			a.Spec.Components, a.Spec.Images, a.Spec.Traits, a.Spec.Policies = nil, nil, nil, nil
		})
	case "create policy set", "put policy set", "delete policy set":
		return drawPolicySet(r, base, tenant)
	}
	return drawAction(r, base, tenant)
}

func changeTenant(method, base, tenant, part, value string, set func(*v1alpha1.Tenant, v1alpha1.ResourceAmounts)) operation {
	return write(method, base+"/"+part, fmt.Sprintf(`{"cpu":%q}`, value),
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.Tenant, error) {
			return api.Tenants().Get(ctx, tenant, metav1.GetOptions{})
		},
		func(t *v1alpha1.Tenant) { set(t, v1alpha1.ResourceAmounts{"cpu": resource.MustParse(value)}) },
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface, t *v1alpha1.Tenant) (*v1alpha1.Tenant, error) {
			return api.Tenants().Update(ctx, t, metav1.UpdateOptions{})
		})
}

func labelProject(base, tenant, name, value string) operation {
	return write("PUT", base+"/projects/"+name, fmt.Sprintf(`{"labels":{"tier":%q}}`, value),
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.Project, error) {
			return api.Projects("kn-"+tenant).Get(ctx, name, metav1.GetOptions{})
		},
		func(p *v1alpha1.Project) { p.Labels = map[string]string{"tier": value} },
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface, p *v1alpha1.Project) (*v1alpha1.Project, error) {
			return api.Projects(p.Namespace).Update(ctx, p, metav1.UpdateOptions{})
		})
}

func createApp(base, tenant, name, kind string) operation {
	return operation{
		method: "POST", path: base + "/projects/web/apps", body: fmt.Sprintf(`{"name":%q,"components":[{"name":"web","type":%q,"properties":{"image":"nginx"}}]}`, name, kind),
		native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface) error {
			_, err := api.Apps("kn-"+tenant+"--web").Create(ctx, &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.AppSpec{
				Components: []v1alpha1.Component{{Name: "web", Type: kind, Properties: &runtime.RawExtension{Raw: json.RawMessage(`{"image":"nginx"}`)}}},
			}}, metav1.CreateOptions{})
			return err
		},
	}
}

func changeApp(path, tenant, body string, change func(*v1alpha1.App)) operation {
	return write("PUT", path, body,
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.App, error) {
			return api.Apps("kn-"+tenant+"--web").Get(ctx, "hello", metav1.GetOptions{})
		}, change,
		func(ctx context.Context, api typed.KubenovaV1alpha1Interface, a *v1alpha1.App) (*v1alpha1.App, error) {
			return api.Apps(a.Namespace).Update(ctx, a, metav1.UpdateOptions{})
		})
}

func drawPolicySet(r *rapid.T, base, tenant string) operation {
	name := rapid.SampledFrom([]string{"base", "gold", "A"}).Draw(r, "set")
	kind := rapid.SampledFrom([]string{"vela.trait", "vela.policy", "vela.step"}).Draw(r, "kind")
	body := fmt.Sprintf(`{"name":%q,"rules":[{"kind":%q,"spec":{"type":"scaler"}}]}`, name, kind)
	rules := []v1alpha1.PolicyRule{{Kind: v1alpha1.PolicyRuleKind(kind), Spec: v1alpha1.PolicyRuleSpec{Type: "scaler"}}}
	sets, path := "kn-"+tenant, base+"/policysets"
	switch rapid.IntRange(0, 2).Draw(r, "what") {
	case 0:
		return operation{method: "POST", path: path, body: body, again: true, native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface) error {
			_, err := api.PolicySets(sets).Create(ctx, &v1alpha1.PolicySet{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.PolicySetSpec{Rules: rules}}, metav1.CreateOptions{})
			return err
		}}
	case 1:
		return write("PUT", path+"/"+name, body,
			func(ctx context.Context, api typed.KubenovaV1alpha1Interface) (*v1alpha1.PolicySet, error) {
				return api.PolicySets(sets).Get(ctx, name, metav1.GetOptions{})
			},
			func(s *v1alpha1.PolicySet) { s.Spec = v1alpha1.PolicySetSpec{Rules: rules} },
			func(ctx context.Context, api typed.KubenovaV1alpha1Interface, s *v1alpha1.PolicySet) (*v1alpha1.PolicySet, error) {
				return api.PolicySets(sets).Update(ctx, s, metav1.UpdateOptions{})
			})
	}
	return operation{method: "DELETE", path: path + "/" + name, native: func(ctx context.Context, api typed.KubenovaV1alpha1Interface) error {
		return api.PolicySets(sets).Delete(ctx, name, metav1.DeleteOptions{})
	}}
}

// drawAction draws something to do to an app.
func drawAction(r *rapid.T, base, tenant string) operation {
	name := rapid.SampledFrom([]string{"hello", "hello", "hello", "none"}).Draw(r, "app")
	meta, path := metav1.ObjectMeta{Name: name}, base+"/projects/web/apps/"+name
	act := func(do func(context.Context, typed.AppInterface) error) func(context.Context, typed.KubenovaV1alpha1Interface) error {
		return func(ctx context.Context, api typed.KubenovaV1alpha1Interface) error {
			return do(ctx, api.Apps("kn-"+tenant+"--web"))
		}
	}
	revision := rapid.Int64Range(1, 4).Draw(r, "revision")
	image := rapid.SampledFrom([]string{"nginx", "Bad Image"}).Draw(r, "image")
	return rapid.SampledFrom([]operation{
		{method: "POST", path: path + ":deploy", native: act(func(ctx context.Context, apps typed.AppInterface) error {
			_, err := apps.Deploy(ctx, name, &v1alpha1.AppDeploy{ObjectMeta: meta}, metav1.CreateOptions{})
			return err
		})},
		{method: "POST", path: path + ":suspend", native: act(func(ctx context.Context, apps typed.AppInterface) error {
			_, err := apps.Suspend(ctx, name, &v1alpha1.AppSuspend{ObjectMeta: meta}, metav1.CreateOptions{})
			return err
		})},
		{method: "POST", path: path + ":resume", native: act(func(ctx context.Context, apps typed.AppInterface) error {
			_, err := apps.Resume(ctx, name, &v1alpha1.AppResume{ObjectMeta: meta}, metav1.CreateOptions{})
			return err
		})},
		{method: "POST", path: path + ":rollback", body: fmt.Sprintf(`{"toRevision":%d}`, revision), native: act(func(ctx context.Context, apps typed.AppInterface) error {
			_, err := apps.Rollback(ctx, name, &v1alpha1.AppRollback{ObjectMeta: meta, Spec: v1alpha1.AppRollbackSpec{ToRevision: revision}}, metav1.CreateOptions{})
			return err
		})},
		{method: "POST", path: path + "/image-update", body: fmt.Sprintf(`{"component":"web","image":%q,"tag":"1.2"}`, image), native: act(func(ctx context.Context, apps typed.AppInterface) error {
			_, err := apps.UpdateImage(ctx, name, &v1alpha1.AppImage{ObjectMeta: meta, Spec: v1alpha1.AppImageSpec{Component: "web", Image: image, Tag: "1.2"}}, metav1.CreateOptions{})
			return err
		})},
	}).Draw(r, "action")
}
