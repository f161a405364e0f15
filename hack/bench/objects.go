package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// kind is a kind of object on one server, as paths and bodies.
type kind struct {
	door *door
	// collection is the path of the collection.
	collection string
	// apiVersion of the objects.
	apiVersion string
}

const (
	ourVersion = "kubenova.io/v1alpha1"
	crdGroup   = "bench.kubenova.dev"
	crdVersion = crdGroup + "/v1alpha1"
)

func (p *platform) ours(resource string) kind {
	return kind{door: p.kubenova, collection: "/apis/" + ourVersion + "/" + resource, apiVersion: ourVersion}
}

func (p *platform) crd(resource string) kind {
	return kind{door: p.kube, collection: "/apis/" + crdVersion + "/" + resource, apiVersion: crdVersion}
}

// through is the same kind through another door.
func (k kind) through(d *door) kind {
	k.door = d
	return k
}

func (k kind) tenant(cluster string, i, edition int) string {
	return fmt.Sprintf(`{"apiVersion":%q,"kind":"Tenant","metadata":{"name":%q,"labels":{"team":"team-%d","env":"bench"}},`+
		`"spec":{"clusterRef":{"name":%q},"owners":[{"kind":"User","name":"owner-%d@example.com"},{"kind":"User","name":"edition-%d@example.com"}],`+
		`"quotas":{"cpu":"4","memory":"8Gi","pods":"50"}}}`, k.apiVersion, tenantName(i), i%50, cluster, i, edition)
}

func (k kind) app(i int) string {
	return fmt.Sprintf(`{"apiVersion":%q,"kind":"App","metadata":{"name":%q,"labels":{"team":"team-%d"}},`+
		`"spec":{"description":"measured","components":[{"name":"web","type":"webservice","properties":{"image":"nginx:1.25.3","ports":[{"port":80,"expose":true}],"env":[{"name":"A","value":"b"}]}}],`+
		`"traits":[{"type":"scaler","properties":{"replicas":2}}]}}`, k.apiVersion, appName(i), i%50)
}

func tenantName(i int) string { return fmt.Sprintf("bench-%06d", i) }
func appName(i int) string    { return fmt.Sprintf("app-%06d", i) }

func (k kind) createTenant(cluster string) operation {
	return func(ctx context.Context, i int) error {
		return k.door.discard(ctx, "POST", k.collection, k.tenant(cluster, i, 0))
	}
}

func (k kind) createApp() operation {
	return func(ctx context.Context, i int) error {
		return k.door.discard(ctx, "POST", k.collection, k.app(i))
	}
}

// get reads one of the first n objects of a name function.
func (k kind) get(name func(int) string, n int) operation {
	return func(ctx context.Context, i int) error {
		return k.door.discard(ctx, "GET", k.collection+"/"+name(i*7919%n), "")
	}
}

func (k kind) list(query string) operation {
	return func(ctx context.Context, _ int) error {
		return k.door.discard(ctx, "GET", k.collection+query, "")
	}
}

// update patches one of the first n tenants.
func (k kind) update(n int) operation {
	return func(ctx context.Context, i int) error {
		patch := fmt.Sprintf(`{"metadata":{"labels":{"edition":"%d"}}}`, i)
		return k.patch(ctx, tenantName(i%n), patch)
	}
}

func (k kind) patch(ctx context.Context, name, patch string) error {
	return k.door.sendAs(ctx, "PATCH", k.collection+"/"+name, "application/merge-patch+json", patch)
}

// installCRDs gives the kube-apiserver the kinds that KubeNova serves itself.
func (p *platform) installCRDs(ctx context.Context) error {
	for _, definition := range []string{crdOf("Tenant", "tenants", "Cluster", tenantSchema), crdOf("App", "apps", "Namespaced", appSchema)} {
		if err := p.kube.discard(ctx, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition); err != nil && !strings.Contains(err.Error(), "AlreadyExists") {
			return err
		}
	}
	for _, resource := range []string{"tenants", "apps"} {
		if err := poll(ctx, 30*time.Second, func(ctx context.Context) error {
			return p.kube.discard(ctx, "GET", "/apis/"+crdVersion+"/"+resource, "")
		}); err != nil {
			return err
		}
	}
	return nil
}

func crdOf(kind, plural, scope, spec string) string {
	return fmt.Sprintf(`{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"%s.%s"},`+
		`"spec":{"group":%q,"scope":%q,"names":{"kind":%q,"plural":%q,"singular":%q,"listKind":"%sList"},`+
		`"versions":[{"name":"v1alpha1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":`+
		`{"type":"object","properties":{"spec":%s,"status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}]}}`,
		plural, crdGroup, crdGroup, scope, kind, plural, strings.ToLower(kind), kind, spec)
}

// The schemas hold what KubeNova's own types declare of the fields that the
// measured objects have.
const (
	tenantSchema = `{"type":"object","required":["clusterRef"],"properties":{
		"clusterRef":{"type":"object","required":["name"],"properties":{"name":{"type":"string","maxLength":253}}},
		"owners":{"type":"array","maxItems":256,"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["kind","name"],
			"items":{"type":"object","required":["kind","name"],"properties":{"kind":{"type":"string","enum":["User","Group","ServiceAccount"]},"name":{"type":"string","maxLength":253}}}},
		"quotas":{"type":"object","additionalProperties":{"type":"string","maxLength":64}}}}`

	appSchema = `{"type":"object","properties":{
		"description":{"type":"string","maxLength":1024},
		"components":{"type":"array","maxItems":64,"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
			"items":{"type":"object","required":["name","type"],"properties":{"name":{"type":"string","maxLength":63},"type":{"type":"string","maxLength":63},
				"properties":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}},
		"traits":{"type":"array","maxItems":64,"items":{"type":"object","required":["type"],"properties":{"type":{"type":"string","maxLength":63},
			"properties":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}}`
)
