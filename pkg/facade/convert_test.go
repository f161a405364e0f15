package facade

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// made is when the objects of these tests were made, in another zone than UTC.
func made() metav1.Time {
	return metav1.NewTime(time.Date(2025, 1, 1, 13, 0, 0, 0, time.FixedZone("CET", 3600)))
}

func objectMeta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, UID: "5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62", ResourceVersion: "7", CreationTimestamp: made()}
}

func raw(s string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(s)} }

// TestShapes pins what callers see, byte for byte.
func TestShapes(t *testing.T) {
	labelled := objectMeta("dev")
	labelled.Labels = map[string]string{"env": "dev"}
	ready := []metav1.Condition{{Type: "TenancyReady", Status: metav1.ConditionTrue, Reason: "Installed", Message: "capsule runs", LastTransitionTime: made()}}
	cases := []struct {
		name string
		got  any
		want string
	}{
		{
			"cluster", fromCluster(&v1alpha1.Cluster{
				ObjectMeta: labelled,
				Status:     v1alpha1.ClusterStatus{KubernetesVersion: "v1.37.2", ConditionedStatus: v1alpha1.ConditionedStatus{Conditions: ready}},
			}),
			`{"uid":"5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62","name":"dev","labels":{"env":"dev"},"createdAt":"2025-01-01T12:00:00Z","kubernetesVersion":"v1.37.2",` +
				`"conditions":[{"type":"TenancyReady","status":"True","reason":"Installed","message":"capsule runs","lastTransitionTime":"2025-01-01T12:00:00Z"}]}`,
		},
		{
			"new cluster", fromCluster(&v1alpha1.Cluster{ObjectMeta: objectMeta("dev")}),
			`{"uid":"5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62","name":"dev","labels":{},"createdAt":"2025-01-01T12:00:00Z","conditions":[]}`,
		},
		{
			"capabilities", fromCapabilities(&v1alpha1.Cluster{Status: v1alpha1.ClusterStatus{
				ConditionedStatus: v1alpha1.ConditionedStatus{Conditions: ready},
				Components:        []v1alpha1.ClusterComponentStatus{{Name: "tenancy", Version: "0.14.0"}, {Name: "app-delivery", Version: "1.10.9"}},
			}}),
			`{"tenancy":true,"vela":false,"proxy":false,"details":{"tenancy":"0.14.0","vela":"1.10.9"}}`,
		},
		{
			"tenant", fromTenant(&v1alpha1.Tenant{ObjectMeta: labelled, Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{{Name: "a@b.c"}, {Kind: "Group", Name: "devs"}}}}),
			`{"uid":"5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62","name":"dev","owners":["a@b.c","group:devs"],"labels":{"env":"dev"},"annotations":{},"createdAt":"2025-01-01T12:00:00Z","plan":"","cordoned":false,"preventDeletion":false}`,
		},
		{
			"project", fromProject(&v1alpha1.Project{ObjectMeta: objectMeta("web")}),
			`{"uid":"5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62","name":"web","labels":{},"annotations":{},"createdAt":"2025-01-01T12:00:00Z"}`,
		},
		{
			"app", fromApp(&v1alpha1.App{ObjectMeta: objectMeta("hello")}),
			`{"uid":"5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62","name":"hello","description":"","labels":{},"annotations":{},"components":[],"traits":[],"policies":[],"revisionHistoryLimit":null,"createdAt":"2025-01-01T12:00:00Z"}`,
		},
		{"app status before the first", fromAppStatus(&v1alpha1.App{}, 0), `{"phase":"Pending","healthy":false,"conditions":[],"revision":0,"components":[]}`},
		{"policy set", fromPolicySet(&v1alpha1.PolicySet{ObjectMeta: objectMeta("gold")}), `{"name":"gold","description":"","rules":[],"attachedTo":[]}`},
		{
			"revision", fromRevision(&v1alpha1.AppRevision{ObjectMeta: objectMeta("hello-3"), Spec: v1alpha1.AppRevisionSpec{Revision: 3}}),
			`{"revision":3,"createdAt":"2025-01-01T12:00:00Z","summary":"no components"}`,
		},
		{"dry run of a deploy", fromDeploy(v1alpha1.AppDeployStatus{Revision: 2}), `{"revision":2,"components":[],"policies":[]}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := json.Marshal(c.got)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestFeatures(t *testing.T) {
	with := func(condition string, status metav1.ConditionStatus) *v1alpha1.Cluster {
		c := &v1alpha1.Cluster{}
		c.Status.Conditions = []metav1.Condition{{Type: condition, Status: status}}
		return c
	}
	got := fromClusters([]*v1alpha1.Cluster{
		with(v1alpha1.ClusterTenancyReady, metav1.ConditionTrue),
		with(v1alpha1.ClusterTenancyReady, metav1.ConditionFalse),
		with(v1alpha1.ClusterAppDeliveryReady, metav1.ConditionUnknown),
		with(v1alpha1.ClusterProxyReady, metav1.ConditionTrue),
	})
	if want := (features{Tenancy: true, Proxy: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := fromClusters(nil); got != (features{}) {
		t.Errorf("no clusters offer %+v", got)
	}
}

// TestAppRoundTrip sends what a GET gave back: the app must not change.
func TestAppRoundTrip(t *testing.T) {
	limit := int32(3)
	stored := &v1alpha1.App{ObjectMeta: objectMeta("hello"), Spec: v1alpha1.AppSpec{
		Description: "says hello", RevisionHistoryLimit: &limit,
		Components: []v1alpha1.Component{{
			Name: "web", Type: "webservice", Properties: raw(`{"big":9007199254740993,"image":"nginx","ports":[{"port":80}],"ratio":0.5}`),
			Traits: []v1alpha1.Trait{{Type: "scaler", Properties: raw(`{"replicas":2}`)}, {Type: "bare"}},
		}},
		Traits:   []v1alpha1.AppTrait{{Trait: v1alpha1.Trait{Type: "labels", Properties: raw(`{"a":"<b>"}`)}, Component: "web"}},
		Policies: []v1alpha1.Policy{{Name: "p", Type: "health", Properties: raw(`{}`)}},
	}}
	body, err := json.Marshal(fromApp(stored))
	if err != nil {
		t.Fatal(err)
	}
	var read app
	if err := decodeStrict(body, &read); err != nil {
		t.Fatal(err)
	}
	got := stored.DeepCopy()
	got.Spec = v1alpha1.AppSpec{RevisionHistoryLimit: &limit}
	if err := read.apply(got); err != nil {
		t.Fatal(err)
	}
	// Only the spelling of JSON may differ: < is escaped or not.
	got.Spec.Traits[0].Properties, stored.Spec.Traits[0].Properties = nil, nil
	if !reflect.DeepEqual(got.Spec, stored.Spec) {
		t.Errorf("got %+v, want %+v", got.Spec, stored.Spec)
	}
}

func TestAppPropertiesMustBeObjects(t *testing.T) {
	body := app{
		Name: "hello",
		Components: []component{
			{Name: "a", Properties: "text", Traits: []trait{{Type: "t", Properties: []any{}}}},
			{Name: "b", Properties: map[string]any{}},
		},
		Traits:   []appTrait{{Type: "t", Properties: int64(1)}},
		Policies: []policy{{Type: "t", Properties: true}},
	}
	_, err := toApp(body)
	if err == nil {
		t.Fatal("no error")
	}
	var fields []string
	for _, d := range translate(err).details {
		fields = append(fields, d.Field)
	}
	want := []string{"components[0].properties", "components[0].traits[0].properties", "traits[0].properties", "policies[0].properties"}
	if !reflect.DeepEqual(fields, want) {
		t.Errorf("got %v, want %v", fields, want)
	}
	_, problems := toPolicies([]policy{{Type: "t"}, {Type: "t", Properties: "x"}}, nil)
	if len(problems) != 1 || problems[0].Field != "[1].properties" {
		t.Errorf("got %v, want one for [1].properties", problems)
	}
}

func TestReadOnlyFields(t *testing.T) {
	object := &v1alpha1.Project{ObjectMeta: objectMeta("web")}
	same, other := made().UTC(), made().Add(time.Second)
	cases := []struct {
		name  string
		body  project
		field string
	}{
		{"none", project{}, ""},
		{"as they are", project{Name: "web", UID: string(object.UID), CreatedAt: &same}, ""},
		{"name", project{Name: "web2"}, "name"},
		{"uid", project{UID: "x"}, "uid"},
		{"createdAt", project{CreatedAt: &other}, "createdAt"},
	}
	for _, c := range cases {
		err := c.body.apply(object.DeepCopy())
		if c.field == "" && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.field != "" && (err == nil || translate(err).status != 422 || translate(err).details[0].Field != c.field) {
			t.Errorf("%s: got %v, want 422 for %s", c.name, err, c.field)
		}
	}
	if _, err := toProject(project{UID: "x", CreatedAt: &same}); err == nil || len(translate(err).details) != 3 {
		t.Errorf("a create with uid and createdAt and no name: got %v, want three details", err)
	}
}

func TestProjectLabels(t *testing.T) {
	stored := func() *v1alpha1.Project {
		p := &v1alpha1.Project{ObjectMeta: objectMeta("web")}
		p.Labels = map[string]string{v1alpha1.LabelTenant: "acme", "tier": "silver", "old": "yes"}
		p.Annotations = map[string]string{"note": "x"}
		return p
	}
	cases := []struct {
		name                string
		body                project
		labels, annotations map[string]string
	}{
		{"nothing", project{}, stored().Labels, stored().Annotations},
		{"labels", project{Labels: map[string]string{"tier": "gold"}}, map[string]string{v1alpha1.LabelTenant: "acme", "tier": "gold"}, stored().Annotations},
		{"no labels", project{Labels: map[string]string{}}, map[string]string{v1alpha1.LabelTenant: "acme"}, stored().Annotations},
		{"annotations", project{Annotations: map[string]string{}}, stored().Labels, map[string]string{}},
	}
	for _, c := range cases {
		p := stored()
		if err := c.body.apply(p); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p.Labels, c.labels) || !reflect.DeepEqual(p.Annotations, c.annotations) {
			t.Errorf("%s: got %v %v, want %v %v", c.name, p.Labels, p.Annotations, c.labels, c.annotations)
		}
	}
}
