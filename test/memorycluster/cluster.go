// Package memorycluster is a cluster in memory: enough of the Kubernetes API for
// KubeNova to carry intent to, with Capsule and KubeVela that are always content.
// It fails on demand in tests, and stands in for many clusters in measurements; what
// the real ones do is shown end to end.
package memorycluster

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Token is KubeNova's token for the cluster, which nothing tells.
const Token = "canary-of-a-target-5f1d"

// Cluster is one such cluster. Its fields are changed with Set.
type Cluster struct {
	*httptest.Server

	mu       sync.Mutex
	version  int
	watchers map[chan watchEvent]string

	// Objects by their paths.
	Objects map[string]*unstructured.Unstructured
	// Writes in their order, as verb and path. OnWrite, if any, is told of a write once it
	// is done; what it returns false for has no answer.
	Writes  []string
	OnWrite func(write string) bool
	// Appliers are whom the last apply of a path acted as; empty is the kubeconfig's user.
	Appliers map[string]string
	// Hang has no request answered.
	Hang bool
	// Slow has quotas not taken up.
	Slow bool
	// Refuse has applies refused of paths that end so, unless it is empty.
	Refuse string
}

type watchEvent struct {
	Type   string `json:"type"`
	Object any    `json:"object"`
}

// New starts a cluster, to be closed by its user.
func New() *Cluster {
	c := &Cluster{Appliers: map[string]string{}, Objects: map[string]*unstructured.Unstructured{}, watchers: map[chan watchEvent]string{}, version: 1}
	c.Server = httptest.NewTLSServer(http.HandlerFunc(c.serve))
	return c
}

// Kubeconfig of the cluster's administrator.
func (c *Cluster) Kubeconfig() []byte {
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw}))
	return fmt.Appendf(nil, `{"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],
		"users":[{"name":"u","user":{"token":"`+Token+`"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}]}`, c.URL, ca)
}

func (c *Cluster) serve(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	hang := c.Hang
	c.mu.Unlock()
	if hang {
		_, _ = io.Copy(io.Discard, r.Body) // a server sees that its client goes once it has read all
		<-r.Context().Done()
		return
	}
	switch r.URL.Path {
	case "/version":
		answer(w, 200, map[string]any{"gitVersion": "v1.37.2"})
		return
	case "/apis":
		answer(w, 200, map[string]any{"groups": []any{
			served("capsule.clastix.io/v1beta2"), served("core.oam.dev/v1beta1"), served("rbac.authorization.k8s.io/v1"),
			served("networking.k8s.io/v1"),
		}})
		return
	}
	if strings.Contains(r.URL.Path, "/globalresourcequotas/") {
		c.quota(w)
		return
	}
	switch name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; {
	case r.Method == http.MethodPatch:
		c.apply(w, r)
	case r.Method == http.MethodDelete:
		c.remove(w, r)
	case r.Method == http.MethodPost && name == "token":
		c.token(w, r)
	case slices.Contains([]string{"namespaces", "roles", "rolebindings", "clusterroles", "tenants", "tenantowners", "applications", "deployments", "networkpolicies", "pods", "secrets", "serviceaccounts", "globalresourcequotas"}, name):
		c.list(w, r)
	default:
		c.mu.Lock()
		found := c.Objects[r.URL.Path]
		c.mu.Unlock()
		if found == nil {
			notFound(w)
			return
		}
		answer(w, 200, found)
	}
}

func served(groupVersion string) map[string]any {
	return map[string]any{"versions": []any{map[string]any{"groupVersion": groupVersion}}}
}

func (c *Cluster) list(w http.ResponseWriter, r *http.Request) {
	resource := r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]
	query := r.URL.Query()
	if query.Has("sendInitialEvents") {
		answer(w, 422, metav1.Status{Status: "Failure", Reason: metav1.StatusReasonInvalid, Code: 422})
		return
	}
	if query.Get("watch") == "true" {
		c.watch(w, r, resource)
		return
	}
	label, value, exact := strings.Cut(query.Get("labelSelector"), "=")
	every := label == ""
	c.mu.Lock()
	items := []any{}
	for path, object := range c.Objects {
		got, found := object.GetLabels()[label]
		if strings.Contains(path, resource+"/") && (every || found && (!exact || got == value)) {
			items = append(items, object)
		}
	}
	version := strconv.Itoa(c.version)
	c.mu.Unlock()
	answer(w, 200, map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": version}, "items": items})
}

func (c *Cluster) watch(w http.ResponseWriter, r *http.Request, resource string) {
	events := make(chan watchEvent, 100)
	c.mu.Lock()
	c.watchers[events] = resource
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.watchers, events)
		c.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "application/json")
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case e := <-events:
			_ = json.NewEncoder(w).Encode(e)
			w.(http.Flusher).Flush()
		}
	}
}

// quota is the ledger of every quota: nothing is in use.
func (c *Cluster) quota(w http.ResponseWriter) {
	c.mu.Lock()
	status := "True"
	if c.Slow {
		status = "False"
	}
	c.mu.Unlock()
	answer(w, 200, map[string]any{
		"apiVersion": "capsule.clastix.io/v1beta2", "kind": "GlobalResourceQuota", "metadata": map[string]any{"name": "x", "generation": 1},
		"status": map[string]any{"observedGeneration": 1, "conditions": []any{map[string]any{"type": "Ready", "status": status}}},
	})
}

// Store keeps an object and tells watchers. It is called by Set alone, which holds the lock.
func (c *Cluster) Store(path string, object *unstructured.Unstructured, kind string) {
	c.version++
	object.SetResourceVersion(strconv.Itoa(c.version))
	c.Objects[path] = object
	for events, resource := range c.watchers {
		if strings.Contains(path, resource+"/") && strings.Count(path[strings.LastIndex(path, resource):], "/") == 2 {
			events <- watchEvent{kind, object.DeepCopy()}
		}
	}
}

// Names returns the paths of all objects.
func (c *Cluster) Names() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]string, 0, len(c.Objects))
	for path := range c.Objects {
		out = append(out, path)
	}
	slices.Sort(out)
	return out
}

// CountWrites returns how many writes there were.
func (c *Cluster) CountWrites() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.Writes)
}

// Set changes or reads the fields.
func (c *Cluster) Set(change func(*Cluster)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

func notFound(w http.ResponseWriter) {
	answer(w, 404, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Reason: metav1.StatusReasonNotFound, Code: 404,
	})
}

func answer(w http.ResponseWriter, code int, body any) {
	if s, ok := body.(metav1.Status); ok {
		s.Kind, s.APIVersion = "Status", "v1"
		body = s
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}
