//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// attack is an app that would reach beyond its project, and the field that says so.
type attack struct{ name, components, traits, policies, path string }

// attacks has every way out of a tenant that KubeVela offers.
func attacks() []attack {
	typed := func(name, componentType, properties string) attack {
		return attack{name: name, components: `[{"name":"web","type":"` + componentType + `","properties":` + properties + `}]`, path: "spec.components[0].type"}
	}
	property := func(name, componentType, properties, path string) attack {
		a := typed(name, componentType, properties)
		a.path = "spec.components[0].properties." + path
		return a
	}
	trait := func(name, traitType, properties, path string) attack {
		a := typed(name, "webservice", `{"image":"nginx"}`)
		a.traits, a.path = `[{"type":"`+traitType+`","properties":`+properties+`}]`, "spec.traits[0]."+path
		return a
	}
	policy := func(name, policyType, properties string) attack {
		a := typed(name, "webservice", `{"image":"nginx"}`)
		a.policies, a.path = `[{"name":"x","type":"`+policyType+`","properties":`+properties+`}]`, "spec.policies[0].type"
		return a
	}
	return []attack{
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

// TestNoWayOut deploys each attack through both doors.
func TestNoWayOut(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.newApp(t, "attacker", "")
	for _, a := range attacks() {
		spec := fmt.Sprintf(`{"components":%s,"traits":%s,"policies":%s}`, or(a.components, "[]"), or(a.traits, "[]"), or(a.policies, "[]"))
		p.kubectl(t, "", "patch", "apps.kubenova.io", "hello", "-n", "kn-attacker--web", "--type=merge", "-p", `{"spec":`+spec+`}`)

		code, answer, err := p.tryREST("POST", app.path+":deploy", "")
		if err != nil {
			t.Fatal(err)
		}
		if code != 422 || !strings.Contains(string(answer), `"KN-422"`) || !strings.Contains(string(answer), `"field":"`+strings.TrimPrefix(a.path, "spec.")+`"`) {
			t.Errorf("%s through the REST door: %d, want 422 that names %s\n%s", a.name, code, a.path, answer)
		}
		output, err := p.tryKubectl(t, `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppDeploy"}`,
			"create", "--raw", "/apis/kubenova.io/v1alpha1/namespaces/kn-attacker--web/apps/hello/deploy", "-f", "-")
		if err == nil || !strings.Contains(output, "is invalid") || !strings.Contains(output, a.path) {
			t.Errorf("%s through the native door: %v, want an error that names %s\n%s", a.name, err, a.path, output)
		}
		t.Logf("%-24s REST %d, kubectl %v: %s", a.name, code, err, a.path)
	}
	// The steps of a workflow have no field at all.
	for _, step := range []string{"apply-object", "read-object", "vela-cli", "request", "webhook", "clean-jobs", "create-config", "read-config", "list-config", "delete-config"} {
		workflow := `{"steps":[{"name":"x","type":"` + step + `"}]}`
		code, answer, err := p.tryREST("PUT", app.path, `{"name":"hello","workflow":`+workflow+`}`)
		if err != nil || code != 422 || !strings.Contains(string(answer), `"field":"workflow"`) {
			t.Errorf("the step %s through the REST door: %d %s %v", step, code, answer, err)
		}
		output, nativeErr := p.tryKubectl(t, `{"apiVersion":"kubenova.io/v1alpha1","kind":"App","metadata":{"name":"hello","namespace":"kn-attacker--web"},"spec":{"workflow":`+workflow+`}}`,
			"apply", "--server-side", "-f", "-")
		if nativeErr == nil || !strings.Contains(output, "workflow") {
			t.Errorf("the step %s through the native door: %v %s", step, nativeErr, output)
		}
		t.Logf("%-24s REST %d, kubectl %v: workflow", "step "+step, code, nativeErr)
	}
	if revisions := p.kubectl(t, "", "get", "apprevisions.kubenova.io", "-n", "kn-attacker--web", "-o", "name"); revisions != "" {
		t.Errorf("there are revisions: %s", revisions)
	}
}

// TestIdentityIsKubeNovas has an app whose own annotations claim another identity.
func TestIdentityIsKubeNovas(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.newApp(t, "claims", `{"name":"web","type":"webservice","properties":{"image":"nginx"}}`)
	p.kubectl(t, "", "annotate", "apps.kubenova.io", "hello", "-n", "kn-claims--web", "app.oam.dev/username=admin", "app.oam.dev/group=system:masters",
		"app.oam.dev/service-account-name=kubevela-vela-core")
	p.deploy(t, "claims")
	var identity string
	eventually(t, "the Application is there", func() error {
		output, err := p.tryKubectl(t, "", "get", "applications.core.oam.dev", "hello", "-n", "claims--web", "-o",
			`jsonpath={.metadata.annotations.app\.oam\.dev/username} {.metadata.annotations.app\.oam\.dev/group} {.metadata.annotations.app\.oam\.dev/service-account-name}`)
		identity = output
		return err
	})
	t.Logf("delivered as %s", identity)
	if identity != "kubenova:deployer:claims:web kubevela:kubenova-deployers " {
		t.Errorf("the Application is delivered as %q", identity)
	}
}

// TestRevisionsCannotBeForged writes a revision that no deploy makes, as whoever may
// write revisions could, and looks that nothing of it is delivered.
func TestRevisionsCannotBeForged(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.newApp(t, "forger", `{"name":"web","type":"webservice","properties":{"image":"nginx"}}`)
	p.kubectl(t, `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppRevision","metadata":{"name":"hello-1","namespace":"kn-forger--web"},"spec":{"app":"hello","revision":1,
		"rendered":{"components":[{"name":"web","type":"k8s-objects","properties":{"objects":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"forged","namespace":"default"}}]}}]}}}`,
		"create", "-f", "-")
	eventually(t, "the revision is refused", func() error {
		said, err := p.tryKubectl(t, "", "get", "apps.kubenova.io", "hello", "-n", "kn-forger--web", "-o", `jsonpath={.status.phase} {.status.conditions[?(@.type=="Ready")].reason}`)
		if err != nil || said != "Failed RevisionNotAllowed" {
			return fmt.Errorf("%s %w", said, err)
		}
		return nil
	})
	if output, err := p.tryKubectl(t, "", "get", "applications.core.oam.dev", "hello", "-n", "forger--web"); err == nil {
		t.Errorf("it was delivered: %s", output)
	}
}

// TestVelaHoldsTheDeployerToItsRights goes past KubeNova: an Application that the
// identity of a project writes itself reaches nothing beyond the project's Role.
func TestVelaHoldsTheDeployerToItsRights(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.newApp(t, "rogue", `{"name":"web","type":"webservice","properties":{"image":"nginx"}}`)
	p.observed(t, "rogue", "NamespacesReady", "True")
	objects := map[string]string{
		"elsewhere":      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"rogue","namespace":"kube-system"}}`,
		"cluster-scoped": `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"rogue"}}`,
		"rights":         `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"rogue"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"admin"}}`,
		"definitions":    `{"apiVersion":"core.oam.dev/v1beta1","kind":"ComponentDefinition","metadata":{"name":"rogue"},"spec":{"workload":{"type":"autodetects.core.oam.dev"}}}`,
	}
	for name, object := range objects {
		application := `{"apiVersion":"core.oam.dev/v1beta1","kind":"Application","metadata":{"name":"` + name + `","namespace":"rogue--web"},
			"spec":{"components":[{"name":"x","type":"k8s-objects","properties":{"objects":[` + object + `]}}]}}`
		output, err := p.tryKubectl(t, application, "apply", "--server-side", "--as", "kubenova:deployer:rogue:web", "--as-group", "kubevela:kubenova-deployers", "-f", "-")
		if err != nil {
			t.Logf("%s: the Application itself is refused: %s", name, output)
			continue
		}
		eventually(t, name+" fails", func() error {
			said, err := p.tryKubectl(t, "", "get", "applications.core.oam.dev", name, "-n", "rogue--web", "-o", "jsonpath={.status}")
			if err != nil || !strings.Contains(said, "forbidden") {
				return fmt.Errorf("%s %w", said, err)
			}
			return nil
		})
	}
	for _, object := range [][]string{{"configmap", "rogue", "-n", "kube-system"}, {"clusterrole", "rogue"}, {"rolebinding", "rogue", "-n", "rogue--web"}, {"componentdefinition", "rogue", "-n", "rogue--web"}} {
		if output, err := p.tryKubectl(t, "", append([]string{"get"}, object...)...); err == nil {
			t.Errorf("%v was made: %s", object, output)
		}
	}
}

// TestImagesOfOthersAreRefused names the image and the policy set that forbids it.
func TestImagesOfOthersAreRefused(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.newApp(t, "images", `{"name":"web","type":"webservice","properties":{"image":"quay.io/team/web:1"}}`)
	image := func(properties string) string {
		return `{"name":"images","rules":[{"kind":"vela.policy","spec":{"type":"image","properties":` + properties + `}}]}`
	}
	p.rest(t, "POST", app.tenant+"/policysets", image(`{"allowedRegistries":["docker.io","ghcr.io"]}`), 200, nil)
	refused := func(path string, says ...string) {
		code, answer, err := p.tryREST("POST", app.path+":deploy", "")
		t.Logf("%d %s %v", code, answer, err)
		for _, want := range append(says, `"`+path+`"`) {
			if code != 422 || !strings.Contains(string(answer), want) {
				t.Errorf("%d %s, want 422 with %s", code, answer, want)
			}
		}
	}
	refused("components[0].properties.image", "quay.io/team/web:1", "policyset/images", "docker.io, ghcr.io")
	p.rest(t, "PUT", app.tenant+"/policysets/images", image(`{"requireSigned":true}`), 200, nil)
	refused("policysets[images].spec.rules[0].spec.properties.requireSigned", "no verifier")
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
