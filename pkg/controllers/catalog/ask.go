package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/trace"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/catalog"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/kubevela"
	"github.com/kubenova/kubenova/pkg/render"
)

const (
	askers = 4
	// askAgain is how often a cluster is asked for its definitions: no watch is
	// worth what seldom changes.
	askAgain = 10 * time.Minute
	// maxSchema bounds the schema of an item, in bytes. The cluster wrote it.
	maxSchema = 32 << 10
	schemaKey = "openapi-v3-json-schema"
)

// asker asks clusters what they define.
type asker struct {
	cached  client.Reader
	targets base.Targets
	offers  *offers
}

func addAsker(mgr manager.Manager, set *clusters.Set, offers *offers, tracer trace.TracerProvider) error {
	a := &asker{cached: mgr.GetClient(), targets: set, offers: offers}
	return ctrl.NewControllerManagedBy(mgr).
		Named("catalog-definitions").
		For(&v1alpha1.Cluster{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(base.Events(set, base.Health, func(_ context.Context, e clusters.Event) []reconcile.Request {
			return []reconcile.Request{base.Request("", e.Cluster)}
		})).
		WithOptions(controller.Options{MaxConcurrentReconciles: askers}).
		Complete(base.Traced(tracer, "catalog-definitions", nil, a))
}

// Reconcile implements reconcile.Reconciler.
func (a *asker) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var cluster v1alpha1.Cluster
	if err := a.cached.Get(ctx, request.NamespacedName, &cluster); apierrors.IsNotFound(err) {
		a.offers.say(request.Name, nil)
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the cluster %s: %w", request.Name, err)
	}
	target, err := a.targets.Client(request.Name)
	if err != nil {
		return base.Outcome(err)
	}
	said, err := definedOn(ctx, target)
	if err != nil {
		return base.Outcome(err) // what it said before stays
	}
	a.offers.say(request.Name, said)
	return reconcile.Result{RequeueAfter: askAgain}, nil
}

// definedOn asks a cluster which of the items that apps may use it defines.
func definedOn(ctx context.Context, cluster clusters.Client) (offer, error) {
	out := offer{}
	for _, itemType := range []v1alpha1.CatalogItemType{v1alpha1.CatalogComponent, v1alpha1.CatalogTrait} {
		kind, schemas := clusters.ComponentDefinition, "component-schema-"
		if itemType == v1alpha1.CatalogTrait {
			kind, schemas = clusters.TraitDefinition, "trait-schema-"
		}
		for _, name := range catalog.Offered(itemType) {
			definition := name
			if itemType == v1alpha1.CatalogTrait {
				definition = render.DefinitionOf(name)
			}
			_, err := cluster.GetLive(ctx, kind, kubevela.SystemNamespace, definition)
			if apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			schema, err := cluster.GetLive(ctx, clusters.ConfigMap, kubevela.SystemNamespace, schemas+definition)
			if err != nil && !apierrors.IsNotFound(err) {
				return nil, err
			}
			out[v1alpha1.CatalogItemName(itemType, name)] = schemaOf(schema)
		}
	}
	if len(out) == 0 {
		return out, nil
	}
	for _, name := range catalog.Offered(v1alpha1.CatalogWorkflow) { // KubeNova translates them itself
		out[v1alpha1.CatalogItemName(v1alpha1.CatalogWorkflow, name)] = nil
	}
	return out, nil
}

// schemaOf reads the schema that KubeVela makes of a definition: a JSON object of a
// bounded size, or nothing.
func schemaOf(configMap *unstructured.Unstructured) json.RawMessage {
	if configMap == nil {
		return nil
	}
	text, _, _ := unstructured.NestedString(configMap.Object, "data", schemaKey)
	var object map[string]any
	if len(text) > maxSchema || json.Unmarshal([]byte(text), &object) != nil || object == nil {
		return nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return nil
	}
	return compact.Bytes()
}
