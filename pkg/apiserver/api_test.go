package apiserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	applyconfiguration "github.com/kubenova/kubenova/pkg/generated/applyconfiguration/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// objects makes objects of the API in tests; each method fails the test on error.
type objects struct {
	t *testing.T
	client.KubenovaV1alpha1Interface
}

func start(t *testing.T) objects {
	t.Helper()
	return objects{t, testserver.Start(t).Client.KubenovaV1alpha1()}
}

func (o objects) cluster(name string) *v1alpha1.Cluster {
	o.t.Helper()
	created, err := o.Clusters().Create(o.t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	return must(o.t, created, err)
}

func (o objects) tenant(name, cluster string, owners ...v1alpha1.Subject) *v1alpha1.Tenant {
	o.t.Helper()
	created, err := o.Tenants().Create(o.t.Context(), newTenant(name, cluster, owners...), metav1.CreateOptions{})
	return must(o.t, created, err)
}

func newTenant(name, cluster string, owners ...v1alpha1.Subject) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: cluster}, Owners: owners},
	}
}

func (o objects) project(tenant, name string) *v1alpha1.Project {
	o.t.Helper()
	project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name}}
	created, err := o.Projects(v1alpha1.TenantNamespace(tenant)).Create(o.t.Context(), project, metav1.CreateOptions{})
	return must(o.t, created, err)
}

func (o objects) app(tenant, project, name string, components ...v1alpha1.Component) *v1alpha1.App {
	o.t.Helper()
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.AppSpec{Components: components}}
	created, err := o.Apps(v1alpha1.ProjectNamespace(tenant, project)).Create(o.t.Context(), app, metav1.CreateOptions{})
	return must(o.t, created, err)
}

func must[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestServerSetsWhatItDerives(t *testing.T) {
	o := start(t)
	cluster := o.cluster("dev")
	tenant := o.tenant("acme", "dev")
	o.project("acme", "web")
	app := o.app("acme", "web", "hello")

	if got := tenant.Labels[v1alpha1.LabelCluster]; got != string(cluster.UID) {
		t.Errorf("label %s is %q, want the uid of the cluster, %q", v1alpha1.LabelCluster, got, cluster.UID)
	}
	if got := tenant.Finalizers; len(got) != 1 || got[0] != v1alpha1.FinalizerCleanup {
		t.Errorf("finalizers of the tenant are %v", got)
	}
	if app.Labels[v1alpha1.LabelTenant] != "acme" || app.Labels[v1alpha1.LabelProject] != "web" {
		t.Errorf("labels of the app are %v", app.Labels)
	}
	if got := *app.Spec.RevisionHistoryLimit; got != 10 {
		t.Errorf("revisionHistoryLimit defaults to %d, want 10", got)
	}
	if app.Generation != 1 || app.Status.Phase != v1alpha1.AppPending {
		t.Errorf("a new app has generation %d and phase %q", app.Generation, app.Status.Phase)
	}
}

func TestBadObjectsAreRefusedNamingTheField(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	o.tenant("acme", "dev")
	o.project("acme", "web")
	for name, test := range map[string]struct {
		create func(context.Context) error
		field  string
	}{
		"reserved tenant": {o.createTenant(newTenant("kube-evil", "dev")), "metadata.name"},
		"separator":       {o.createTenant(newTenant("a--b", "dev")), "metadata.name"},
		"too long":        {o.createTenant(newTenant(strings.Repeat("a", 29), "dev")), "metadata.name"},
		"no cluster":      {o.createTenant(newTenant("x", "")), "spec.clusterRef.name"},
		"unknown cluster": {o.createTenant(newTenant("x", "nowhere")), "spec.clusterRef.name"},
		"system owner":    {o.createTenant(newTenant("x", "dev", v1alpha1.Subject{Kind: "User", Name: "system:admin"})), "spec.owners[0].name"},
		"unknown kind":    {o.createTenant(newTenant("x", "dev", v1alpha1.Subject{Kind: "Robot", Name: "r2"})), "spec.owners[0].kind"},
		"owner twice": {o.createTenant(newTenant("x", "dev", v1alpha1.Subject{Kind: "User", Name: "a"},
			v1alpha1.Subject{Kind: "User", Name: "a"})), "spec.owners[1]"},
		"foreign namespace": {o.createProject("default", "web"), "metadata.namespace"},
		"app component name": {o.createApp("kn-acme--web", &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "x"},
			Spec: v1alpha1.AppSpec{Components: []v1alpha1.Component{{Name: "Not A Label", Type: "webservice"}}}}), "spec.components[0].name"},
		"app trait for nobody": {o.createApp("kn-acme--web", &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "x"},
			Spec: v1alpha1.AppSpec{Traits: []v1alpha1.AppTrait{{Trait: v1alpha1.Trait{Type: "scaler"}, Component: "web"}}}}), "spec.traits[0].component"},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.create(t.Context())
			if !apierrors.IsInvalid(err) {
				t.Fatalf("got %v, want an Invalid error", err)
			}
			var status apierrors.APIStatus = err.(*apierrors.StatusError)
			for _, cause := range status.Status().Details.Causes {
				if cause.Field == test.field {
					return
				}
			}
			t.Errorf("no cause names %s: %v", test.field, err)
		})
	}
}

func (o objects) createTenant(tenant *v1alpha1.Tenant) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := o.Tenants().Create(ctx, tenant, metav1.CreateOptions{})
		return err
	}
}

func (o objects) createProject(namespace, name string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := o.Projects(namespace).Create(ctx, &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
		return err
	}
}

func (o objects) createApp(namespace string, app *v1alpha1.App) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := o.Apps(namespace).Create(ctx, app, metav1.CreateOptions{})
		return err
	}
}

func TestObjectsNeedALivingParent(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	o.tenant("acme", "dev")
	if err := o.createProject("kn-nobody", "web")(t.Context()); !apierrors.IsNotFound(err) {
		t.Errorf("a project of no tenant: got %v, want NotFound", err)
	}
	if err := o.createApp("kn-acme--web", &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "x"}})(t.Context()); !apierrors.IsNotFound(err) {
		t.Errorf("an app of no project: got %v, want NotFound", err)
	}
	// The cleanup finalizer keeps the tenant, so that it is being deleted.
	if err := o.Tenants().Delete(t.Context(), "acme", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := o.createProject("kn-acme", "web")(t.Context()); !apierrors.IsForbidden(err) {
		t.Errorf("a project of a tenant that is being deleted: got %v, want Forbidden", err)
	}
}

func TestClusterWithTenantsStays(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	o.cluster("empty")
	o.tenant("acme", "dev")
	err := o.Clusters().Delete(t.Context(), "dev", metav1.DeleteOptions{})
	if !apierrors.IsConflict(err) || !strings.Contains(fmt.Sprint(err.(*apierrors.StatusError).Status().Details.Causes), "acme") {
		t.Errorf("deleting a cluster with a tenant: got %v, want a Conflict that names it", err)
	}
	err = o.Clusters().DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
	if !apierrors.IsConflict(err) {
		t.Errorf("deleting all clusters: got %v, want a Conflict", err)
	}
	if _, err := o.Clusters().Get(t.Context(), "dev", metav1.GetOptions{}); err != nil {
		t.Errorf("the cluster with a tenant: %v", err)
	}
}

func TestFieldSelectors(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	o.cluster("prod")
	ann := v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: "ann"}
	acme := o.tenant("acme", "dev", ann, v1alpha1.Subject{Name: "ben"})
	o.tenant("umbrella", "prod", ann, v1alpha1.Subject{Kind: v1alpha1.SubjectGroup, Name: "devs"},
		v1alpha1.Subject{Kind: v1alpha1.SubjectServiceAccount, Name: "system:serviceaccount:ci:bot"})
	o.project("acme", "web")
	o.project("umbrella", "web")
	o.app("acme", "web", "hello")
	o.app("umbrella", "web", "hello")

	for selector, want := range map[string]int{
		"spec.clusterRef.name=dev":              1,
		"metadata.uid=" + string(acme.UID):      1,
		"metadata.uid=unknown":                  0,
		"metadata.name=acme":                    1,
		"spec.clusterRef.name!=dev":             1,
		"metadata.name=acme,metadata.uid=other": 0,

		"spec.owners.user=ann":                                    2,
		"spec.owners.user=ben":                                    1,
		"spec.owners.user=ben,spec.owners.user=ann":               1,
		"spec.owners.user!=ben":                                   1,
		"spec.owners.user!=ann":                                   0,
		"spec.owners.user=ann,spec.clusterRef.name=prod":          1,
		"spec.owners.user=":                                       0,
		"spec.owners.user=devs":                                   0,
		"spec.owners.group=devs":                                  1,
		"spec.owners.serviceAccount=system:serviceaccount:ci:bot": 1,
	} {
		list, err := o.Tenants().List(t.Context(), metav1.ListOptions{FieldSelector: selector})
		if err != nil || len(list.Items) != want {
			t.Errorf("tenants by %s: %d, %v; want %d", selector, len(list.Items), err, want)
		}
	}
	for selector, want := range map[string]int{
		"tenant=acme": 1, "project=web": 2, "tenant=acme,project=web": 1, "status.phase=Pending": 2, "status.phase=Running": 0,
	} {
		list, err := o.Apps(metav1.NamespaceAll).List(t.Context(), metav1.ListOptions{FieldSelector: selector})
		if err != nil || len(list.Items) != want {
			t.Errorf("apps by %s: %d, %v; want %d", selector, len(list.Items), err, want)
		}
	}
	if _, err := o.Tenants().List(t.Context(), metav1.ListOptions{FieldSelector: "spec.color=red"}); !apierrors.IsBadRequest(err) {
		t.Errorf("selecting by an unknown field: got %v, want BadRequest", err)
	}
}

func TestServerSideApply(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	manifest := `{"apiVersion":"kubenova.io/v1alpha1","kind":"Tenant","metadata":{"name":"acme","labels":{"team":"a"}},
		"spec":{"clusterRef":{"name":"dev"},"owners":[{"kind":"User","name":"alice"}]}}`
	apply := func(manager, data string, options metav1.PatchOptions) (*v1alpha1.Tenant, error) {
		options.FieldManager = manager
		return o.Tenants().Patch(t.Context(), "acme", types.ApplyPatchType, []byte(data), options)
	}
	created := must2(apply("kubectl", manifest, metav1.PatchOptions{}))(t)
	again := must2(apply("kubectl", manifest, metav1.PatchOptions{}))(t)
	if created.ResourceVersion != again.ResourceVersion {
		t.Errorf("applying the same manifest twice wrote: %s, then %s", created.ResourceVersion, again.ResourceVersion)
	}
	other := `{"apiVersion":"kubenova.io/v1alpha1","kind":"Tenant","metadata":{"name":"acme"},"spec":{"clusterRef":{"name":"dev"},"owners":[{"kind":"User","name":"bob"}]}}`
	merged := must2(apply("gitops", other, metav1.PatchOptions{}))(t)
	if len(merged.Spec.Owners) != 2 {
		t.Errorf("two managers with an owner each made %v", merged.Spec.Owners)
	}
	relabelled := strings.Replace(manifest, `"team":"a"`, `"team":"b"`, 1)
	if _, err := apply("gitops", relabelled, metav1.PatchOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("taking a field of another manager: got %v, want a Conflict", err)
	}
}

func must2[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		return must(t, value, err)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	o.tenant("acme", "dev")
	o.project("acme", "web")
	o.app("acme", "web", "hello", webservice("nginx"))
	dryRun := []string{metav1.DryRunAll}
	apps, ctx := o.Apps("kn-acme--web"), t.Context()

	_, err := o.Tenants().Create(ctx, newTenant("other", "dev"), metav1.CreateOptions{DryRun: dryRun})
	must(t, 0, err)
	_, err = o.Clusters().Patch(ctx, "dev", types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{DryRun: dryRun})
	must(t, 0, err)
	deploy, err := apps.Deploy(ctx, "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{DryRun: dryRun})
	if must(t, deploy, err); deploy.Status.Revision != 1 || len(deploy.Status.Rendered.Components) != 1 {
		t.Errorf("a dry run of a deploy answered %+v", deploy.Status)
	}
	_, err = o.Clusters().CreateKubeconfig(ctx, "dev", kubeconfigOf("https://127.0.0.1:1", "token"), metav1.CreateOptions{DryRun: dryRun})
	must(t, 0, err)
	_, err = o.Clusters().CreateBootstrap(ctx, "dev", &v1alpha1.ClusterBootstrap{Spec: v1alpha1.ClusterBootstrapSpec{Component: v1alpha1.ComponentTenancy}}, metav1.CreateOptions{DryRun: dryRun})
	must(t, 0, err)
	must(t, 0, o.Tenants().Delete(ctx, "acme", metav1.DeleteOptions{DryRun: dryRun}))

	if _, err := o.Tenants().Get(ctx, "other", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a dry run created a tenant: %v", err)
	}
	cluster := must2(o.Clusters().Get(ctx, "dev", metav1.GetOptions{}))(t)
	if cluster.Generation != 1 || len(cluster.Labels) != 0 || cluster.Spec.CredentialsRevision != 0 || len(cluster.Spec.Components) != 0 {
		t.Errorf("dry runs changed the cluster: %+v", cluster)
	}
	if _, err := o.Clusters().GetKubeconfig(ctx, "dev", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a dry run stored credentials: %v", err)
	}
	if tenant := must2(o.Tenants().Get(ctx, "acme", metav1.GetOptions{}))(t); tenant.DeletionTimestamp != nil {
		t.Error("a dry run deleted a tenant")
	}
	if revisions := must2(o.AppRevisions("kn-acme--web").List(ctx, metav1.ListOptions{}))(t); len(revisions.Items) != 0 {
		t.Errorf("a dry run made %d revisions", len(revisions.Items))
	}
}

func TestStatusAndSpecKeepApart(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	tenant := o.tenant("acme", "dev")
	tenant.Spec.Owners = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "mallory"}}
	tenant.Labels["team"] = "mallory"
	tenant.Status.Namespaces = 3
	updated := must2(o.Tenants().UpdateStatus(t.Context(), tenant, metav1.UpdateOptions{}))(t)
	if len(updated.Spec.Owners) != 0 || updated.Labels["team"] != "" || updated.Status.Namespaces != 3 || updated.Generation != 1 {
		t.Errorf("a status update made %+v", updated)
	}
	updated.Status.Namespaces = 9
	updated.Spec.Owners = []v1alpha1.Subject{{Kind: v1alpha1.SubjectUser, Name: "alice"}}
	updated = must2(o.Tenants().Update(t.Context(), updated, metav1.UpdateOptions{}))(t)
	if len(updated.Spec.Owners) != 1 || updated.Status.Namespaces != 3 || updated.Generation != 2 {
		t.Errorf("an update made %+v", updated)
	}
	updated.Spec.ClusterRef.Name = "elsewhere"
	if _, err := o.Tenants().Update(t.Context(), updated, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("moving a tenant: got %v, want Invalid", err)
	}
	bad := updated.DeepCopy()
	bad.Spec.ClusterRef.Name = "dev"
	bad.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "Maybe"}}
	if _, err := o.Tenants().UpdateStatus(t.Context(), bad, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("a condition that is Maybe: got %v, want Invalid", err)
	}
}

func webservice(image string) v1alpha1.Component {
	return v1alpha1.Component{Name: "web", Type: "webservice", Properties: rawObject(map[string]any{"image": image})}
}

func TestConcurrentDeploysEachMakeARevision(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	o.tenant("acme", "dev")
	o.project("acme", "web")
	o.app("acme", "web", "hello", webservice("nginx"))
	apps := o.Apps("kn-acme--web")
	const deploys = 8
	var wg sync.WaitGroup
	numbers := make([]int64, deploys)
	for i := range deploys {
		wg.Go(func() {
			answer, err := apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{})
			if err != nil {
				t.Errorf("deploy %d: %v", i, err)
				return
			}
			numbers[i] = answer.Status.Revision
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, number := range numbers {
		if number < 1 || number > deploys || seen[number] {
			t.Errorf("revisions are %v, want each of 1 to %d once", numbers, deploys)
		}
		seen[number] = true
	}
	revision := must2(o.AppRevisions("kn-acme--web").Get(t.Context(), "hello-1", metav1.GetOptions{}))(t)
	revision.Spec.Rendered.Components = nil
	if _, err := o.AppRevisions("kn-acme--web").Update(t.Context(), revision, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("changing a revision: got %v, want Invalid", err)
	}
}

func TestTables(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	o.tenant("acme", "dev")
	for path, want := range map[string][]string{
		"clusters": {"Name", "Connected", "Tenancy", "Delivery", "Version", "Message", "Age"},
		"tenants":  {"Name", "Cluster", "Owners", "Plan", "Namespaces", "Ready", "Message", "Age"},
		"projects": {"Name", "Tenant", "Target-Namespace", "Ready", "Message", "Age"},
		"apps":     {"Name", "Phase", "Healthy", "Revision", "Message", "Age"},
	} {
		raw, err := o.RESTClient().Get().AbsPath("/apis/kubenova.io/v1alpha1/"+path).
			SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(t.Context())
		table := &metav1.Table{}
		if err == nil {
			err = json.Unmarshal(raw, table)
		}
		if must(t, 0, err); len(table.ColumnDefinitions) != len(want) {
			t.Fatalf("%s has columns %v, want %v", path, table.ColumnDefinitions, want)
		}
		for i, column := range table.ColumnDefinitions {
			if column.Name != want[i] {
				t.Errorf("column %d of %s is %s, want %s", i, path, column.Name, want[i])
			}
		}
		for _, row := range table.Rows {
			if len(row.Cells) != len(want) {
				t.Errorf("a row of %s has %d cells, want %d", path, len(row.Cells), len(want))
			}
		}
	}
}

// TestStreamedList asks for a list as a watch, as informers do.
func TestStreamedList(t *testing.T) {
	o := start(t)
	o.cluster("one")
	o.cluster("two")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	sendInitialEvents := true
	watcher := must2(o.Clusters().Watch(ctx, metav1.ListOptions{
		SendInitialEvents: &sendInitialEvents, AllowWatchBookmarks: true,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	}))(t)
	defer watcher.Stop()
	var seen []string
	for event := range watcher.ResultChan() {
		cluster := event.Object.(*v1alpha1.Cluster)
		if event.Type == watch.Bookmark {
			if cluster.Annotations[metav1.InitialEventsAnnotationKey] != "true" {
				continue
			}
			if strings.Join(seen, " ") != "one two" {
				t.Errorf("the list streamed %v", seen)
			}
			return
		}
		seen = append(seen, cluster.Name)
	}
	t.Error("the streamed list never ended")
}

// TestExtract reads back what one manager applied, by the generated schema.
func TestExtract(t *testing.T) {
	o := start(t)
	o.cluster("dev")
	applied := applyconfiguration.Tenant("acme").WithSpec(applyconfiguration.TenantSpec().
		WithClusterRef(applyconfiguration.LocalReference().WithName("dev")).
		WithOwners(applyconfiguration.Subject().WithKind(v1alpha1.SubjectUser).WithName("alice")))
	must2(o.Tenants().Apply(t.Context(), applied, metav1.ApplyOptions{FieldManager: "mine"}))(t)
	bob := applyconfiguration.Tenant("acme").WithSpec(applyconfiguration.TenantSpec().
		WithOwners(applyconfiguration.Subject().WithKind(v1alpha1.SubjectUser).WithName("bob")))
	tenant := must2(o.Tenants().Apply(t.Context(), bob, metav1.ApplyOptions{FieldManager: "theirs"}))(t)

	mine := must2(applyconfiguration.ExtractTenant(tenant, "mine"))(t)
	if len(mine.Spec.Owners) != 1 || *mine.Spec.Owners[0].Name != "alice" {
		t.Errorf("the first manager owns %+v", mine.Spec.Owners)
	}
}
