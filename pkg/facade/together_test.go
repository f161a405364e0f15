package facade_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestDeploysAtOnce deploys apps through both doors at the same time: each deploy
// has a revision of its own, and none is lost.
func TestDeploysAtOnce(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	made := d.grow(t, "t")
	const apps, each = 10, 2
	for i := range apps {
		name := fmt.Sprintf("app-%d", i)
		d.create(t, made.project+"/apps", `{"name":"`+name+`","components":[{"name":"web","type":"webservice","properties":{"image":"nginx"}}]}`)
		var wg sync.WaitGroup
		start, native := make(chan struct{}), make([]int64, each)
		for n := range each {
			wg.Go(func() {
				<-start
				got := d.call(t, "POST", made.project+"/apps/"+name+":deploy", "")
				if got.status != http.StatusAccepted {
					t.Errorf("REST: %d %s", got.status, got.body)
				}
			})
			wg.Go(func() {
				<-start
				done, err := server.Client.KubenovaV1alpha1().Apps("kn-t-tenant--t-project").Deploy(t.Context(), name, &v1alpha1.AppDeploy{}, metav1.CreateOptions{})
				if err != nil {
					t.Errorf("natively: %v", err)
					return
				}
				native[n] = done.Status.Revision
			})
		}
		close(start)
		wg.Wait()
		var revisions []struct{ Revision int64 }
		if err := json.Unmarshal([]byte(d.call(t, "GET", made.project+"/apps/"+name+"/revisions", "").body), &revisions); err != nil {
			t.Fatal(err)
		}
		var numbers []int64
		for _, r := range revisions {
			numbers = append(numbers, r.Revision)
		}
		slices.Sort(numbers)
		if !slices.Equal(numbers, []int64{1, 2, 3, 4}) || native[0] == native[1] {
			t.Errorf("%s has revisions %v; natively they were answered with %v", name, numbers, native)
		}
	}
}
