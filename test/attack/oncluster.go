package attack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// developerOnCluster are the attacks that go past the admission of KubeNova, and look
// on the cluster at what KubeVela and RBAC make of them.
func developerOnCluster() []Attack {
	attacks := []Attack{
		{Name: "claim another identity in the app's own annotations", Needs: Everything, Try: claimIdentity,
			Expected: "delivered as the deployer of the project"},
		{Name: "forge a revision", Needs: Everything, Try: forgeRevision,
			Expected: "Failed RevisionNotAllowed; nothing was delivered"},
	}
	for _, way := range []struct{ name, kind, path, object string }{
		{"an object elsewhere", "configmaps", "/api/v1/namespaces/kube-system/configmaps/%s",
			`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s","namespace":"kube-system"}}`},
		{"an object of the cluster", "clusterroles", "/apis/rbac.authorization.k8s.io/v1/clusterroles/%s",
			`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"%s"}}`},
		{"rights", "rolebindings", "/apis/rbac.authorization.k8s.io/v1/namespaces/{space}/rolebindings/%s",
			`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"%s"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"admin"}}`},
		{"definitions", "componentdefinitions", "/apis/core.oam.dev/v1beta1/namespaces/{space}/componentdefinitions/%s",
			`{"apiVersion":"core.oam.dev/v1beta1","kind":"ComponentDefinition","metadata":{"name":"%s"},"spec":{"workload":{"type":"autodetects.core.oam.dev"}}}`},
	} {
		attacks = append(attacks, Attack{
			Name: "as the deployer itself, " + way.name, Needs: Everything, Expected: "refused; it was not made",
			Try: func(ctx context.Context, f *Field) string {
				return f.asDeployer(ctx, way.kind, strings.ReplaceAll(way.path, "{space}", f.mine.space()), way.object)
			},
		})
	}
	return attacks
}

// claimIdentity deploys an app whose annotations name an administrator.
func claimIdentity(ctx context.Context, f *Field) string {
	session, err := f.native(f.mine.devName)
	if err != nil {
		return "error: " + err.Error()
	}
	app := `{"apiVersion":"kubenova.io/v1alpha1","kind":"App","metadata":{"name":"claims","annotations":{"app.oam.dev/username":"admin","app.oam.dev/group":"system:masters",
		"app.oam.dev/service-account-name":"kubevela-vela-core"}},"spec":{"components":[{"name":"web","type":"webservice","properties":{"image":"nginx"}}]}}`
	defer session.do(ctx, http.MethodDelete, f.mine.apps()+"/claims", "")
	if err := session.do(ctx, http.MethodPost, f.mine.apps(), app).must(nil); err != nil {
		return "error: " + err.Error()
	}
	if err := session.do(ctx, http.MethodPost, f.mine.apps()+"/claims/deploy", `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppDeploy"}`).must(nil); err != nil {
		return "error: " + err.Error()
	}
	var delivered object
	if problem := until(ctx, settle, func() string {
		if err := f.root.do(ctx, http.MethodGet, "/apis/core.oam.dev/v1beta1/namespaces/"+f.mine.space()+"/applications/claims", "").must(&delivered); err != nil {
			return err.Error()
		}
		return ""
	}); problem != "" {
		return "error: " + problem
	}
	const user, group, account = "app.oam.dev/username", "app.oam.dev/group", "app.oam.dev/service-account-name"
	says := delivered.Metadata.Annotations
	if says[user] != "kubenova:deployer:"+f.mine.name+":web" || says[group] != "kubevela:kubenova-deployers" || says[account] != "" {
		return fmt.Sprintf("delivered as %q of %q with account %q", says[user], says[group], says[account])
	}
	return "delivered as the deployer of the project"
}

// forgeRevision writes a revision that no deploy makes, as whoever may write
// revisions could.
func forgeRevision(ctx context.Context, f *Field) string {
	for _, made := range [][2]string{
		{"apps", `{"apiVersion":"kubenova.io/v1alpha1","kind":"App","metadata":{"name":"forged"},"spec":{"components":[{"name":"web","type":"webservice","properties":{"image":"nginx"}}]}}`},
		{"apprevisions", `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppRevision","metadata":{"name":"forged-1"},"spec":{"app":"forged","revision":1,"rendered":{"components":[{"name":"web","type":"k8s-objects",
			"properties":{"objects":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"forged","namespace":"default"}}]}}]}}}`},
	} {
		if err := f.root.do(ctx, http.MethodPost, strings.TrimSuffix(f.mine.apps(), "apps")+made[0], made[1]).must(nil); err != nil {
			return "error: " + err.Error()
		}
	}
	defer f.root.do(ctx, http.MethodDelete, f.mine.apps()+"/forged", "")
	var seen string
	until(ctx, settle, func() string {
		var app object
		if err := f.root.do(ctx, http.MethodGet, f.mine.apps()+"/forged", "").must(&app); err != nil {
			return err.Error()
		}
		seen = app.Status.Phase + " " + app.condition("Ready").Reason
		if app.Status.Phase != "Failed" {
			return seen
		}
		return ""
	})
	if got := f.root.do(ctx, http.MethodGet, "/apis/core.oam.dev/v1beta1/namespaces/"+f.mine.space()+"/applications/forged", ""); got.code != http.StatusNotFound {
		return seen + "; it was delivered"
	}
	return seen + "; nothing was delivered"
}

// asDeployer writes an Application with the identity of the project's deployer.
func (f *Field) asDeployer(ctx context.Context, name, path, object string) string {
	deployer, err := f.native("kubenova:deployer:"+f.mine.name+":web", "kubevela:kubenova-deployers")
	if err != nil {
		return "error: " + err.Error()
	}
	made := name + "-" + f.id
	object = strings.ReplaceAll(object, "%s", made)
	applications := "/apis/core.oam.dev/v1beta1/namespaces/" + f.mine.space() + "/applications"
	got := deployer.do(ctx, http.MethodPost, applications, `{"apiVersion":"core.oam.dev/v1beta1","kind":"Application","metadata":{"name":"`+made+`"},
		"spec":{"components":[{"name":"x","type":"k8s-objects","properties":{"objects":[`+object+`]}}]}}`)
	defer f.root.do(ctx, http.MethodDelete, applications+"/"+made, "")
	seen := "refused"
	if got.code < http.StatusBadRequest {
		seen = until(ctx, settle, func() string {
			if said := f.root.do(ctx, http.MethodGet, applications+"/"+made, ""); !strings.Contains(said.body, "forbidden") {
				return "not refused: " + said.body
			}
			return ""
		})
		seen = or(seen, "refused")
	}
	if found := f.root.do(ctx, http.MethodGet, strings.ReplaceAll(path, "%s", made), ""); found.code != http.StatusNotFound {
		return seen + "; it was made: " + found.String()
	}
	return seen + "; it was not made"
}
