package apiserver_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/admission/quota"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// tight are limits that a test meets.
var tight = quota.Limits{Projects: 3, Apps: 10, Members: 2}

// TestQuota has a tenant meet its limits through both doors, one replica.
func TestQuota(t *testing.T) {
	server := testserver.Start(t, func(o *standalone.Options) { o.Quota = tight })
	api := server.Client.KubenovaV1alpha1()
	grow(t, server.Client, "ours", "theirs")

	if err := membershiptest.Own(t.Context(), api, "ours", "a", "b", "c"); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "names 3 owners") {
		t.Errorf("three owners: %v", err)
	}
	for i := range 2 {
		if err := membershiptest.Join(t.Context(), api, "ours", fmt.Sprintf("p%d", i), "dev"); err != nil {
			t.Fatal(err)
		}
	}
	refused := membershiptest.Join(t.Context(), api, "ours", "more", "dev")
	if !apierrors.IsForbidden(refused) || !strings.Contains(refused.Error(), `the tenant "ours" has 3 projects, and may have 3`) {
		t.Errorf("a project too many: %v", refused)
	}
	status, body := post(t, server.URL, "/clusters/"+membershiptest.Cluster+"/tenants/ours/projects", `{"name":"more"}`, "more")
	if status != http.StatusForbidden || !strings.Contains(body, `"KN-403"`) || !strings.Contains(body, "may have 3") {
		t.Errorf("a project too many through REST: %d %s", status, body)
	}
	dry := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "dry"}}
	for range 20 {
		if _, err := api.Apps(v1alpha1.ProjectNamespace("ours", "web")).Create(t.Context(), dry, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
			t.Fatal(err)
		}
	}
	if made := flood(t, "ours", server.Client); made != tight.Apps {
		t.Errorf("%d apps were made of %d", made, tight.Apps)
	}
	if made := flood(t, "theirs", server.Client); made != tight.Apps {
		t.Errorf("another tenant made %d apps of %d", made, tight.Apps)
	}
	if err := membershiptest.RemoveApp(t.Context(), api, "ours", "web", first(t, server.Client)); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); membershiptest.AddApp(t.Context(), api, "ours", "web", "again") != nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatal("a deleted app counts")
		}
	}
}

// TestQuotaOverReplicas has two replicas create at once. They exceed the limit by
// what they did not hear of each other, and later not at all.
func TestQuotaOverReplicas(t *testing.T) {
	dataDir := t.TempDir()
	server := testserver.Start(t, func(o *standalone.Options) { o.DataDir, o.Quota = dataDir, tight })
	config := overEtcd(t, server.Etcd, apiserver.DefaultEtcdPrefix, filepath.Join(dataDir, "encryption.yaml"))
	config.Quota.Limits = tight
	config.Generic.AdmissionControl = admission.NewChainHandler(parents.New(config.Parents), quota.NewPlugin(config.Quota))
	run(t, config)
	second, err := config.InProcess.ClientFor(&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}})
	if err != nil {
		t.Fatal(err)
	}
	grow(t, server.Client, "ours")
	for begin := time.Now(); config.Quota.Apps.Check(nil) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the second replica does not count")
		}
	}
	made := flood(t, "ours", server.Client, second)
	t.Logf("%d apps were made of %d", made, tight.Apps)
	if made < tight.Apps || made > 2*tight.Apps {
		t.Errorf("%d apps were made of %d", made, tight.Apps)
	}
	time.Sleep(time.Second) // all have heard of all
	if more := flood(t, "ours", server.Client, second); more != 0 {
		t.Errorf("%d more apps were made", more)
	}
}

// grow makes tenants with a project.
func grow(t *testing.T, client versioned.Interface, tenants ...string) {
	t.Helper()
	api := client.KubenovaV1alpha1()
	cluster := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: membershiptest.Cluster}}
	if _, err := api.Clusters().Create(t.Context(), cluster, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, tenant := range tenants {
		if err := membershiptest.Own(t.Context(), api, tenant, "owner"); err != nil {
			t.Fatal(err)
		}
		if err := membershiptest.Join(t.Context(), api, tenant, "web", "dev"); err != nil {
			t.Fatal(err)
		}
	}
}

// flood makes many apps at once, and says how many there came to be.
func flood(t *testing.T, tenant string, clients ...versioned.Interface) int {
	t.Helper()
	var wg sync.WaitGroup
	var made atomic.Int64
	for i := range 40 {
		wg.Go(func() {
			app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{GenerateName: "app-"}}
			_, err := clients[i%len(clients)].KubenovaV1alpha1().Apps(v1alpha1.ProjectNamespace(tenant, "web")).Create(t.Context(), app, metav1.CreateOptions{})
			switch {
			case err == nil:
				made.Add(1)
			case !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "apps, and may have"):
				t.Errorf("making an app: %v", err)
			}
		})
	}
	wg.Wait()
	return int(made.Load())
}

// first returns an app of the tenant ours.
func first(t *testing.T, client versioned.Interface) string {
	t.Helper()
	apps, err := client.KubenovaV1alpha1().Apps(v1alpha1.ProjectNamespace("ours", "web")).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(apps.Items) == 0 {
		t.Fatalf("listing apps: %v", err)
	}
	return apps.Items[0].Name
}
