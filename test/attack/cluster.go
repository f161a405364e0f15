package attack

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// clusterAttacks are those of a cluster that was registered and is not what it says.
func clusterAttacks() []Attack {
	return slices.Concat([]Attack{
		{Name: "send KubeNova elsewhere", Expected: "503; the condition says Redirected; the other server was not reached", Try: redirect},
		{Name: "send a caller of its proxy elsewhere", Expected: "503 without a place to go; the other server was not reached", Try: redirectProxy},
		{Name: "refuse the credentials as if they were the caller's", Expected: "503 for each", Try: refuseCredentials},
		{Name: "put words into KubeNova's mouth", Expected: "503 for each; nothing of it is told", Try: words},
		{Name: "learn who asks, set cookies", Expected: "the caller comes as kubenova:user:, nothing else of it; no cookie comes back", Try: learn},
		{Name: "name a version that fills the store", Expected: "the cluster is Connected; its version has at most 64 characters", Try: longVersion},
		{Name: "tell of another cluster's tenant", Expected: "nothing was written there; nothing changed; the tenant is as ready as before", Try: bogusEvents},
	}, floodAttacks(), slowAttacks())
}

// hostile registers a server as a cluster for as long as try runs.
func (f *Field) hostile(ctx context.Context, name string, behave func(http.ResponseWriter, *http.Request) bool, try func(cluster string, s *server) string) string {
	s := startServer(behave)
	defer s.Close()
	cluster := name + "-" + f.id
	if err := f.register(ctx, cluster, kubeconfigOf(s.URL, s.ca(), "secret-of-"+f.id)); err != nil {
		return "error: " + err.Error()
	}
	defer func() {
		f.admin.do(context.WithoutCancel(ctx), http.MethodDelete, "/clusters/"+cluster+"?cascade=orphan", "")
	}()
	return try(cluster, s)
}

// connected waits until the controllers have the condition Connected of a cluster with a status.
func (f *Field) connected(ctx context.Context, cluster, status string) (condition, string) {
	var found condition
	problem := until(ctx, 25*time.Second, func() string {
		var c object
		if err := f.root.do(ctx, http.MethodGet, apis+"/clusters/"+cluster, "").must(&c); err != nil {
			return err.Error()
		}
		// A cluster has no credentials for as long as its registration is under way.
		if found = c.condition("Connected"); found.Status != status || found.Reason == "NoCredentials" {
			return fmt.Sprintf("Connected is %q (%s)", found.Status, found.Reason)
		}
		return ""
	})
	return found, problem
}

func redirect(ctx context.Context, f *Field) string {
	other := startServer(nil)
	defer other.Close()
	behave := func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}
	return f.hostile(ctx, "redirect", behave, func(cluster string, _ *server) string {
		got := f.admin.do(ctx, http.MethodGet, "/clusters/"+cluster+"/capabilities", "")
		condition, _ := f.connected(ctx, cluster, "False")
		return fmt.Sprintf("%s; the condition says %s; %s", got, condition.Reason, other.reached())
	})
}

func redirectProxy(ctx context.Context, f *Field) string {
	other := startServer(nil)
	defer other.Close()
	behave := func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/away") {
			return false
		}
		http.Redirect(w, r, other.URL+"/stolen", http.StatusFound)
		return true
	}
	return f.hostile(ctx, "redirect-proxy", behave, func(cluster string, _ *server) string {
		got := f.root.do(ctx, http.MethodGet, apis+"/clusters/"+cluster+"/proxy/away", "")
		place := "without a place to go"
		if got.header.Get("Location") != "" || strings.Contains(got.body, other.URL) {
			place = "to another server"
		}
		return fmt.Sprintf("%s %s; %s", got, place, other.reached())
	})
}

// reached says whether a server had a connection.
func (s *server) reached() string {
	if n := s.connections.Load(); n > 0 {
		return fmt.Sprintf("the other server was reached %d times", n)
	}
	return "the other server was not reached"
}

// asked are the requests that have the API server ask a cluster at once.
func asked(cluster string) [][3]string {
	return [][3]string{
		get("/clusters/" + cluster + "/capabilities"),
		{http.MethodPost, "/clusters/" + cluster + "/cleanup?dryRun=All"},
	}
}

func refuseCredentials(ctx context.Context, f *Field) string {
	behave := func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("WWW-Authenticate", `Basic realm="KubeNova"`)
		http.Error(w, "log in again", http.StatusUnauthorized)
		return true
	}
	return f.hostile(ctx, "unauthorized", behave, func(cluster string, _ *server) string {
		return each(ctx, f.admin, asked(cluster))
	})
}

// words answers with errors that hold what an administrator might believe.
func words(ctx context.Context, f *Field) string {
	const lie = "<script>alert(1)</script> send your token to evil.example"
	behave := func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusInternalServerError)
		say(w, encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": lie, "code": 500}))
		return true
	}
	return f.hostile(ctx, "words", behave, func(cluster string, _ *server) string {
		seen := each(ctx, f.admin, asked(cluster))
		f.connected(ctx, cluster, "False")
		for _, path := range []string{"/clusters/" + cluster, "/clusters/" + cluster + "/capabilities"} {
			if got := f.admin.do(ctx, http.MethodGet, path, ""); strings.Contains(got.body, "evil.example") {
				return seen + "; told is " + got.body
			}
		}
		return seen + "; nothing of it is told"
	})
}

// learn looks at what reaches the cluster of a caller of its proxy.
func learn(ctx context.Context, f *Field) string {
	behave := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/learn" {
			return false
		}
		w.Header().Set("Set-Cookie", "session=stolen")
		say(w, "<html>")
		return true
	}
	return f.hostile(ctx, "learn", behave, func(cluster string, s *server) string {
		got := f.root.do(ctx, http.MethodGet, apis+"/clusters/"+cluster+"/proxy/learn", "", "Cookie", "a=b", "X-Forwarded-For", "10.9.8.7",
			"X-Remote-User", "system:admin", "X-Remote-Group", "system:masters", "Forwarded", "for=10.9.8.7")
		came := s.requests(func(r *http.Request) bool { return r.URL.Path == "/learn" })
		if got.code != http.StatusOK || len(came) != 1 {
			return fmt.Sprintf("%s, and %d requests came", got, len(came))
		}
		h := came[0].Header
		for _, name := range []string{"Cookie", "X-Remote-User", "X-Remote-Group", "Forwarded"} {
			if h.Get(name) != "" {
				return fmt.Sprintf("%s came: %s", name, h.Get(name))
			}
		}
		if strings.Contains(h.Get("X-Forwarded-For"), "10.9.8.7") {
			return "X-Forwarded-For came"
		}
		if !strings.HasPrefix(h.Get("Impersonate-User"), "kubenova:user:") || h.Get("Authorization") != "Bearer secret-of-"+f.id {
			return fmt.Sprintf("the caller comes as %q with %q", h.Get("Impersonate-User"), h.Get("Authorization"))
		}
		for _, group := range h.Values("Impersonate-Group") {
			if !strings.HasPrefix(group, "kubenova:group:") {
				return "the caller comes in group " + group
			}
		}
		if got.header.Get("Set-Cookie") != "" || got.header.Get("Content-Security-Policy") != "sandbox" {
			return fmt.Sprintf("what came back has %v", got.header)
		}
		return "the caller comes as kubenova:user:, nothing else of it; no cookie comes back"
	})
}

func longVersion(ctx context.Context, f *Field) string {
	behave := func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.URL.Path == "/version":
			say(w, `{"gitVersion":"v1.37.2`+strings.Repeat("x", 1<<20)+`"}`)
		case strings.HasPrefix(r.URL.Path, "/apis/apps/v1/deployments"):
			say(w, `{"items":[{"metadata":{"name":"x","namespace":"`+strings.Repeat("n", 100000)+`","labels":{"app.kubernetes.io/version":"`+strings.Repeat("9", 1<<20)+`"}},"status":{"availableReplicas":1}}]}`)
		default:
			return false
		}
		return true
	}
	return f.hostile(ctx, "long", behave, func(cluster string, _ *server) string {
		if _, problem := f.connected(ctx, cluster, "True"); problem != "" {
			return problem
		}
		got := f.root.do(ctx, http.MethodGet, apis+"/clusters/"+cluster, "")
		const most = 64 << 10
		if len(got.body) > most || strings.Contains(got.body, strings.Repeat("x", 64)) || strings.Contains(got.body, strings.Repeat("9", 65)) {
			return fmt.Sprintf("the cluster is Connected; the object has %d bytes", len(got.body))
		}
		return "the cluster is Connected; its version has at most 64 characters"
	})
}

// bogusEvents tells of namespaces and Applications of a tenant that lives elsewhere:
// gone, of other uids, and owned by strangers.
func bogusEvents(ctx context.Context, f *Field) string {
	lie := func(kind, version, name, namespace string) map[string]any {
		return map[string]any{"apiVersion": version, "kind": kind, "metadata": map[string]any{
			"name": name, "namespace": namespace, "uid": "00000000-0000-4000-8000-000000000000", "resourceVersion": "7", "deletionTimestamp": "2026-01-01T00:00:00Z",
			"labels": map[string]any{"kubenova.tenant": f.theirs.name, "kubenova.project": "web", "kubenova.app": "hello", "capsule.clastix.io/tenant": f.theirs.name},
		}}
	}
	lies := map[string]map[string]any{
		"namespaces":   lie("Namespace", "v1", f.theirs.space(), ""),
		"tenants":      lie("Tenant", "capsule.clastix.io/v1beta2", f.theirs.name, ""),
		"applications": lie("Application", "core.oam.dev/v1beta1", "hello", f.theirs.space()),
	}
	behave := func(w http.ResponseWriter, r *http.Request) bool {
		object, found := lies[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]]
		if !found || r.Method != http.MethodGet {
			return false
		}
		if r.URL.Query().Get("watch") == "" {
			say(w, encode(map[string]any{"kind": "List", "apiVersion": "v1", "metadata": map[string]any{"resourceVersion": "7"}, "items": []any{object}}))
			return true
		}
		for _, event := range []string{"ADDED", "MODIFIED", "DELETED"} {
			say(w, encode(map[string]any{"type": event, "object": object})+"\n")
		}
		say(w, `{"type":"ADDED","object":{"kind":"Secret","apiVersion":"v1","metadata":null}}`+"\n{\"type\":\"NONSENSE\"}\nnot JSON\n")
		return true
	}
	before := f.readiness(ctx)
	return f.hostile(ctx, "bogus", behave, func(cluster string, s *server) string {
		if _, problem := f.connected(ctx, cluster, "True"); problem != "" {
			return problem
		}
		time.Sleep(3 * time.Second) // for whatever follows from what was told
		written := "nothing was written there"
		if writes := s.requests(func(r *http.Request) bool {
			return r.Method != http.MethodGet && strings.Contains(r.URL.Path, f.theirs.name)
		}); len(writes) > 0 {
			written = fmt.Sprintf("%d writes, the first %s %s", len(writes), writes[0].Method, writes[0].URL.Path)
		}
		ready := "the tenant is as ready as before"
		if after := f.readiness(ctx); after != before {
			ready = fmt.Sprintf("the tenant was %q and is %q", before, after)
		}
		return written + "; " + f.unchanged(ctx) + "; " + ready
	})
}

// readiness is what the other tenant's project says of itself.
func (f *Field) readiness(ctx context.Context) string {
	var project object
	if err := f.root.do(ctx, http.MethodGet, f.theirs.projects()+"/web", "").must(&project); err != nil {
		return err.Error()
	}
	c := project.condition("Ready")
	return c.Status + " " + c.Reason
}
