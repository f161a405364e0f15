package app

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

// publishVersion returns the version under which a revision is published, after
// that which the cluster has, and the Application there; nil when there is none.
func publishVersion(ctx context.Context, cluster clusters.Client, p place, revision *v1alpha1.AppRevision) (next string, live *unstructured.Unstructured, err error) {
	// A new version is made of what the cluster itself says: a watch can lag.
	for _, get := range []func(context.Context, clusters.Kind, string, string) (*unstructured.Unstructured, error){cluster.Get, cluster.GetLive} {
		live, err = get(ctx, clusters.Application, p.namespace(), p.app.Name)
		switch {
		case apierrors.IsNotFound(err):
			return kubevela.NextVersion(revision, p.app.Spec.Suspended, ""), nil, nil
		case err != nil:
			return "", nil, fmt.Errorf("reading the Application: %w", err)
		case !isOurs(live, p.app.Name):
			return "", nil, refused(p.app, "ApplicationNotOurs",
				"The cluster has an Application of that name in the project's namespace that KubeNova did not make; remove it or choose another name.")
		case live.GetDeletionTimestamp() != nil:
			return "", nil, &base.Blocked{Reason: "ApplicationTerminating", Message: "The former Application is being deleted.", Recheck: base.Recheck}
		}
		published := live.GetAnnotations()[kubevela.AnnotationPublishVersion]
		if next = kubevela.NextVersion(revision, p.app.Spec.Suspended, published); next == published {
			break
		}
	}
	return next, live, nil
}
