package controllers_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/test/memorycluster"
)

const (
	grantSecret  = "/api/v1/namespaces/kubenova-access/secrets/grant"
	grantAccount = "/api/v1/namespaces/kubenova-access/serviceaccounts/alice-1"
	grantOwner   = "/apis/capsule.clastix.io/v1beta2/tenantowners/kubenova-grant-alice-1"
	grantBinding = "/apis/rbac.authorization.k8s.io/v1/namespaces/acme--web/rolebindings/kubenova-grant-alice-1"
)

// issued puts what an issued kubeconfig of the tenant is onto the cluster.
func (p *platform) issued() {
	p.target.Set(func(c *memorycluster.Cluster) {
		for path, kind := range map[string]string{grantSecret: "Secret", grantAccount: "ServiceAccount", grantOwner: "TenantOwner", grantBinding: "RoleBinding"} {
			object := &unstructured.Unstructured{Object: map[string]any{"kind": kind}}
			object.SetAPIVersion("v1")
			object.SetName(path[strings.LastIndex(path, "/")+1:])
			if _, rest, found := strings.Cut(path, "/namespaces/"); found {
				namespace, _, _ := strings.Cut(rest, "/")
				object.SetNamespace(namespace)
			}
			if kind == "Secret" || kind == "ServiceAccount" {
				object.SetLabels(map[string]string{v1alpha1.LabelTenant: "acme"})
			}
			c.Store(path, object, "ADDED")
		}
	})
}

func (p *platform) labelsOf(path string) (labels map[string]string) {
	p.target.Set(func(c *memorycluster.Cluster) { labels = c.Objects[path].GetLabels() })
	return labels
}

func (p *platform) records() []v1alpha1.OrphanRecord {
	p.Helper()
	list, err := p.api.OrphanRecords().List(p.Context(), metav1.ListOptions{})
	p.must(err)
	return list.Items
}

// dead has the cluster hang, with the controllers started anew.
func (p *platform) dead(stop func()) func() {
	stop()
	p.target.Set(func(c *memorycluster.Cluster) { c.Hang = true })
	p.target.CloseClientConnections()
	stop = p.start()
	eventually(p.T, "the cluster to be away", func() bool {
		cluster, err := p.api.Clusters().Get(p.Context(), "dev", metav1.GetOptions{})
		p.must(err)
		return meta.IsStatusConditionFalse(cluster.Status.Conditions, v1alpha1.ClusterConnected)
	})
	return stop
}

func orphan() metav1.DeleteOptions {
	policy := metav1.DeletePropagationOrphan
	return metav1.DeleteOptions{PropagationPolicy: &policy}
}

// TestOrphanOfADeadCluster deletes a tenant whose cluster is away: first as usual,
// which waits and says so, then with orphan, which does not. When the cluster is
// back, rights and labels go, and what runs stays.
func TestOrphanOfADeadCluster(t *testing.T) {
	p := newPlatform(t)
	stop := p.start()
	p.create()
	p.change(func() error {
		project, err := p.api.Projects("kn-acme").Get(t.Context(), "web", metav1.GetOptions{})
		p.must(err)
		project.Spec.Access = []v1alpha1.ProjectMember{{Name: "dan", Role: v1alpha1.RoleProjectDev}}
		_, err = p.api.Projects("kn-acme").Update(t.Context(), project, metav1.UpdateOptions{})
		return err
	})
	const member = "/apis/rbac.authorization.k8s.io/v1/namespaces/acme--web/rolebindings/kubenova-project-dev"
	eventually(t, "the app to run", func() bool { return p.running(1) && slices.Contains(p.target.Names(), member) })
	p.issued()
	stop = p.dead(stop)

	p.must(p.api.Tenants().Delete(t.Context(), "acme", metav1.DeleteOptions{}))
	var waiting *metav1.Condition
	eventually(t, "the project to say what it waits for", func() bool {
		project, err := p.api.Projects("kn-acme").Get(t.Context(), "web", metav1.GetOptions{})
		p.must(err)
		waiting = meta.FindStatusCondition(project.Status.Conditions, v1alpha1.ConditionDeleting)
		return waiting != nil
	})
	if waiting.Reason != "AppsRemain" || !strings.Contains(waiting.Message, "hello") || !strings.Contains(waiting.Message, waiting.LastTransitionTime.UTC().Format(time.RFC3339)) {
		t.Errorf("the project waits for %+v", waiting)
	}
	eventually(t, "the app to wait for the cluster", func() bool {
		waiting := meta.FindStatusCondition(p.app().Status.Conditions, v1alpha1.ConditionDeleting)
		return waiting != nil && waiting.Reason == "ClusterUnavailable" && strings.Contains(waiting.Message, "with orphan")
	})
	if p.tenantGone() {
		t.Fatal("the tenant went without its cluster")
	}

	start := time.Now()
	p.must(p.api.Tenants().Delete(t.Context(), "acme", orphan()))
	eventually(t, "the tenant to go without its cluster", p.tenantGone)
	t.Logf("gone after %s", time.Since(start))
	if records := p.records(); len(records) != 1 || records[0].Spec.Tenant != "acme" || records[0].Spec.Project != "" {
		t.Fatalf("the records are %+v", records)
	}

	// A tenant that takes the name meanwhile gets nothing of it.
	_, err := p.api.Tenants().Create(t.Context(), &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme"}, Spec: v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: "dev"}},
	}, metav1.CreateOptions{})
	p.must(err)
	stop()
	p.target.Set(func(c *memorycluster.Cluster) { c.Hang, c.Writes = false, nil })
	p.start()
	eventually(t, "the record to be carried out", func() bool { return len(p.records()) == 0 })
	for _, gone := range []string{grantSecret, grantAccount, grantOwner, grantBinding, wanted()[1], member} {
		if slices.Contains(p.target.Names(), gone) {
			t.Errorf("%s is left", gone)
		}
	}
	for _, stays := range []string{wanted()[0], wanted()[2], wanted()[3]} {
		if !slices.Contains(p.target.Names(), stays) {
			t.Errorf("%s is gone", stays)
		}
	}
	if labels := p.labelsOf(wanted()[0]); labels[v1alpha1.LabelProject] != v1alpha1.ProjectLetGo {
		t.Errorf("the namespace has the labels %v", labels)
	}
	if labels := p.labelsOf(wanted()[2]); labels[v1alpha1.LabelTenant] != "" {
		t.Errorf("the Capsule Tenant has the labels %v", labels)
	}
	if p.target.Writes[0] != "delete "+grantSecret {
		t.Errorf("tokens were not ended first, but after %v", p.target.Writes[:1])
	}
	eventually(t, "the other tenant to be told", func() bool {
		other, err := p.api.Tenants().Get(t.Context(), "acme", metav1.GetOptions{})
		p.must(err)
		ready := meta.FindStatusCondition(other.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Reason == "TenantNotOurs"
	})
}

// TestOrphanOfAProject lets go of one project of a tenant that stays.
func TestOrphanOfAProject(t *testing.T) {
	p := newPlatform(t)
	p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	p.must(p.api.Projects("kn-acme").Delete(t.Context(), "web", orphan()))
	eventually(t, "the namespace to be let go of", func() bool {
		return len(p.records()) == 0 && p.labelsOf(wanted()[0])[v1alpha1.LabelProject] == v1alpha1.ProjectLetGo
	})
	if !slices.Contains(p.target.Names(), wanted()[3]) || p.labelsOf(wanted()[2])[v1alpha1.LabelTenant] != "acme" {
		t.Errorf("on the cluster: %v", p.target.Names())
	}
	eventually(t, "the project to go", func() bool {
		_, err := p.api.Projects("kn-acme").Get(t.Context(), "web", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
	_, err := p.api.Projects("kn-acme").Create(t.Context(), &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "web"}}, metav1.CreateOptions{})
	p.must(err)
	eventually(t, "another project of the name to be refused", func() bool {
		project, err := p.api.Projects("kn-acme").Get(t.Context(), "web", metav1.GetOptions{})
		p.must(err)
		ready := meta.FindStatusCondition(project.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Reason == "NamespaceNotOurs"
	})
}

// TestOrphanIsForgottenWithTheCluster has a record whose cluster is taken off.
func TestOrphanIsForgottenWithTheCluster(t *testing.T) {
	p := newPlatform(t)
	p.start()
	cluster, err := p.api.Clusters().Get(t.Context(), "dev", metav1.GetOptions{})
	p.must(err)
	_, err = p.api.OrphanRecords().Create(t.Context(), &v1alpha1.OrphanRecord{
		ObjectMeta: metav1.ObjectMeta{Name: "of-another"},
		Spec:       v1alpha1.OrphanRecordSpec{ClusterRef: v1alpha1.LocalReference{Name: "dev"}, ClusterUID: "not-" + string(cluster.UID)[4:], Tenant: "acme"},
	}, metav1.CreateOptions{})
	p.must(err)
	eventually(t, "the record to go", func() bool { return len(p.records()) == 0 })
	if writes := p.target.CountWrites(); writes != 0 {
		t.Errorf("%d writes to a cluster that only has the name", writes)
	}
}

// TestOrphanNeedsNoCollector lets go of a tenant that has what is on no cluster. There
// is no garbage collector here that would take its own finalizers off.
func TestOrphanNeedsNoCollector(t *testing.T) {
	p := newPlatform(t)
	p.start()
	p.create()
	for _, name := range []string{"first", "second"} {
		_, err := p.api.PolicySets("kn-acme").Create(t.Context(), &v1alpha1.PolicySet{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
		p.must(err)
	}
	p.must(p.api.PolicySets("kn-acme").Delete(t.Context(), "first", orphan()))
	if _, err := p.api.PolicySets("kn-acme").Get(t.Context(), "first", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a policy set that was deleted with orphan: %v", err)
	}
	p.must(p.api.Tenants().Delete(t.Context(), "acme", orphan()))
	eventually(t, "the tenant to go", p.tenantGone)
}
