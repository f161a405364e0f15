package facade_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// frame is one event of a stream, or one comment.
type frame struct{ event, id, data, comment string }

// opened is a stream that a test reads.
type opened struct {
	t      *testing.T
	header http.Header
	frames <-chan frame
}

// open opens a stream over a listener, as a browser does.
func (d door) open(t *testing.T, path string, headers ...string) opened {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.handler.ServeHTTP(w, r.WithContext(request.WithUser(r.Context(), d.caller)))
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return openAt(t, server.URL, path, headers...)
}

func openAt(t *testing.T, url, path string, headers ...string) opened {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" || response.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("GET %s: %d %v", path, response.StatusCode, response.Header)
	}
	frames := make(chan frame)
	go func() {
		defer close(frames)
		defer response.Body.Close()
		read(response, frames, t.Context().Done())
	}()
	return opened{t, response.Header, frames}
}

// read parses events.
func read(response *http.Response, frames chan<- frame, done <-chan struct{}) {
	var f frame
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			select {
			case frames <- f:
			case <-done:
				return
			}
			f = frame{}
		case name == "":
			f.comment = value
		case name == "event":
			f.event = value
		case name == "id":
			f.id = value
		case name == "data":
			f.data = value
		}
	}
}

// next returns the next named event.
func (o opened) next() frame {
	o.t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case f, open := <-o.frames:
			if !open {
				o.t.Fatal("the stream has ended")
			}
			if f.event != "" {
				return f
			}
		case <-timeout:
			o.t.Fatal("there is no event")
		}
	}
}

// want checks the next events, each as "event name-of-the-object".
func (o opened) want(events ...string) (last frame) {
	o.t.Helper()
	for _, event := range events {
		last = o.next()
		var about object
		if err := json.Unmarshal([]byte(last.data), &about); err != nil {
			o.t.Fatalf("%+v: %v", last, err)
		}
		if got := strings.TrimSpace(last.event + " " + about.Name); got != event {
			o.t.Fatalf("got %q, want %q", got, event)
		}
	}
	return last
}

// wantEnd waits for the end of the stream.
func (o opened) wantEnd(within time.Duration) {
	o.t.Helper()
	timeout := time.After(within)
	for {
		select {
		case f, open := <-o.frames:
			if !open {
				return
			}
			if f.event != "" {
				o.t.Fatalf("before the end came %+v", f)
			}
		case <-timeout:
			o.t.Fatalf("the stream goes on after %s", within)
		}
	}
}

func TestStreamOfAList(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	tenants := d.register(t, "dev") + "/tenants"
	other := d.register(t, "other") + "/tenants"
	d.create(t, tenants, `{"name":"a","owners":["alice"],"labels":{"team":"x"}}`)
	d.create(t, tenants, `{"name":"b","owners":["bob"],"labels":{"team":"y"}}`)

	all := d.open(t, tenants)
	labelled := d.open(t, "/clusters/dev/tenants?labelSelector=team%3Dx")
	owned := d.open(t, tenants+"?owner=alice")
	all.want("added a", "added b")
	synced := all.want("synced")
	labelled.want("added a", "synced")
	owned.want("added a", "synced")
	if synced.id == "" {
		t.Error("there is no id to go on after")
	}
	d.create(t, other, `{"name":"z","owners":["alice"],"labels":{"team":"x"}}`)
	d.create(t, tenants, `{"name":"c","owners":["alice"],"labels":{"team":"y"}}`)
	d.call(t, "PUT", tenants+"/a/owners", `{"owners":["bob"]}`).want(200)
	d.call(t, "PUT", tenants+"/b/owners", `{"owners":["alice"]}`).want(200)
	added := all.want("added c")
	all.want("modified a", "modified b")
	labelled.want("modified a")
	owned.want("added c", "deleted a", "added b")
	shown := d.call(t, "GET", tenants+"/c", "").want(200)
	if added.data+"\n" != shown.body || `"`+added.id+`"` != shown.etag() {
		t.Errorf("the stream says %s %s, GET says %s %s", added.id, added.data, shown.etag(), shown.body)
	}
	// After what was seen, nothing is missed and nothing comes twice.
	d.open(t, tenants, "Last-Event-ID", synced.id).want("added c", "modified a", "modified b")
	d.open(t, tenants, "Last-Event-ID", added.id).want("modified a", "modified b")
	d.open(t, tenants+"?owner=alice", "Last-Event-ID", added.id).want("deleted a", "added b")
}

// TestEveryStream opens the stream of each route that has one.
func TestEveryStream(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	made := d.grow(t, "t")
	d.call(t, "POST", made.app+":deploy", "").want(202)
	paths := map[string]string{
		"/clusters": "t-cluster", made.cluster: "t-cluster", made.cluster + "/tenants": "t-tenant", made.tenant: "t-tenant",
		made.tenant + "/projects": "t-project", made.project: "t-project", made.project + "/apps": "t-app", made.app: "t-app",
		made.tenant + "/policysets": "t-set", made.policySet: "t-set", made.app + "/status": "", made.app + "/revisions": "",
	}
	if len(paths) != facade.StreamCount() {
		t.Errorf("%d streams are opened here, and there are %d", len(paths), facade.StreamCount())
	}
	for path, name := range paths {
		for _, stream := range []opened{d.open(t, path), openAt(t, server.URL, path)} {
			stream.want(strings.TrimSpace("added "+name), "synced")
		}
	}
	set := d.open(t, made.policySet)
	set.want("added t-set", "synced")
	d.call(t, "POST", made.tenant+"/policysets", `{"name":"other"}`).want(200)
	d.call(t, "PUT", made.policySet, `{"description":"x","rules":[]}`).want(200)
	d.call(t, "DELETE", made.policySet, "").want(204)
	set.want("modified t-set", "deleted t-set")
	set.wantEnd(5 * time.Second)
	status := d.open(t, made.app+"/status")
	status.want("added", "synced")
	d.call(t, "POST", made.app+":deploy", "").want(202)
	d.call(t, "PUT", made.app+"/traits", `[{"type":"scaler"}]`).want(200)
	said, shown := status.want("modified").data, d.call(t, "GET", made.app+"/status", "").want(200)
	if said+"\n" != shown.body {
		t.Errorf("the stream says %s, GET says %s", said, shown.body)
	}
}

func TestStreamsAreRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	accept := func(value string) []string { return []string{"Accept", value} }
	stream := accept("text/event-stream")
	for _, value := range []string{"text/html", "application/xml, text/csv", "text/event-strea"} {
		d.call(t, "GET", "/clusters", "", accept(value)...).want(406)
		d.call(t, "GET", made.app, "", accept(value)...).want(406)
	}
	for _, value := range []string{"", "*/*", "application/*", "application/json, text/event-stream;q=0.5", "text/html, */*;q=0.1"} {
		d.call(t, "GET", "/clusters", "", accept(value)...).want(200)
	}
	d.call(t, "HEAD", "/clusters", "", stream...).want(200)
	d.call(t, "GET", "/me", "", stream...).want(200)
	for query, field := range map[string]string{"limit=5": "limit", "cursor=x": "cursor", "labelSelector=a%20b": "labelSelector"} {
		d.call(t, "GET", made.cluster+"/tenants?"+query, "", stream...).wantField(field)
	}
	for _, id := range []string{"x", "-1", "0", "1 2", "99999999999999999999"} {
		d.call(t, "GET", "/clusters", "", "Accept", "text/event-stream", "Last-Event-ID", id).wantField("Last-Event-ID")
	}
	d.call(t, "GET", "/clusters/none", "", stream...).want(404)
	d.call(t, "GET", "/clusters/none/tenants", "", stream...).want(404)
	stranger := d.as(&user.DefaultInfo{Name: "mallory", Groups: []string{user.AllAuthenticated}})
	stranger.call(t, "GET", "/clusters", "", stream...).want(403)
	for _, path := range []string{made.cluster, made.tenant, made.project, made.app, made.app + "/status", made.app + "/revisions", made.tenant + "/projects"} {
		stranger.call(t, "GET", path, "", stream...).want(404)
	}
}

// TestStreamResets goes on after an event that a server, started since, has no
// changes from.
func TestStreamResets(t *testing.T) {
	t.Parallel()
	dataDir := t.TempDir()
	atData := func(o *standalone.Options) { o.DataDir = dataDir }
	cluster := ""
	t.Run("first", func(t *testing.T) { cluster = before(t, testserver.Start(t, atData), nil).register(t, "dev") })
	d := before(t, testserver.Start(t, atData), nil)
	for _, path := range []string{"/clusters", cluster, cluster + "/tenants"} {
		lost := d.open(t, path, "Last-Event-ID", "1")
		if got := lost.want("reset"); got.id != "" {
			t.Errorf("a reset leaves the id %s", got.id)
		}
		lost.wantEnd(5 * time.Second)
	}
}

// TestStreamEndsWithRights takes the right to see from a caller who has a stream.
func TestStreamEndsWithRights(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	var revoked, calls atomic.Int32
	d := beforeWith(server, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			calls.Add(1)
			if status := int(revoked.Load()); status != 0 {
				w := httptest.NewRecorder()
				w.WriteHeader(status)
				return w.Result(), nil
			}
			return next.RoundTrip(r)
		})
	}, server.IdempotencyKeys(t, claimLifetime), func(c *facade.Config) { c.Heartbeat = 50 * time.Millisecond })
	cluster := d.register(t, "dev")
	streams := []opened{d.as(withRole("olga", authz.RoleOps)).open(t, "/clusters"), d.open(t, cluster)}
	for _, stream := range streams {
		stream.want("added dev", "synced")
	}
	// Trouble is no revocation.
	revoked.Store(503)
	before := calls.Load()
	for _, stream := range streams {
		var alive []string
		for f := range stream.frames {
			if alive = append(alive, f.comment); slices.Contains(alive, "alive") && calls.Load() > before+4 {
				break
			}
		}
	}
	revoked.Store(403)
	for _, stream := range streams {
		stream.wantEnd(5 * time.Second)
	}
}
