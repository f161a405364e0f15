package render_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

var update = flag.Bool("update", false, "write the golden files")

func raw(s string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(s)} }

// testInput is the form of the files in testdata.
type testInput struct {
	App        v1alpha1.AppSpec     `json:"app"`
	PolicySets []v1alpha1.PolicySet `json:"policySets"`
}

func parse(t testing.TB, data []byte) render.Input {
	t.Helper()
	var in testInput
	if err := yaml.UnmarshalStrict(data, &in); err != nil {
		t.Fatal(err)
	}
	return render.Input{App: &v1alpha1.App{Spec: in.App}, Tenant: "acme", Project: "web", PolicySets: in.PolicySets}
}

func TestRenderGolden(t *testing.T) {
	for _, file := range glob(t, "testdata/render/*.in.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := parse(t, data)
			before := in.App.DeepCopy()
			out, errs := render.Render(in)
			if len(errs) > 0 {
				t.Fatal(errs.ToAggregate())
			}
			if !reflect.DeepEqual(before, in.App) {
				t.Error("the app was changed")
			}
			golden(t, file, out)
			renderedAgain(t, out)
		})
	}
}

// renderedAgain checks that what a revision runs is itself on the allow-list
// and renders to itself.
func renderedAgain(t *testing.T, out v1alpha1.RenderedApp) {
	t.Helper()
	if errs := render.Check(out); len(errs) > 0 {
		t.Errorf("the revision is refused: %v", errs)
	}
}

// TestCheckReadsWhatIsStored has the properties written as an API server stores them.
func TestCheckReadsWhatIsStored(t *testing.T) {
	in := v1alpha1.RenderedApp{Components: []v1alpha1.Component{{
		Name: "a", Type: "worker", Properties: &runtime.RawExtension{Raw: []byte(`{ "image":"a", "cmd":["\u003c\u0026"] }`)},
	}}}
	if errs := render.Check(in); len(errs) > 0 {
		t.Error(errs.ToAggregate())
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, in := range map[string]v1alpha1.RenderedApp{
		"a way out":     {Components: []v1alpha1.Component{{Name: "a", Type: "k8s-objects", Properties: raw(`{}`)}}},
		"a policy":      {Policies: []v1alpha1.Policy{{Name: "a", Type: "topology"}}},
		"a nameless":    {Policies: []v1alpha1.Policy{{Type: "apply-once"}}},
		"a catalog one": {Policies: []v1alpha1.Policy{{Name: "health", Type: "health"}}},
		"a range": {Components: []v1alpha1.Component{{Name: "a", Type: "worker", Properties: raw(`{"image":"a"}`),
			Traits: []v1alpha1.Trait{{Type: "scaler", Properties: raw(`{"min":1,"max":2}`)}}}}},
	} {
		if errs := render.Check(in); len(errs) == 0 {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	web := func(properties string) string {
		return "app: {components: [{name: web, type: webservice, properties: " + properties + "}]}"
	}
	trait := func(t string) string {
		return "app: {traits: [" + t + "], components: [{name: web, type: webservice, properties: {image: nginx}}]}"
	}
	typed := func(kind, more string) string {
		return "app: {components: [{name: a, type: " + kind + ", properties: {image: nginx" + more + "}}]}"
	}
	rule := func(kind, spec string) string {
		return "app: {}\npolicySets: [{metadata: {name: gold}, spec: {rules: [{kind: " + kind + ", spec: " + spec + "}]}}]"
	}
	for name, tc := range map[string]struct{ in, path string }{
		"k8s-objects":               {typed("k8s-objects", ""), "spec.components[0].type"},
		"raw":                       {typed("raw", ""), "spec.components[0].type"},
		"ref-objects":               {typed("ref-objects", ""), "spec.components[0].type"},
		"helm":                      {typed("helm", ""), "spec.components[0].type"},
		"no image":                  {web("{}"), "spec.components[0].properties.image"},
		"empty image":               {web("{image: ''}"), "spec.components[0].properties.image"},
		"image is a number":         {web("{image: 1}"), "spec.components[0].properties.image"},
		"properties are a list":     {web("[]"), "spec.components[0].properties"},
		"hostPath":                  {web("{image: a, volumeMounts: {hostPath: [{name: a, mountPath: /a, path: /}]}}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"hostPath volume":           {web("{image: a, volumes: [{name: a, mountPath: /a, type: hostPath}]}"), "spec.components[0].properties.volumes[0].type"},
		"hostPath of a daemon":      {typed("daemon", ", volumeMounts: {hostPath: []}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"hostPath of a statefulset": {typed("statefulset", ", volumeMounts: {hostPath: []}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"hostPath of a worker":      {typed("worker", ", volumeMounts: {hostPath: []}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"hostPath of a cron-task":   {typed("cron-task", ", schedule: '* * * * *', volumeMounts: {hostPath: []}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"node port":                 {web("{image: a, ports: [{port: 80, nodePort: 30000}]}"), "spec.components[0].properties.ports[0].nodePort"},
		"NodePort service":          {web("{image: a, exposeType: NodePort}"), "spec.components[0].properties.exposeType"},
		"ExternalName service":      {typed("daemon", ", exposeType: ExternalName"), "spec.components[0].properties.exposeType"},
		"probe of another host":     {web("{image: a, livenessProbe: {httpGet: {path: /, port: 1, host: 169.254.169.254}}}"), "spec.components[0].properties.livenessProbe.httpGet.host"},
		"a label of KubeVela":       {web("{image: a, labels: {app.oam.dev/component: b}}"), "spec.components[0].properties.labels[app.oam.dev/component]"},
		"a label of KubeNova":       {web("{image: a, labels: {kubenova.tenant: b}}"), "spec.components[0].properties.labels[kubenova.tenant]"},
		"property of another type":  {typed("worker", ", args: [a]"), "spec.components[0].properties.args"},
		"unknown property":          {web("{image: a, hostNetwork: true}"), "spec.components[0].properties.hostNetwork"},
		"another case":              {web("{image: a, Image: b}"), "spec.components[0].properties.Image"},
		"null":                      {web("{image: a, port: null}"), "spec.components[0].properties.port"},
		"port out of range":         {web("{image: a, port: 65536}"), "spec.components[0].properties.port"},
		"cron-task, no schedule":    {typed("cron-task", ""), "spec.components[0].properties.schedule"},
		"cpu of a bad form":         {web("{image: a, cpu: much}"), "spec.components[0].properties.cpu"},
		"service-account":           {trait("{type: service-account, properties: {name: a}}"), "spec.traits[0].type"},
		"json-patch":                {trait("{type: json-patch}"), "spec.traits[0].type"},
		"json-merge-patch":          {trait("{type: json-merge-patch}"), "spec.traits[0].type"},
		"unknown component":         {trait("{type: scaler, component: x, properties: {replicas: 1}}"), "spec.traits[0].component"},
		"scaler without properties": {trait("{type: scaler}"), "spec.traits[0].properties.replicas"},
		"replicas below zero":       {trait("{type: scaler, properties: {replicas: -1}}"), "spec.traits[0].properties.replicas"},
		"replicas not whole":        {trait("{type: scaler, properties: {replicas: 1.5}}"), "spec.traits[0].properties.replicas"},
		"replicas and a range":      {trait("{type: scaler, properties: {replicas: 1, min: 1, max: 2}}"), "spec.traits[0].properties.max"},
		"min alone":                 {trait("{type: scaler, properties: {min: 1}}"), "spec.traits[0].properties.max"},
		"min above max":             {trait("{type: scaler, properties: {min: 3, max: 2}}"), "spec.traits[0].properties.max"},
		"hpa of something else":     {trait("{type: hpa, properties: {min: 1, max: 2, targetKind: DaemonSet}}"), "spec.traits[0].properties.targetKind"},
		"a trait twice":             {trait("{type: scaler, properties: {replicas: 1}}, {type: scaler, properties: {replicas: 2}}"), "spec.traits[1].type"},
		"scaler and hpa":            {trait("{type: scaler, properties: {replicas: 1}}, {type: hpa, properties: {min: 1, max: 2}}"), "spec.traits[1].type"},
		"annotations of KubeVela":   {trait("{type: annotations, properties: {app.oam.dev/username: admin}}"), "spec.traits[0].properties[app.oam.dev/username]"},
		"cpu without memory":        {trait("{type: resource, properties: {cpu: 1}}"), "spec.traits[0].properties.memory"},
		"partition of a Deployment": {trait("{type: k8s-update-strategy, properties: {strategy: {type: RollingUpdate, rollingStrategy: {partition: 1}}}}"), "spec.traits[0].properties.strategy.rollingStrategy.partition"},
		"surge is a number":         {trait("{type: k8s-update-strategy, properties: {strategy: {type: RollingUpdate, rollingStrategy: {maxSurge: 1}}}}"), "spec.traits[0].properties.strategy.rollingStrategy.maxSurge"},
		"trait that fits nothing": {
			"app: {traits: [{type: scaler, properties: {replicas: 1}}], components: [{name: a, type: daemon, properties: {image: a}}]}", "spec.traits[0].type"},
		"trait of a component": {
			"app: {components: [{name: a, type: worker, properties: {image: a}, traits: [{type: sidecar}]}]}", "spec.components[0].traits[0].type"},
		"topology":               {"app: {policies: [{type: topology}]}", "spec.policies[0].type"},
		"override":               {"app: {policies: [{type: override}]}", "spec.policies[0].type"},
		"take-over":              {"app: {policies: [{type: take-over}]}", "spec.policies[0].type"},
		"shared-resource":        {"app: {policies: [{type: shared-resource}]}", "spec.policies[0].type"},
		"two policies of a name": {"app: {policies: [{type: health}, {type: health}]}", "spec.policies[1].name"},
		"apply-once with rules":  {"app: {policies: [{type: apply-once, properties: {rules: []}}]}", "spec.policies[0].properties.rules"},
		"rollout is not here":    {rule("vela.policy", "{type: rollout, properties: {maxUnavailable: 1}}"), "policysets[gold].spec.rules[0].spec.type"},
		"network is not here":    {rule("vela.policy", "{type: network}"), "policysets[gold].spec.rules[0].spec.type"},
		"logging is not here":    {rule("vela.trait", "{type: logging}"), "policysets[gold].spec.rules[0].spec.type"},
		"rule of another kind":   {rule("vela.workflow", "{type: x}"), "policysets[gold].spec.rules[0].kind"},
		"rule with bad path":     {rule("vela.policy", "{type: health, properties: {path: 'http://x'}}"), "policysets[gold].spec.rules[0].spec.properties.path"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs := render.Render(parse(t, []byte(tc.in)))
			if len(errs) == 0 {
				t.Fatalf("accepted: %+v", out)
			}
			if errs[0].Field != tc.path {
				t.Errorf("first error is of %s, want %s: %v", errs[0].Field, tc.path, errs)
			}
		})
	}
}
