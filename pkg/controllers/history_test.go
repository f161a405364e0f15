package controllers_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/test/memorycluster"
)

const appPath = "/clusters/dev/tenants/acme/projects/web/apps/hello"

// rest sends a request to the REST door and returns the answer.
func (p *platform) rest(method, path string, want int) string {
	p.Helper()
	request, err := http.NewRequestWithContext(p.Context(), method, p.server.URL+"/api/v1"+path, http.NoBody)
	p.must(err)
	response, err := http.DefaultClient.Do(request)
	p.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	p.must(err)
	if response.StatusCode != want {
		p.Fatalf("%s %s: %d %s", method, path, response.StatusCode, body)
	}
	return string(body)
}

// history are the revisions of the app with where they came from.
func (p *platform) history() string {
	p.Helper()
	list, err := p.api.AppRevisions("kn-acme--web").List(p.Context(), metav1.ListOptions{})
	p.must(err)
	out := make([]string, 0, len(list.Items))
	for _, r := range list.Items {
		out = append(out, fmt.Sprintf("%s<%d", r.Name, r.Spec.RollbackOf))
	}
	return strings.Join(out, " ")
}

// setImage changes the image of the app's component, and how many revisions it keeps.
func (p *platform) setImage(image string) {
	p.Helper()
	p.change(func() error {
		app, kept := p.app(), int32(5)
		app.Spec.RevisionHistoryLimit = &kept
		app.Spec.Components[0].Properties = &runtime.RawExtension{Raw: []byte(`{"image":"` + image + `"}`)}
		_, err := p.api.Apps(app.Namespace).Update(p.Context(), app, metav1.UpdateOptions{})
		return err
	})
}

// delivered is the Application of the app on its cluster, as JSON.
func (p *platform) delivered() (out string) {
	p.Helper()
	p.target.Set(func(c *memorycluster.Cluster) {
		object, found := c.Objects[wanted()[3]]
		if !found {
			return
		}
		raw, err := json.Marshal(object.Object["spec"])
		p.must(err)
		out = string(raw)
	})
	return out
}

// TestHistoryOutlivesTheCluster has the cluster of an app vanish for good: what was
// deployed can still be read, compared and rolled back to, and an empty cluster in
// its place gets what is meant to run.
func TestHistoryOutlivesTheCluster(t *testing.T) {
	p := newPlatform(t)
	p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	p.setImage("nginx:2")
	p.deploy()
	eventually(t, "the second revision to run", func() bool { return p.running(2) })
	runs := p.rest("GET", appPath+"/workflow/runs", 200)

	p.target.CloseClientConnections()
	p.target.Close()
	eventually(t, "the app to say that its cluster is away", func() bool {
		ready := meta.FindStatusCondition(p.app().Status.Conditions, v1alpha1.ConditionReady)
		return ready.Status == metav1.ConditionUnknown && ready.Reason == "ClusterUnavailable"
	})
	if got := p.history(); got != "hello-1<0 hello-2<0" {
		t.Errorf("the revisions are %s", got)
	}
	if got := p.rest("GET", appPath+"/workflow/runs", 200); got != runs || strings.Count(got, `"id"`) != 2 {
		t.Errorf("the runs are %s; they were %s", got, runs)
	}
	if got := p.rest("GET", appPath+"/diff/1/2", 200); !strings.Contains(got, `"old":"nginx","new":"nginx:2"`) {
		t.Errorf("they differ by %s", got)
	}
	p.rest("POST", appPath+":rollback", 202)
	p.setImage("nginx:4")
	p.deploy()
	p.rest("POST", appPath+":rollback", 202)
	if got := p.history(); got != "hello-1<0 hello-2<0 hello-3<1 hello-4<0 hello-5<3" {
		t.Errorf("after deploys without a cluster the revisions are %s", got)
	}

	p.target = newTarget(t)
	_, err := p.api.Clusters().CreateKubeconfig(t.Context(), "dev", &v1alpha1.ClusterKubeconfig{
		ObjectMeta: metav1.ObjectMeta{Name: "dev"}, Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: p.target.Kubeconfig()},
	}, metav1.CreateOptions{})
	p.must(err)
	eventually(t, "the app to run on the new cluster", func() bool { return slices.Equal(p.target.Names(), wanted()) && p.running(5) })
	if got := p.delivered(); !strings.Contains(got, `"image":"nginx"`) {
		t.Errorf("what runs is %s", got)
	}
	if got := p.history(); got != "hello-1<0 hello-2<0 hello-3<1 hello-4<0 hello-5<3" {
		t.Errorf("on the new cluster the revisions are %s", got)
	}
}
