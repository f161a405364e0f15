package apiserver_test

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

const (
	owner  = v1alpha1.RoleTenantOwner
	dev    = v1alpha1.RoleProjectDev
	reader = v1alpha1.RoleReadOnly
)

// growAccess makes the tenant acme of olive with the projects web and shop.
func growAccess(t *testing.T, server *testserver.Server) {
	t.Helper()
	o := objects{t, server.Client.KubenovaV1alpha1()}
	o.cluster("dev")
	must2(o.Tenants().Create(t.Context(), &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme"},
		Spec:       v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: "dev"}, Owners: []v1alpha1.Subject{{Name: "olive"}}},
	}, metav1.CreateOptions{}))(t)
	for name, access := range map[string][]v1alpha1.ProjectMember{
		"web":  {{Name: "paula", Role: owner}, {Name: "dan", Role: dev}, {Kind: v1alpha1.SubjectGroup, Name: "readers", Role: reader}},
		"shop": {{Name: "dan", Role: reader}},
	} {
		must2(o.Projects("kn-acme").Create(t.Context(), &v1alpha1.Project{
			ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.ProjectSpec{Access: access},
		}, metav1.CreateOptions{}))(t)
	}
}

// TestKubeconfigsAreNeverBeyondTheCaller asks for every role in every place, as
// dry runs, which judge and change nothing.
func TestKubeconfigsAreNeverBeyondTheCaller(t *testing.T) {
	server := testserver.Start(t)
	growAccess(t, server)
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	// What is asked is <project or ->:<role or ->; a role that is not in the answer is refused.
	for who, want := range map[string]string{
		"olive":              "-:- -:tenantOwner -:projectDev -:readOnly web:tenantOwner web:projectDev shop:readOnly",
		"paula":              "-:- -:projectDev -:readOnly web:tenantOwner web:projectDev",
		"dan":                "-:- -:projectDev -:readOnly web:projectDev shop:readOnly",
		"rita/readers":       "-:- -:readOnly",
		"readers":            "",
		"sam":                "",
		"ada/system:masters": "-:- -:tenantOwner -:projectDev -:readOnly web:tenantOwner web:projectDev shop:readOnly",
	} {
		name, group, _ := strings.Cut(who, "/")
		client := server.ClientFor(t, name, group).KubenovaV1alpha1()
		var got []string
		for _, wish := range []string{"-:-", "-:tenantOwner", "-:projectDev", "-:readOnly", "web:tenantOwner", "web:projectDev", "shop:readOnly"} {
			project, role, _ := strings.Cut(strings.ReplaceAll(wish, "-", ""), ":")
			answer, err := client.Tenants().CreateKubeconfig(t.Context(), "acme", &v1alpha1.AccessKubeconfig{
				Spec: v1alpha1.AccessKubeconfigSpec{Project: project, Role: v1alpha1.MemberRole(role)},
			}, dryRun)
			switch {
			case err == nil && len(answer.Status.Kubeconfig) == 0 && (role == "" || answer.Status.Role == v1alpha1.MemberRole(role)):
				got = append(got, wish)
			case !apierrors.IsForbidden(err):
				t.Errorf("%s asks for %s: %v, %+v", who, wish, err, answer)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s may have %v, want %s", who, got, want)
		}
	}
	for who, want := range map[string]v1alpha1.MemberRole{"olive": owner, "paula": owner, "dan": dev, "rita": reader} {
		answer, err := server.ClientFor(t, who, "readers").KubenovaV1alpha1().Projects("kn-acme").
			CreateKubeconfig(t.Context(), "web", &v1alpha1.AccessKubeconfig{}, dryRun)
		if err != nil || answer.Status.Role != want {
			t.Errorf("%s in web: %v, %+v", who, err, answer)
		}
	}
	list := must2(server.Client.KubenovaV1alpha1().AccessGrants("").List(t.Context(), metav1.ListOptions{}))(t)
	if len(list.Items) != 0 {
		t.Errorf("dry runs left %v", list.Items)
	}
}

func TestKubeconfigRequestsAreChecked(t *testing.T) {
	server := testserver.Start(t)
	growAccess(t, server)
	api := server.Client.KubenovaV1alpha1()
	ttl := func(seconds int64) v1alpha1.AccessKubeconfigSpec {
		return v1alpha1.AccessKubeconfigSpec{TTLSeconds: &seconds}
	}
	// client-go asks again after a 503 that says when.
	once := func() error {
		return api.RESTClient().Post().Resource("tenants").Name("acme").SubResource("kubeconfig").
			Body(&v1alpha1.AccessKubeconfig{}).MaxRetries(0).Do(t.Context()).Error()
	}
	for field, spec := range map[string]v1alpha1.AccessKubeconfigSpec{
		"spec.ttlSeconds": ttl(599), "spec.ttlSeconds:": ttl(86401), "spec.role": {Role: "admin"}, "spec.project": {Project: "none"}, "spec.project:": {Project: "A"},
	} {
		_, err := api.Tenants().CreateKubeconfig(t.Context(), "acme", &v1alpha1.AccessKubeconfig{Spec: spec}, metav1.CreateOptions{})
		if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), strings.TrimSuffix(field, ":")) {
			t.Errorf("%+v: %v", spec, err)
		}
	}
	if _, err := api.Projects("kn-acme").CreateKubeconfig(t.Context(), "none", &v1alpha1.AccessKubeconfig{}, metav1.CreateOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a project that is not there: %v", err)
	}
	recreated := &v1alpha1.AccessKubeconfig{ObjectMeta: metav1.ObjectMeta{UID: "another"}}
	if _, err := api.Tenants().CreateKubeconfig(t.Context(), "acme", recreated, metav1.CreateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("another tenant of the name: %v", err)
	}
	if err := once(); !apierrors.IsServiceUnavailable(err) {
		t.Errorf("a cluster without credentials: %v", err)
	}
	// Nothing listens there.
	must2(api.Clusters().CreateKubeconfig(t.Context(), "dev", kubeconfigOf("https://127.0.0.1:1", "canary"), metav1.CreateOptions{}))(t)
	if err := once(); !apierrors.IsServiceUnavailable(err) || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("a cluster that is away: %v", err)
	}
	if left := must2(api.AccessGrants("kn-acme").List(t.Context(), metav1.ListOptions{}))(t).Items; len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// TestGrantsAreTheServers makes and changes grants by hand, which no one may.
func TestGrantsAreTheServers(t *testing.T) {
	server := testserver.Start(t)
	growAccess(t, server)
	client := server.Client.KubenovaV1alpha1().RESTClient()
	body := []byte(`{"apiVersion":"kubenova.io/v1alpha1","kind":"AccessGrant","metadata":{"name":"g"},
		"spec":{"subject":"a","role":"readOnly","serviceAccount":"a","expiresAt":"2099-01-01T00:00:00Z"}}`)
	if err := client.Post().Namespace("kn-acme").Resource("accessgrants").Body(body).Do(t.Context()).Error(); !apierrors.IsMethodNotSupported(err) {
		t.Errorf("creating: %v", err)
	}
	if err := client.Patch("application/apply-patch+yaml").Namespace("kn-acme").Resource("accessgrants").Name("g").
		Param("fieldManager", "x").Body(body).Do(t.Context()).Error(); !apierrors.IsNotFound(err) {
		t.Errorf("applying: %v", err)
	}
	if _, err := server.ClientFor(t, "dan").KubenovaV1alpha1().AccessGrants("kn-acme").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a member lists the grants of others: %v", err)
	}
	must2(server.ClientFor(t, "olive").KubenovaV1alpha1().AccessGrants("kn-acme").List(t.Context(), metav1.ListOptions{}))(t)
}
