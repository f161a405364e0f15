package attack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// developerAttacks are those of somebody who may change and deploy the apps of a
// project and wants out of it, by what KubeVela offers.
func developerAttacks() []Attack {
	attacks := make([]Attack, 0, 48)
	for _, e := range escapes() {
		attacks = append(attacks, Attack{
			Name: e.name, Try: func(ctx context.Context, f *Field) string { return f.deploy(ctx, e) },
			Expected: "422 at both doors that names " + e.path + "; no revision",
		})
	}
	// The steps of a workflow have no field at all.
	for _, step := range []string{"apply-object", "read-object", "vela-cli", "request", "webhook", "clean-jobs", "create-config", "read-config", "list-config", "delete-config"} {
		attacks = append(attacks, Attack{
			Name: "workflow step " + step, Try: func(ctx context.Context, f *Field) string { return f.workflow(ctx, step) },
			Expected: "422 that names workflow; the app has none",
		})
	}
	return append(attacks, developerOnCluster()...)
}

// escape is an app that would reach beyond its project, and the field that says so.
type escape struct{ name, components, traits, policies, path string }

// escapes has every way out of a tenant that KubeVela offers.
func escapes() []escape {
	typed := func(name, componentType, properties string) escape {
		return escape{name: name, components: `[{"name":"web","type":"` + componentType + `","properties":` + properties + `}]`, path: "components[0].type"}
	}
	property := func(name, componentType, properties, path string) escape {
		e := typed(name, componentType, properties)
		e.path = "components[0].properties." + path
		return e
	}
	trait := func(name, traitType, properties, path string) escape {
		e := typed(name, "webservice", `{"image":"nginx"}`)
		e.traits, e.path = `[{"type":"`+traitType+`","properties":`+properties+`}]`, "traits[0]."+path
		return e
	}
	policy := func(name, policyType, properties string) escape {
		e := typed(name, "webservice", `{"image":"nginx"}`)
		e.policies, e.path = `[{"name":"x","type":"`+policyType+`","properties":`+properties+`}]`, "policies[0].type"
		return e
	}
	return []escape{
		typed("any object", "k8s-objects", `{"objects":[{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"x"}}]}`),
		typed("any object, raw", "raw", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"x"}}`),
		typed("objects of others", "ref-objects", `{"objects":[{"resource":"secret","namespace":"kube-system","name":"x"}]}`),
		typed("a chart", "helm", `{"chart":"x"}`),
		property("host path", "webservice", `{"image":"nginx","volumeMounts":{"hostPath":[{"name":"x","mountPath":"/x","path":"/"}]}}`, "volumeMounts.hostPath"),
		property("host path of a daemon", "daemon", `{"image":"nginx","volumeMounts":{"hostPath":[{"name":"x","mountPath":"/x","path":"/"}]}}`, "volumeMounts.hostPath"),
		property("host path, older form", "worker", `{"image":"nginx","volumes":[{"name":"x","mountPath":"/x","type":"hostPath"}]}`, "volumes[0].type"),
		property("node port", "webservice", `{"image":"nginx","ports":[{"port":80,"nodePort":30000}]}`, "ports[0].nodePort"),
		property("a name outside", "webservice", `{"image":"nginx","exposeType":"ExternalName"}`, "exposeType"),
		property("a probe elsewhere", "webservice", `{"image":"nginx","livenessProbe":{"httpGet":{"path":"/","port":80,"host":"169.254.169.254"}}}`, "livenessProbe.httpGet.host"),
		property("another app's label", "webservice", `{"image":"nginx","labels":{"app.oam.dev/name":"other"}}`, "labels[app.oam.dev/name]"),
		property("another tenant's label", "webservice", `{"image":"nginx","labels":{"capsule.clastix.io/tenant":"other"}}`, "labels[capsule.clastix.io/tenant]"),
		trait("service account", "service-account", `{"name":"default","create":true,"privileges":[{"scope":"cluster","verbs":["*"]}]}`, "type"),
		trait("JSON patch", "json-patch", `{"operations":[{"op":"add","path":"/spec/template/spec/hostNetwork","value":true}]}`, "type"),
		trait("JSON merge patch", "json-merge-patch", `{"spec":{"template":{"spec":{"hostPID":true}}}}`, "type"),
		trait("security context", "securitycontext", `{"privileged":true}`, "type"),
		trait("storage", "storage", `{"hostPath":[{"name":"x","path":"/"}]}`, "type"),
		trait("suspension", "kubenova-suspend", `{}`, "type"),
		trait("another user", "annotations", `{"app.oam.dev/username":"admin"}`, "properties[app.oam.dev/username]"),
		trait("another group", "annotations", `{"app.oam.dev/group":"system:masters"}`, "properties[app.oam.dev/group]"),
		trait("another account", "annotations", `{"app.oam.dev/service-account-name":"kubevela-vela-core"}`, "properties[app.oam.dev/service-account-name]"),
		trait("another app's pods", "labels", `{"app.oam.dev/name":"other"}`, "properties[app.oam.dev/name]"),
		policy("another cluster", "topology", `{"clusters":["local"],"namespace":"kube-system"}`),
		policy("override", "override", `{"components":[{"name":"web","type":"k8s-objects"}]}`),
		policy("take over", "take-over", `{"rules":[]}`),
		policy("shared resource", "shared-resource", `{"rules":[]}`),
		policy("read only", "read-only", `{"rules":[]}`),
		policy("garbage collection", "garbage-collect", `{"keepLegacyResource":true}`),
	}
}

// deploy writes an app as its developer and deploys it through both doors.
func (f *Field) deploy(ctx context.Context, e escape) string {
	session, err := f.native(f.mine.devName)
	if err != nil {
		return "error: " + err.Error()
	}
	spec := fmt.Sprintf(`{"spec":{"components":%s,"traits":%s,"policies":%s}}`, or(e.components, "[]"), or(e.traits, "[]"), or(e.policies, "[]"))
	// In the first moments the host may not yet let a member through.
	if problem := until(ctx, 10*time.Second, func() string {
		if err := session.do(ctx, http.MethodPatch, f.mine.apps()+"/hello", spec).must(nil); err != nil {
			return err.Error()
		}
		return ""
	}); problem != "" {
		return "error: " + problem
	}
	rest := f.mine.dev.do(ctx, http.MethodPost, f.mine.path(f.Home)+"/projects/web/apps/hello:deploy", "")
	native := session.do(ctx, http.MethodPost, f.mine.apps()+"/hello/deploy", `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppDeploy"}`)
	if rest.code != native.code || rest.field() != e.path || native.field() != "spec."+e.path {
		return fmt.Sprintf("%s at the REST door that names %q, %s at the native one that names %q; %s", rest, rest.field(), native, native.field(), f.revisions(ctx))
	}
	return fmt.Sprintf("%s at both doors that names %s; %s", rest, e.path, f.revisions(ctx))
}

// revisions says whether the attacker's app has any.
func (f *Field) revisions(ctx context.Context) string {
	var list struct{ Items []object }
	if err := f.root.do(ctx, http.MethodGet, strings.TrimSuffix(f.mine.apps(), "apps")+"apprevisions", "").must(&list); err != nil {
		return err.Error()
	}
	if len(list.Items) > 0 {
		return fmt.Sprintf("%d revisions", len(list.Items))
	}
	return "no revision"
}

func (f *Field) workflow(ctx context.Context, step string) string {
	workflow := `{"steps":[{"name":"x","type":"` + step + `"}]}`
	got := f.mine.dev.do(ctx, http.MethodPut, f.mine.path(f.Home)+"/projects/web/apps/hello", `{"name":"hello","workflow":`+workflow+`}`)
	session, err := f.native(f.mine.devName)
	if err != nil {
		return "error: " + err.Error()
	}
	session.do(ctx, http.MethodPatch, f.mine.apps()+"/hello", `{"spec":{"workflow":`+workflow+`}}`)
	seen := fmt.Sprintf("%s that names %s", got, got.field())
	if stored := f.root.do(ctx, http.MethodGet, f.mine.apps()+"/hello", ""); stored.code != http.StatusOK || strings.Contains(stored.body, step) {
		return seen + "; the app is " + stored.body
	}
	return seen + "; the app has none"
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
