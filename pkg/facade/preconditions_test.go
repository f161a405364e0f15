package facade_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestIfMatch changes and deletes everything at the right version and at a wrong one.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	puts := []struct{ object, path, body string }{
		{made.tenant, made.tenant + "/owners", `{"owners":["%d@example.com"]}`},
		{made.project, made.project, `{"labels":{"n":"%d"}}`},
		{made.app, made.app, `{"description":"%d"}`},
		{made.app, made.app + "/traits", `[{"type":"labels","properties":{"n":"%d"}}]`},
		{made.app, made.app + "/policies", `[{"type":"health","properties":{"n":"%d"}}]`},
		{made.policySet, made.policySet, `{"description":"%d","rules":[]}`},
	}
	for _, p := range puts {
		etag := d.call(t, "GET", p.object, "").want(200).etag()
		second := d.call(t, "PUT", p.path, fmt.Sprintf(p.body, 1), "If-Match", etag).want(200).etag()
		if etag == "" || second == etag {
			t.Errorf("PUT %s: ETag was %s and is %s", p.path, etag, second)
		}
		d.call(t, "PUT", p.path, fmt.Sprintf(p.body, 2), "If-Match", etag).want(412)
		d.call(t, "PUT", p.path, fmt.Sprintf(p.body, 2), "If-Match", "W/"+second).want(412)
		d.call(t, "PUT", p.path, fmt.Sprintf(p.body, 2), "If-Match", "1").want(400)
		if now := d.call(t, "GET", p.object, "").etag(); now != second {
			t.Errorf("PUT %s that was refused made %s of %s", p.path, now, second)
		}
		d.call(t, "PUT", p.path, fmt.Sprintf(p.body, 3), "If-Match", etag+", "+second).want(200)
		d.call(t, "PUT", p.path, fmt.Sprintf(p.body, 4), "If-Match", "*").want(200)
	}
	inUse := d.call(t, "GET", made.cluster, "").etag()
	d.call(t, "DELETE", made.cluster, "", "If-Match", inUse).want(409) // it has a tenant; its version is right
	empty := d.register(t, "empty")
	deletes := []struct {
		path   string
		status int
	}{{made.app, 202}, {made.policySet, 204}, {made.project, 204}, {made.tenant, 204}, {empty, 204}}
	for _, c := range deletes {
		etag := d.call(t, "GET", c.path, "").want(200).etag()
		d.call(t, "DELETE", c.path, "", "If-Match", `"1"`).want(412)
		d.call(t, "GET", c.path, "").want(200)
		d.call(t, "DELETE", c.path, "", "If-Match", etag).wantEmpty(c.status)
	}
}

// TestConcurrentPuts has two writers change different parts of an app: without
// If-Match none may fail or lose the other's part.
func TestConcurrentPuts(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	const rounds = 20
	var writers sync.WaitGroup
	for path, body := range map[string]string{
		"/traits":   `[{"type":"labels","properties":{"n":"%d"}}]`,
		"/policies": `[{"type":"health","properties":{"n":"%d"}}]`,
	} {
		writers.Go(func() {
			for n := range rounds {
				if got := d.call(t, "PUT", made.app+path, fmt.Sprintf(body, n)); got.status != 200 {
					t.Errorf("%s: got %d %s", got.what, got.status, got.body)
				}
			}
		})
	}
	writers.Wait()
	app := d.call(t, "GET", made.app, "").object()
	want := fmt.Sprint([]map[string]any{{"type": "labels", "properties": map[string]any{"n": fmt.Sprint(rounds - 1)}}})
	if got := fmt.Sprint(app.Traits); got != want {
		t.Errorf("traits are %s, want %s", got, want)
	}
	if len(app.Policies) != 1 || fmt.Sprint(app.Policies[0]["properties"]) != fmt.Sprintf("map[n:%d]", rounds-1) {
		t.Errorf("policies are %v", app.Policies)
	}
}

// TestDeleteOfAReplacedObject has someone replace a cluster between the moment
// that it was found and the delete: the new one must stay.
func TestDeleteOfAReplacedObject(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	direct := before(t, server, nil)
	replace := func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete {
				direct.call(t, "DELETE", "/clusters/dev", "").want(204)
				direct.register(t, "dev")
			}
			return next.RoundTrip(r)
		})
	}
	first := direct.register(t, "dev")
	before(t, server, replace).call(t, "DELETE", "/clusters/dev", "").want(409)
	direct.call(t, "GET", first, "").want(404)
	direct.call(t, "GET", "/clusters/dev", "").want(200)
}
