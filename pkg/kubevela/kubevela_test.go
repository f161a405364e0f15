package kubevela_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

const uid = "0f3b9c55-1111-4222-8333-444444444444"

func revision(rendered v1alpha1.RenderedApp) *v1alpha1.AppRevision {
	return &v1alpha1.AppRevision{
		ObjectMeta: metav1.ObjectMeta{Name: "hello-3", UID: types.UID(uid)},
		Spec:       v1alpha1.AppRevisionSpec{App: "hello", Revision: 3, Rendered: rendered},
	}
}

func TestApplicationFor(t *testing.T) {
	raw := func(s string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(s)} }
	rendered := v1alpha1.RenderedApp{
		Components: []v1alpha1.Component{
			{Name: "web", Type: "webservice", Properties: raw(`{"image":"nginx","ports":[{"port":80}]}`),
				Traits: []v1alpha1.Trait{{Type: "scaler", Properties: raw(`{"replicas":2}`)}}},
			{Name: "idle", Type: "worker"},
		},
		Policies: []v1alpha1.Policy{{Name: "once", Type: "apply-once", Properties: raw(`{"enable":true}`)}},
	}
	got, err := kubevela.ApplicationFor(revision(v1alpha1.RenderedApp{}), rendered, "3-0f3b9c55", "acme", "web")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, got, `{"apiVersion":"core.oam.dev/v1beta1","kind":"Application","metadata":{
		"annotations":{"app.oam.dev/publishVersion":"3-0f3b9c55"},
		"labels":{"kubenova.app":"hello","kubenova.project":"web","kubenova.tenant":"acme"},
		"name":"hello","namespace":"acme--web"},"spec":{"components":[
		{"name":"web","properties":{"image":"nginx","ports":[{"port":80}]},"traits":[{"properties":{"replicas":2},"type":"scaler"}],"type":"webservice"},
		{"name":"idle","type":"worker"}],
		"policies":[{"name":"once","properties":{"enable":true},"type":"apply-once"}]}}`)
	// A deep copy panics on numbers that an unstructured object may not hold.
	got.DeepCopy()
}

func TestApplicationForRefusesBadProperties(t *testing.T) {
	_, err := kubevela.ApplicationFor(revision(v1alpha1.RenderedApp{}), v1alpha1.RenderedApp{
		Components: []v1alpha1.Component{{Name: "web", Properties: &runtime.RawExtension{Raw: []byte(`[]`)}}},
	}, "3-0f3b9c55", "acme", "web")
	if err == nil || !strings.Contains(err.Error(), "component web") {
		t.Errorf("got %v", err)
	}
}

func golden(t *testing.T, got *unstructured.Unstructured, want string) {
	t.Helper()
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(want)); err != nil {
		t.Fatal(err)
	}
	if string(data) != compact.String() {
		t.Errorf("got:\n%s\nwant:\n%s", data, compact.String())
	}
}

func TestStatusOf(t *testing.T) {
	const version = "3-0f3b9c55"
	current := func(status string) string {
		return `"observedGeneration":2,"status":"` + status + `","workflow":{"appRevision":"` + version + `"}`
	}
	services := `"services":[{"name":"web","healthy":true,"message":"Ready:2/2","traits":[{"type":"scaler","healthy":true}]}]`
	web := []v1alpha1.ComponentStatus{{Name: "web", Healthy: true, Message: "Ready:2/2"}}

	for name, tc := range map[string]struct {
		status string
		want   kubevela.Status
	}{
		"nothing yet":        {``, kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying"}},
		"starting":           {current("starting"), kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying"}},
		"rendering":          {current("rendering"), kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying"}},
		"generatingPolicy":   {current("generatingPolicy"), kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying"}},
		"runningWorkflow":    {current("runningWorkflow") + "," + services, kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying", Components: web}},
		"running":            {current("running") + "," + services, kubevela.Status{Phase: v1alpha1.AppRunning, Healthy: true, Reason: "Running", Components: web}},
		"unhealthy":          {current("unhealthy") + `,"services":[{"name":"web","healthy":false,"message":"Ready:0/2"}]`, kubevela.Status{Phase: v1alpha1.AppRunning, Reason: "ComponentsUnhealthy", Message: "Not healthy: web (Ready:0/2).", Components: []v1alpha1.ComponentStatus{{Name: "web", Message: "Ready:0/2"}}}},
		"suspended":          {current("workflowSuspending"), kubevela.Status{Phase: v1alpha1.AppSuspended, Reason: "WorkflowSuspended"}},
		"failed":             {`"observedGeneration":2,"status":"workflowFailed","workflow":{"appRevision":"` + version + `","steps":[{"phase":"succeeded","message":"no"},{"phase":"failed","message":"why"}]}`, kubevela.Status{Phase: v1alpha1.AppFailed, Reason: "WorkflowFailed", Message: "why"}},
		"terminated":         {current("workflowTerminated"), kubevela.Status{Phase: v1alpha1.AppFailed, Reason: "WorkflowFailed"}},
		"deleting":           {current("deleting"), kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deleting"}},
		"generation behind":  {`"observedGeneration":1,"status":"running","workflow":{"appRevision":"` + version + `"}`, kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying"}},
		"the former version": {`"observedGeneration":2,"status":"running","workflow":{"appRevision":"2-00000000"},` + services, kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying"}},
		"former failed":      {`"observedGeneration":2,"status":"workflowFailed","workflow":{"appRevision":"2-00000000"}`, kubevela.Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying"}},
		"cannot be parsed":   {`"observedGeneration":2,"status":"rendering","conditions":[{"type":"Parsed","status":"False","message":"unknown type"}]`, kubevela.Status{Phase: v1alpha1.AppFailed, Reason: "ParsedFailed", Message: "unknown type"}},
		"workflow cannot run": {current("runningWorkflow") + `,"conditions":[{"type":"Render","status":"True"},{"type":"Workflow","status":"False","message":"forbidden"}]`,
			kubevela.Status{Phase: v1alpha1.AppFailed, Reason: "WorkflowFailed", Message: "forbidden"}},
		"an old failure while running": {current("running") + `,"conditions":[{"type":"Workflow","status":"False","message":"old"}]`,
			kubevela.Status{Phase: v1alpha1.AppRunning, Healthy: true, Reason: "Running"}},
		"unhealthy trait": {current("unhealthy") + `,"services":[{"name":"web","healthy":true,"traits":[{"type":"hpa","healthy":false}]}]`,
			kubevela.Status{Phase: v1alpha1.AppRunning, Reason: "ComponentsUnhealthy", Components: []v1alpha1.ComponentStatus{{Name: "web", Message: "trait hpa is not healthy"}}}},
		"a component twice": {current("unhealthy") + `,"services":[{"name":"web","healthy":true},{"name":"web","healthy":false}]`,
			kubevela.Status{Phase: v1alpha1.AppRunning, Reason: "ComponentsUnhealthy", Components: []v1alpha1.ComponentStatus{{Name: "web"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			in := &unstructured.Unstructured{}
			object := `{"apiVersion":"a/b","kind":"A","metadata":{"generation":2,"annotations":{"app.oam.dev/publishVersion":"` + version + `"}},"status":{` + tc.status + `}}`
			if err := in.UnmarshalJSON([]byte(object)); err != nil {
				t.Fatal(err)
			}
			got := kubevela.StatusOf(in, version)
			if got.Message == "" {
				t.Error("no message")
			}
			if tc.want.Message == "" {
				got.Message = ""
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestStatusShortensMessages(t *testing.T) {
	in := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"conditions": []any{
		map[string]any{"type": "Parsed", "status": "False", "message": strings.Repeat("ü", 2000)},
	}}}}
	if got := kubevela.StatusOf(in, "1-a").Message; len(got) > 1024 || !strings.HasSuffix(got, "ü...") {
		t.Errorf("%d bytes, ends %q", len(got), got[len(got)-5:])
	}
}

func TestDeployer(t *testing.T) {
	role, binding := kubevela.DeployerRole("acme", "web"), kubevela.DeployerBinding("acme", "web")
	var typedRole rbacv1.Role
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(role.Object, &typedRole, true); err != nil {
		t.Fatal(err)
	}
	for _, r := range typedRole.Rules {
		for _, word := range append(append(r.APIGroups, r.Resources...), r.Verbs...) {
			if word == "*" || word == "secrets" || word == "pods" || word == "serviceaccounts" || strings.HasPrefix(word, "role") || word == "impersonate" {
				t.Errorf("the deployer may %v %v", r.Verbs, r.Resources)
			}
		}
	}
	var typed rbacv1.RoleBinding
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(binding.Object, &typed, true); err != nil {
		t.Fatal(err)
	}
	if typed.Namespace != "acme--web" || typed.RoleRef.Name != role.GetName() || len(typed.Subjects) != 1 ||
		typed.Subjects[0].Name != "kubenova:deployer:acme:web" || typed.Subjects[0].Kind != "User" {
		t.Errorf("got %+v", typed)
	}
}
