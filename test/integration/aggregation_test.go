package integration

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	openapi "github.com/google/gnostic-models/openapiv2"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestAggregation starts the platform once: its start takes longer than its tests.
func TestAggregation(t *testing.T) {
	p := StartPlatform(t, 1)
	t.Run("Discovery", func(t *testing.T) { testDiscovery(t, p) })
	t.Run("OpenAPI", func(t *testing.T) { testOpenAPI(t, p) })
	t.Run("ServerSideApply", func(t *testing.T) { testServerSideApply(t, p) })
	t.Run("HostRBACGoverns", func(t *testing.T) { testHostRBAC(t, p) })
	t.Run("RESTTakesHostTokens", func(t *testing.T) { testRESTTakesHostTokens(t, p) })
	t.Run("PoliciesOfTheHostHold", func(t *testing.T) { testHostPolicies(t, p) })
	t.Run("ManyWebhooksOfTheHost", func(t *testing.T) { testManyWebhooks(t, p) })
	t.Run("NoSeatIsLeft", func(t *testing.T) { testFairness(t, p) })
	t.Run("ForgedIdentitiesAreRefused", func(t *testing.T) { testForgedIdentities(t, p) })
	t.Run("UsersOfAProvider", func(t *testing.T) { testOIDC(t, p) })
}

func testDiscovery(t *testing.T, p *Platform) {
	resources := must(p.Kube.Discovery().ServerResourcesForGroupVersion(v1alpha1.SchemeGroupVersion.String()))(t)
	found := map[string]metav1.APIResource{}
	for _, resource := range resources.APIResources {
		found[resource.Name] = resource
	}
	for name, short := range map[string]string{"clusters": "knc", "tenants": "knt", "projects": "knp", "apps": "kna"} {
		resource := found[name]
		if len(resource.ShortNames) != 1 || resource.ShortNames[0] != short || len(resource.Categories) != 1 || resource.Categories[0] != "kubenova" {
			t.Errorf("%s has short names %v and categories %v", name, resource.ShortNames, resource.Categories)
		}
	}
	if deploy := found["apps/deploy"]; deploy.Kind != "AppDeploy" {
		t.Errorf("apps/deploy takes %q", deploy.Kind)
	}
	if _, served := found["clustercredentials"]; served {
		t.Error("the store of credentials is served")
	}
}

func testOpenAPI(t *testing.T, p *Platform) {
	// The aggregator reads the documents of its API services in the background.
	waitFor(t, "the host's OpenAPI v2 to have Tenant with its kind", func(context.Context) error {
		document, err := p.Kube.Discovery().OpenAPISchema()
		if err != nil {
			return err
		}
		for _, definition := range document.Definitions.AdditionalProperties {
			if definition.Name == "com.github.kubenova.kubenova.pkg.apis.kubenova.v1alpha1.Tenant" {
				return hasExtension(definition.Value.VendorExtension, "x-kubernetes-group-version-kind")
			}
		}
		return errors.New("no Tenant")
	})
	waitFor(t, "the host's OpenAPI v3 to describe the fields", func(context.Context) error {
		paths, err := p.Kube.Discovery().OpenAPIV3().Paths()
		if err != nil {
			return err
		}
		group, ok := paths["apis/kubenova.io/v1alpha1"]
		if !ok {
			return errors.New("the group is missing")
		}
		schema, err := group.Schema("application/json")
		if err == nil && !bytes.Contains(schema, []byte("revisionHistoryLimit is the number of revisions kept")) {
			return errors.New("a field has no description")
		}
		return err
	})
}

func hasExtension(extensions []*openapi.NamedAny, name string) error {
	for _, extension := range extensions {
		if extension.Name == name {
			return nil
		}
	}
	return fmt.Errorf("no extension %s", name)
}

func testServerSideApply(t *testing.T, p *Platform) {
	clusters := p.Client.KubenovaV1alpha1().Clusters()
	manifest := []byte(`{"apiVersion":"kubenova.io/v1alpha1","kind":"Cluster","metadata":{"name":"ssa","labels":{"env":"dev"}}}`)
	options := metav1.PatchOptions{FieldManager: "test"}
	first := must(clusters.Patch(t.Context(), "ssa", types.ApplyPatchType, manifest, options))(t)
	second := must(clusters.Patch(t.Context(), "ssa", types.ApplyPatchType, manifest, options))(t)
	if first.ResourceVersion != second.ResourceVersion {
		t.Errorf("the second apply wrote: %s, then %s", first.ResourceVersion, second.ResourceVersion)
	}
}

func testHostRBAC(t *testing.T, p *Platform) {
	p.makeApp(t, "rbac")
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "deployer"},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"apps"}, Verbs: []string{"get", "listall"}},
			{APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"apps/deploy"}, Verbs: []string{"create"}},
		},
	}
	must(p.Kube.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}))(t)
	must(p.Kube.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "deployer"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "deployer"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "dora"}},
	}, metav1.CreateOptions{}))(t)

	dora := p.ClientFor(t, p.As("dora")).KubenovaV1alpha1().Apps("kn-rbac--web")
	waitFor(t, "the role to take effect", func(ctx context.Context) error {
		_, err := dora.Get(ctx, "hello", metav1.GetOptions{})
		return err
	})
	if answer := must(dora.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{}))(t); answer.Status.Revision != 1 {
		t.Errorf("the deploy made revision %d", answer.Status.Revision)
	}
	if err := dora.Delete(t.Context(), "hello", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("deleting without the verb: got %v, want Forbidden", err)
	}
	if _, err := p.ClientFor(t, p.As("dora")).KubenovaV1alpha1().Clusters().GetKubeconfig(t.Context(), "rbac", metav1.GetOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("reading credentials without the verb: got %v, want Forbidden", err)
	}
}

// makeApp makes a cluster, a tenant of the same name, the project web and the app hello.
func (p *Platform) makeApp(t *testing.T, tenant string) {
	t.Helper()
	api, create := p.Client.KubenovaV1alpha1(), metav1.CreateOptions{}
	named := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }
	must(api.Clusters().Create(t.Context(), &v1alpha1.Cluster{ObjectMeta: named(tenant)}, create))(t)
	must(api.Tenants().Create(t.Context(), &v1alpha1.Tenant{
		ObjectMeta: named(tenant), Spec: v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: tenant}},
	}, create))(t)
	must(api.Projects("kn-"+tenant).Create(t.Context(), &v1alpha1.Project{ObjectMeta: named("web")}, create))(t)
	must(api.Apps("kn-"+tenant+"--web").Create(t.Context(), &v1alpha1.App{ObjectMeta: named("hello")}, create))(t)
}

// testHostPolicies has a policy of the host that selects by namespace: the
// namespaces of a tenant and its project are not there yet, as no controller runs.
func testHostPolicies(t *testing.T, p *Platform) {
	everything := &admissionv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{v1alpha1.LabelTenant: "policy"}},
		ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.Create},
			Rule:       admissionv1.Rule{APIGroups: []string{v1alpha1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"apps"}},
		}}},
	}
	api := p.Kube.AdmissionregistrationV1()
	must(api.ValidatingAdmissionPolicies().Create(t.Context(), &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "no-forbidden-apps"},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: everything,
			Validations:      []admissionv1.Validation{{Expression: "object.metadata.name != 'forbidden'", Message: "not that name"}},
		},
	}, metav1.CreateOptions{}))(t)
	must(api.ValidatingAdmissionPolicyBindings().Create(t.Context(), &admissionv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "no-forbidden-apps"},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: "no-forbidden-apps", ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}, metav1.CreateOptions{}))(t)
	p.makeApp(t, "policy")
	apps := p.Client.KubenovaV1alpha1().Apps("kn-policy--web")
	waitFor(t, "the policy to take effect", func(ctx context.Context) error {
		app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "forbidden"}}
		_, err := apps.Create(ctx, app, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil || !strings.Contains(err.Error(), "not that name") {
			return fmt.Errorf("the app is not refused by the policy: %w", err)
		}
		return nil
	})
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "allowed"}}
	must(apps.Create(t.Context(), app, metav1.CreateOptions{}))(t)
}

// testManyWebhooks has many webhooks of the host that select by namespace: each asks
// for one that is not there yet, and they must not all go to the host for it.
func testManyWebhooks(t *testing.T, p *Platform) {
	const count = 20
	configuration := &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "many"}}
	url, none := "https://127.0.0.1:1/never", admissionv1.SideEffectClassNone
	for i := range count {
		configuration.Webhooks = append(configuration.Webhooks, admissionv1.ValidatingWebhook{
			Name:                    fmt.Sprintf("w%d.kubenova.test", i),
			ClientConfig:            admissionv1.WebhookClientConfig{URL: &url},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"of": "others"}},
			SideEffects:             &none,
			AdmissionReviewVersions: []string{"v1"},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule:       admissionv1.Rule{APIGroups: []string{v1alpha1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"apps"}},
			}},
		})
	}
	must(p.Kube.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(), configuration, metav1.CreateOptions{}))(t)
	p.makeApp(t, "many")
	apps := p.Client.KubenovaV1alpha1().Apps("kn-many--web")
	before := namespaceReads(t, p)
	for i := range count {
		app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("app-%d", i)}}
		must(apps.Create(t.Context(), app, metav1.CreateOptions{}))(t)
	}
	if reads := namespaceReads(t, p) - before; reads > count {
		t.Errorf("%d creates read namespaces of the host %d times, want at most one each", count, reads)
	}

	// One that selects the namespace is asked, and none answers at its address.
	asked := configuration.DeepCopy()
	asked.ObjectMeta, asked.Webhooks = metav1.ObjectMeta{Name: "asked"}, asked.Webhooks[:1]
	asked.Webhooks[0].NamespaceSelector.MatchLabels = map[string]string{v1alpha1.LabelTenant: "many"}
	must(p.Kube.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(), asked, metav1.CreateOptions{}))(t)
	waitFor(t, "the webhook to be asked", func(ctx context.Context) error {
		app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "refused"}}
		_, err := apps.Create(ctx, app, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil || !strings.Contains(err.Error(), "w0.kubenova.test") {
			return fmt.Errorf("the app is not refused for the webhook: %w", err)
		}
		return nil
	})
}

// namespaceReads is how often kube-apiserver was asked for a namespace.
func namespaceReads(t *testing.T, p *Platform) (sum int) {
	t.Helper()
	metrics := must(p.Kube.Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(t.Context()))(t)
	for line := range strings.Lines(string(metrics)) {
		if strings.HasPrefix(line, "apiserver_request_total{") && strings.Contains(line, `resource="namespaces"`) && strings.Contains(line, `verb="GET"`) {
			_, value, _ := strings.Cut(line, "} ")
			sum += must(strconv.Atoi(strings.TrimSpace(value)))(t)
		}
	}
	return sum
}

func testRESTTakesHostTokens(t *testing.T, p *Platform) {
	accounts := p.Kube.CoreV1().ServiceAccounts(systemNamespace)
	must(accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "ci"}}, metav1.CreateOptions{}))(t)
	token := must(accounts.CreateToken(t.Context(), "ci", &authenticationv1.TokenRequest{}, metav1.CreateOptions{}))(t).Status.Token

	status, body := p.get(t, "/api/v1/me", http.Header{"Authorization": {"Bearer " + token}})
	var me struct{ Subject string }
	if err := json.Unmarshal(body, &me); err != nil || status != http.StatusOK || me.Subject != "system:serviceaccount:kubenova-system:ci" {
		t.Errorf("a service account is told %d %s", status, body)
	}
	if status, body := p.post(t, "/api/v1/clusters", token, `{"name":"forbidden","kubeconfig":"eA=="}`); status == http.StatusOK {
		t.Errorf("a service account without rights registered a cluster: %s", body)
	}
	must(p.Kube.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "ci-admin"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: systemNamespace, Name: "ci"}},
	}, metav1.CreateOptions{}))(t)
	waitFor(t, "the REST door to list clusters for an administrator", func(context.Context) error {
		status, body := p.get(t, "/api/v1/clusters", http.Header{"Authorization": {"Bearer " + token}})
		if status != http.StatusOK {
			return fmt.Errorf("%d %s", status, body)
		}
		return nil
	})
}

func testForgedIdentities(t *testing.T, p *Platform) {
	forged := http.Header{"X-Remote-User": {"system:admin"}, "X-Remote-Group": {"system:masters"}}
	for name, header := range map[string]http.Header{
		"anonymous":            {},
		"front-proxy headers":  forged,
		"impersonation":        {"Impersonate-User": {"system:admin"}, "Impersonate-Group": {"system:masters"}},
		"a token of nobody":    {"Authorization": {"Bearer nobody"}},
		"an unsigned JWT":      {"Authorization": {"Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJrdWJlbm92YS5pbyIsInN1YiI6ImEiLCJyb2xlcyI6WyJhZG1pbiJdfQ."}},
		"hop-by-hop smuggling": {"X-Remote-User": {"system:admin"}, "X-Remote-Group": {"system:masters"}, "Connection": {"X-Remote-User"}},
	} {
		want := http.StatusUnauthorized
		if header.Get("Impersonate-User") != "" {
			want = http.StatusBadRequest // refused for whoever asks
		}
		if status, body := p.get(t, "/api/v1/clusters", header); status != want {
			t.Errorf("REST door, %s: %d %s, want %d", name, status, body, want)
		}
		if status := p.getDirect(t, "/apis/kubenova.io/v1alpha1/clusters", header); status != http.StatusUnauthorized && status != http.StatusForbidden {
			t.Errorf("native door, %s: %d, want 401 or 403", name, status)
		}
	}
}

func (p *Platform) get(t *testing.T, path string, header http.Header) (int, []byte) {
	t.Helper()
	return do(t, http.DefaultClient, http.MethodGet, p.RESTURL+path, header, "")
}

func (p *Platform) post(t *testing.T, path, token, body string) (int, []byte) {
	t.Helper()
	header := http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}}
	return do(t, http.DefaultClient, http.MethodPost, p.RESTURL+path, header, body)
}

func (p *Platform) getDirect(t *testing.T, path string, header http.Header) int {
	t.Helper()
	status, _ := do(t, insecureClient(), http.MethodGet, p.DirectURL+path, header, "")
	return status
}

// insecureClient takes the self-signed certificate of the test servers.
func insecureClient() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
}

func do(t *testing.T, client *http.Client, method, url string, header http.Header, body string) (int, []byte) {
	t.Helper()
	req := must(http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body)))(t)
	req.Header = header.Clone()
	response := must(client.Do(req))(t)
	defer response.Body.Close()
	return response.StatusCode, must(io.ReadAll(response.Body))(t)
}
