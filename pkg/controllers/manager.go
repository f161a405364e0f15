// Package controllers carries what is stored to registered clusters, and what
// is seen there back to status.
package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel/trace"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	controllerconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/bootstrap"
	"github.com/kubenova/kubenova/pkg/catalog"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/app"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	bootstrapcontroller "github.com/kubenova/kubenova/pkg/controllers/bootstrap"
	catalogcontroller "github.com/kubenova/kubenova/pkg/controllers/catalog"
	"github.com/kubenova/kubenova/pkg/controllers/cluster"
	"github.com/kubenova/kubenova/pkg/controllers/exchange"
	"github.com/kubenova/kubenova/pkg/controllers/grant"
	"github.com/kubenova/kubenova/pkg/controllers/orphan"
	"github.com/kubenova/kubenova/pkg/controllers/plan"
	"github.com/kubenova/kubenova/pkg/controllers/project"
	"github.com/kubenova/kubenova/pkg/controllers/tenant"
	usagecontroller "github.com/kubenova/kubenova/pkg/controllers/usage"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/hostrbac"
	"github.com/kubenova/kubenova/pkg/metrics"
	"github.com/kubenova/kubenova/pkg/traces"
	"github.com/kubenova/kubenova/pkg/usage"
)

// leaseName is the lease by which one of several replicas is elected.
const leaseName = "kubenova-controller-manager"

// apiQPS bounds the requests a second to the KubeNova API.
const apiQPS = 500

// Options of the controllers.
type Options struct {
	// Config leads to the KubeNova API.
	Config *rest.Config
	// HostNamespaces says that this API has namespaces, in which case those of
	// tenants and projects are made: behind a host cluster, not in standalone.
	HostNamespaces bool
	// LeaderElection has one of several replicas work at a time, by a lease in
	// LeaderElectionNamespace.
	LeaderElection          bool
	LeaderElectionNamespace string
	// HealthAddress serves /healthz and /readyz on HOST:PORT. Empty serves neither.
	HealthAddress string
	// Metrics counts the requests to clusters; nil counts nothing.
	Metrics *metrics.Metrics
	// Tracer records the spans of reconciliations and of the requests in them; nil
	// records none. Who made it ends it.
	Tracer trace.TracerProvider
	// MetricsAddress serves /metrics on HOST:PORT, without authentication. Empty
	// serves none.
	MetricsAddress string
	// ProfilingAddress serves /debug/pprof on HOST:PORT to everyone who reaches it.
	// Empty serves nothing.
	ProfilingAddress string
	// AllowTargetCIDRs are the addresses that clusters may have, as
	// clusters.CheckAddress reads them.
	AllowTargetCIDRs []netip.Prefix
	// Bootstrap says what is installed on clusters. Nil means the defaults.
	Bootstrap *bootstrap.Options
	// UsageInterval is the time between two samples of what tenants use. Zero means
	// usage.DefaultInterval.
	UsageInterval time.Duration
	// CatalogDir is the directory of the catalog's files. Empty means those built in.
	CatalogDir string
}

// Run runs the controllers until ctx is done. A lease that is lost, and a cache
// that cannot be filled, are errors.
func Run(ctx context.Context, o Options) error {
	log := klog.Background().WithName("controllers")
	ctrl.SetLogger(log)
	if err := waitForAPI(ctx, o.Config, log); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	mgr, err := newManager(o, log)
	if err != nil {
		return err
	}
	set := clusters.NewSet(clusters.Options{AllowTargetCIDRs: o.AllowTargetCIDRs, Log: log, Around: o.Metrics.Targets().Wrap})
	defer set.Close()
	if err := addControllers(ctx, mgr, set, o); err != nil {
		return err
	}
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("running the controllers: %w", err)
	}
	return nil
}

// addControllers is the list of everything that runs.
func addControllers(ctx context.Context, mgr manager.Manager, set *clusters.Set, o Options) error {
	clients, err := versioned.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return fmt.Errorf("making the client for credentials: %w", err)
	}
	host := base.HostNamespaces{Enabled: o.HostNamespaces, Client: mgr.GetClient(), Live: mgr.GetAPIReader()}
	return errors.Join(
		base.IndexTenants(ctx, mgr.GetFieldIndexer()),
		app.Index(ctx, mgr.GetFieldIndexer()),
		plan.Index(ctx, mgr.GetFieldIndexer()),
		catalogcontroller.Add(mgr, set, catalog.NewSource(o.CatalogDir, mgr.GetLogger().WithName("catalog")), o.Tracer),
		cluster.Add(mgr, set, clients, host, o.Tracer),
		bootstrapcontroller.Add(mgr, set, clients, host, o.Bootstrap, o.Tracer),
		exchange.Add(mgr, set, clients, host, o.Tracer),
		tenant.Add(mgr, set, host, o.Tracer),
		plan.Add(mgr, host, o.Tracer),
		project.Add(mgr, set, host, o.Tracer),
		app.Add(mgr, set, o.Tracer),
		grant.Add(mgr, clients, o.AllowTargetCIDRs, o.Tracer),
		orphan.Add(mgr, set, o.Tracer),
		usagecontroller.Add(ctx, mgr, set, cmp.Or(o.UsageInterval, usage.DefaultInterval), o.Tracer),
		o.Metrics.CountClusters(set.Count),
		serveMetrics(mgr, o),
		mgr.AddHealthzCheck("ping", healthz.Ping),
		mgr.AddReadyzCheck("ping", healthz.Ping),
	)
}

func newManager(o Options, log logr.Logger) (manager.Manager, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme), rbacv1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("registering kinds: %w", err)
	}
	ours, err := labels.NewRequirement(v1alpha1.LabelTenant, selection.Exists, nil)
	if err != nil {
		return nil, fmt.Errorf("selecting namespaces: %w", err)
	}
	access, err := labels.NewRequirement(hostrbac.LabelRole, selection.Exists, nil)
	if err != nil {
		return nil, fmt.Errorf("selecting access: %w", err)
	}
	cached := map[client.Object]cache.ByObject{}
	if o.HostNamespaces {
		cached[&corev1.Namespace{}] = cache.ByObject{Label: labels.NewSelector().Add(*ours)}
		cached[&rbacv1.RoleBinding{}] = cache.ByObject{Label: labels.NewSelector().Add(*access)}
		cached[&rbacv1.Role{}] = cache.ByObject{Label: labels.NewSelector().Add(*access)}
	}
	config := rest.CopyConfig(o.Config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return traces.Transport(next) })
	if config.QPS == 0 {
		// The API server's fair queues hold callers back where that is needed.
		config.QPS, config.Burst = apiQPS, 2*apiQPS
	}
	mgr, err := manager.New(config, manager.Options{
		Scheme:                  scheme,
		Logger:                  log,
		LeaderElection:          o.LeaderElection,
		LeaderElectionID:        leaseName,
		LeaderElectionNamespace: o.LeaderElectionNamespace,
		// The lease is given up on the way out, so that the next one starts at once.
		LeaderElectionReleaseOnCancel: true,
		HealthProbeBindAddress:        o.HealthAddress,
		PprofBindAddress:              o.ProfilingAddress,
		Metrics:                       metricsserver.Options{BindAddress: "0"},
		Cache: cache.Options{
			DefaultTransform: cache.TransformStripManagedFields(),
			ByObject:         cached,
		},
		NewClient: newClient,
		// Names of controllers may come again: several managers run in one process in tests.
		Controller: controllerconfig.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		return nil, fmt.Errorf("making the manager: %w", err)
	}
	return mgr, nil
}

// newClient returns the client of the controllers, whose writes carry KubeNova's name.
func newClient(config *rest.Config, options client.Options) (client.Client, error) {
	c, err := client.New(config, options)
	if err != nil {
		return nil, fmt.Errorf("making the client: %w", err)
	}
	return client.WithFieldOwner(c, clusters.FieldOwner), nil
}
