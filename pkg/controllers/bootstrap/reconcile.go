package bootstrap

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/bootstrap"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	typed "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// Targets leads to registered clusters.
type Targets interface {
	// RESTConfig returns how to reach the cluster, with its stored credentials.
	// Its errors name the cluster.
	RESTConfig(ctx context.Context, cluster *v1alpha1.Cluster) (*rest.Config, error)
}

// Installer installs a component; *bootstrap.Installer does.
type Installer interface {
	Install(ctx context.Context, config *rest.Config, component v1alpha1.ComponentName, source bootstrap.ChartSource, progress func(string)) (bootstrap.Result, error)
}

// Reconciler installs the components that were asked for.
type Reconciler struct {
	Clusters  typed.ClusterInterface
	Targets   Targets
	Installer Installer
	// Charts holds where the chart of each component comes from.
	Charts   map[v1alpha1.ComponentName]bootstrap.ChartSource
	Recorder base.Recorder
}

// Reconcile carries out every request that is newer than the last one carried
// out. An error makes it come back later.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	// Read from the server: a cache may not know what the last call has done.
	cluster, err := r.Clusters.Get(ctx, request.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return reconcile.Result{}, nil
	}
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the cluster %s: %w", request.Name, err)
	}
	var errs []error
	for _, component := range Pending(cluster) {
		if err := r.bootstrap(ctx, cluster, component); err != nil {
			errs = append(errs, err)
		}
	}
	return reconcile.Result{}, errors.Join(errs...)
}

// Pending returns the components of the cluster whose request was not yet
// carried out.
func Pending(cluster *v1alpha1.Cluster) []v1alpha1.ClusterComponent {
	if cluster.DeletionTimestamp != nil {
		return nil
	}
	var found []v1alpha1.ClusterComponent
	for _, wanted := range cluster.Spec.Components {
		done := carriedOut(&cluster.Status, wanted.Name)
		if wanted.RequestedAt != nil && (done == nil || done.Before(wanted.RequestedAt)) {
			found = append(found, wanted)
		}
	}
	return found
}

// bootstrap carries out one request and reports it in the status of cluster,
// which it keeps up to date, and by Events.
func (r *Reconciler) bootstrap(ctx context.Context, cluster *v1alpha1.Cluster, component v1alpha1.ClusterComponent) error {
	var unsaid error
	progress := func(stage string) {
		if underway(cluster, component.Name, stage) {
			unsaid = errors.Join(unsaid, r.applyStatus(ctx, cluster))
		}
	}
	progress("The installation begins")
	if unsaid != nil {
		return unsaid
	}
	result, err := r.install(ctx, cluster, component.Name, progress)
	if finish(cluster, component, result, err) {
		r.tell(cluster, component.Name, result, err)
	}
	if unsaid = errors.Join(unsaid, r.applyStatus(ctx, cluster)); unsaid != nil {
		return errors.Join(err, unsaid)
	}
	if err != nil {
		return fmt.Errorf("bootstrapping the cluster %s: %w", cluster.Name, err)
	}
	return nil
}

// tell makes an Event of how an installation ended.
func (r *Reconciler) tell(cluster *v1alpha1.Cluster, component v1alpha1.ComponentName, result bootstrap.Result, err error) {
	if err != nil {
		r.Recorder.Warn(cluster, "Bootstrap", reasonFailed, "%s: %s", component, shortened(err.Error(), maxNote))
		return
	}
	r.Recorder.Done(cluster, "Bootstrap", string(result.Action), "%s: %s", component, shortened(result.Message, maxNote))
}

func (r *Reconciler) install(ctx context.Context, cluster *v1alpha1.Cluster, component v1alpha1.ComponentName, progress func(string)) (bootstrap.Result, error) {
	config, err := r.Targets.RESTConfig(ctx, cluster)
	if err != nil {
		return bootstrap.Result{}, err
	}
	result, err := r.Installer.Install(ctx, config, component, r.Charts[component], progress)
	if err != nil && apierrors.IsForbidden(err) {
		err = fmt.Errorf("%w: installing needs the rights of cluster-admin; write a kubeconfig of an administrator%s", err, exchanged(cluster))
	}
	return result, err
}

// exchanged says that an administrator's credentials are wanted for a while alone.
func exchanged(cluster *v1alpha1.Cluster) string {
	if !cluster.Spec.ExchangeCredentials {
		return ""
	}
	return ", which is exchanged once this is installed"
}

func (r *Reconciler) applyStatus(ctx context.Context, cluster *v1alpha1.Cluster) error {
	options := metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
	if _, err := r.Clusters.ApplyStatus(ctx, statusOf(cluster), options); err != nil {
		return fmt.Errorf("writing the status of the cluster %s: %w", cluster.Name, err)
	}
	return nil
}
