package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

const (
	// askTimeout bounds how long a deploy waits for its cluster, which has time
	// later as well.
	askTimeout = time.Second
	// askAgain is how long a cluster that did not answer is left alone, and how
	// long a definition that was there is taken to be.
	askAgain = 30 * time.Second
	// maxKnown bounds what is remembered of all clusters.
	maxKnown = 8192
)

// definitions finds out whether the cluster of an app defines what its revision
// is made of.
type definitions struct {
	// home returns the cluster of a tenant.
	home func(ctx context.Context, tenant string) (*v1alpha1.Cluster, error)
	// find reads a definition of KubeVela's on a cluster.
	find  func(ctx context.Context, cluster *v1alpha1.Cluster, d definition) error
	known *cache.LRUExpireCache
}

// definition is one that a revision needs.
type definition struct {
	kubevela.Definition

	path   *field.Path
	origin string
}

// knownDefinition is a key of what is known; that of a cluster which does not
// answer has no definition.
type knownDefinition struct {
	cluster    types.UID
	definition kubevela.Definition
}

func newDefinitions(homes Homes) *definitions {
	return &definitions{home: homes.home, find: homes.findDefinition, known: cache.NewLRUExpireCache(maxKnown)}
}

// check refuses a revision with types that its cluster does not define. A cluster
// that cannot be asked refuses nothing: what it lacks shows in the app's status.
func (d *definitions) check(ctx context.Context, app *v1alpha1.App, spec v1alpha1.AppRevisionSpec) error {
	tenant, _, _ := v1alpha1.SplitNamespace(app.Namespace)
	cluster, err := d.home(ctx, tenant)
	if err != nil || !meta.IsStatusConditionTrue(cluster.Status.Conditions, v1alpha1.ClusterConnected) {
		return nil
	}
	silent := knownDefinition{cluster: cluster.UID}
	if _, found := d.known.Get(silent); found {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var errs field.ErrorList
	for _, needed := range neededBy(spec) {
		key := knownDefinition{cluster.UID, needed.Definition}
		if _, found := d.known.Get(key); found {
			continue
		}
		err := d.find(bounded, cluster, needed)
		switch {
		case err == nil:
			d.known.Add(key, struct{}{}, askAgain)
		case lacks(err, needed.Name):
			errs = append(errs, field.Invalid(needed.path, needed.Name, needed.says(cluster.Name)))
		default:
			d.known.Add(silent, struct{}{}, askAgain)
			return nil
		}
	}
	if len(errs) > 0 {
		return invalid(app, errs)
	}
	return nil
}

func (d definition) says(cluster string) string {
	says := fmt.Sprintf("the cluster %s has no %s of that name; bootstrap its component app-delivery", cluster, d.Kind)
	if d.origin != "" {
		says += "; asked for by " + d.origin
	}
	return says
}

// lacks says whether the answer is that an object of a name is missing, and not
// that its kind is.
func lacks(err error, name string) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Name == name
}

// neededBy lists the definitions that a revision needs, each once.
func neededBy(spec v1alpha1.AppRevisionSpec) (out []definition) {
	origins := map[string]string{}
	for _, o := range spec.Origins {
		origins[o.Path] = o.Origin
	}
	seen := map[kubevela.Definition]bool{}
	add := func(d kubevela.Definition, path *field.Path) {
		if !seen[d] {
			out = append(out, definition{d, field.NewPath("spec").Child(path.String()), origins[path.String()]})
		}
		seen[d] = true
	}
	for _, c := range spec.Rendered.Components {
		at := field.NewPath("components").Key(c.Name)
		add(kubevela.ComponentDefinition(c.Type), at.Child("type"))
		for _, t := range c.Traits {
			add(kubevela.TraitDefinition(t.Type), at.Child("traits").Key(t.Type))
		}
	}
	return out
}

// findDefinition reads a definition on a cluster.
func (h Homes) findDefinition(ctx context.Context, cluster *v1alpha1.Cluster, d definition) error {
	connection, err := h.Connections.Get(ctx, cluster)
	if err != nil {
		return err
	}
	_, err = connection.Dynamic().Resource(d.Resource()).Namespace(kubevela.SystemNamespace).Get(ctx, d.Name, metav1.GetOptions{})
	return err
}
