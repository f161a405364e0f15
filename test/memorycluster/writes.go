package memorycluster

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// apply merges the body into the object, as far as server-side apply does that
// for one owner.
func (c *Cluster) apply(w http.ResponseWriter, r *http.Request) {
	body := map[string]any{}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		answer(w, 400, metav1.Status{Status: "Failure", Reason: metav1.StatusReasonBadRequest, Code: 400})
		return
	}
	c.mu.Lock()
	if c.Refuse != "" && strings.HasSuffix(r.URL.Path, c.Refuse) {
		c.mu.Unlock()
		answer(w, 403, metav1.Status{Status: "Failure", Reason: metav1.StatusReasonForbidden, Code: 403, Message: "refused by a test"})
		return
	}
	object, kind := c.Objects[r.URL.Path].DeepCopy(), "MODIFIED"
	if object == nil {
		kind = "ADDED"
		object = &unstructured.Unstructured{Object: map[string]any{}}
		object.SetUID(types.UID("uid-" + strconv.Itoa(c.version)))
	}
	merge(object.Object, body)
	if r.Header.Get("Content-Type") == "application/merge-patch+json" {
		withoutNulls(object.Object)
	}
	c.Appliers[r.URL.Path] = r.Header.Get("Impersonate-User")
	object.SetGeneration(object.GetGeneration() + 1)
	takeUp(object)
	c.Store(r.URL.Path, object, kind)
	onWrite := c.wrote("apply", r.URL.Path)
	c.mu.Unlock()
	onWrite()
	answer(w, 200, object)
}

// takeUp is what Capsule and KubeVela do, at once.
func takeUp(object *unstructured.Unstructured) {
	switch object.GetKind() {
	case "Namespace":
		if tenant := object.GetLabels()["capsule.clastix.io/tenant"]; tenant != "" {
			object.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "capsule.clastix.io/v1beta2", Kind: "Tenant", Name: tenant, UID: "u"}})
		}
	case "Tenant":
		object.Object["status"] = map[string]any{
			"size": int64(1), "state": "Active", "observedGeneration": object.GetGeneration(),
			"conditions": []any{map[string]any{"type": "Ready", "status": "True", "reason": "Succeeded"}},
		}
	case "Application":
		object.Object["status"] = map[string]any{
			"status": "running", "observedGeneration": object.GetGeneration(),
			"workflow": map[string]any{"appRevision": object.GetAnnotations()["app.oam.dev/publishVersion"]},
			"services": []any{map[string]any{"name": "web", "healthy": true}},
		}
	}
}

func (c *Cluster) remove(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	object := c.Objects[r.URL.Path].DeepCopy()
	if object == nil {
		c.mu.Unlock()
		notFound(w)
		return
	}
	c.Store(r.URL.Path, object, "DELETED")
	delete(c.Objects, r.URL.Path)
	if object.GetKind() == "Namespace" {
		for path, inside := range c.Objects {
			if inside.GetNamespace() == object.GetName() {
				c.Store(path, inside.DeepCopy(), "DELETED")
				delete(c.Objects, path)
			}
		}
	}
	onWrite := c.wrote("delete", r.URL.Path)
	c.mu.Unlock()
	onWrite()
	answer(w, 200, metav1.Status{Status: "Success"})
}

// wrote needs the lock, and returns what to do without it.
func (c *Cluster) wrote(verb, path string) func() {
	write := verb + " " + path
	c.Writes = append(c.Writes, write)
	if c.OnWrite == nil {
		return func() {}
	}
	onWrite := c.OnWrite
	return func() {
		if !onWrite(write) {
			panic(http.ErrAbortHandler)
		}
	}
}

// token answers with a token for a ServiceAccount.
func (c *Cluster) token(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	onWrite := c.wrote("create", r.URL.Path)
	c.mu.Unlock()
	onWrite()
	answer(w, 201, map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "status": map[string]any{
		"token": "a-token", "expirationTimestamp": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	}})
}

// withoutNulls is what JSON merge patches mean by null.
func withoutNulls(in map[string]any) {
	for key, value := range in {
		if deeper, ok := value.(map[string]any); ok {
			withoutNulls(deeper)
		}
		if value == nil {
			delete(in, key)
		}
	}
}

func merge(into, from map[string]any) {
	for key, value := range from {
		deeper, ok := value.(map[string]any)
		current, also := into[key].(map[string]any)
		if ok && also {
			merge(current, deeper)
		} else {
			into[key] = value
		}
	}
}
