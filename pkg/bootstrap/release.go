package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-logr/logr"
	"helm.sh/helm/v4/pkg/action"
	v2 "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	"helm.sh/helm/v4/pkg/release/common"
	releasev1 "helm.sh/helm/v4/pkg/release/v1"
	"helm.sh/helm/v4/pkg/storage/driver"
	"k8s.io/klog/v2"
)

const (
	// ownerLabel marks the Helm releases that KubeNova made. A release of the
	// same name without it belongs to somebody else.
	ownerLabel = "kubenova.io/bootstrap"
	maxHistory = 3
)

// release is a Helm release on a target.
type release struct {
	name, namespace string
	target          *target
	helm            *action.Configuration
}

func (t *target) release(ctx context.Context, name, namespace string) (*release, error) {
	getter, err := newRESTGetter(t.config, namespace)
	if err != nil {
		return nil, err
	}
	logger := logr.ToSlogHandler(klog.FromContext(ctx).WithValues("release", name))
	helm := action.NewConfiguration(action.ConfigurationSetLogger(quiet{logger}))
	if err := helm.Init(getter, namespace, "secret"); err != nil {
		return nil, fmt.Errorf("preparing Helm: %w", err)
	}
	return &release{name: name, namespace: namespace, target: t, helm: helm}, nil
}

// quiet drops Helm's debug messages, which are many.
type quiet struct{ slog.Handler }

// Enabled implements slog.Handler.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo && q.Handler.Enabled(ctx, level)
}

// last returns the newest revision of the release, or nil if there is none.
func (r *release) last() (*releasev1.Release, error) {
	found, err := r.helm.Releases.Last(r.name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the Helm release %s/%s: %w", r.namespace, r.name, err)
	}
	return r.known(found)
}

// deployed returns the newest revision that worked, or nil if none did.
func (r *release) deployed() (*releasev1.Release, error) {
	found, err := r.helm.Releases.Deployed(r.name)
	if errors.Is(err, driver.ErrNoDeployedReleases) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the Helm release %s/%s: %w", r.namespace, r.name, err)
	}
	return r.known(found)
}

func (r *release) known(found any) (*releasev1.Release, error) {
	known, ok := found.(*releasev1.Release)
	if !ok {
		return nil, fmt.Errorf("reading the Helm release %s/%s: unknown form %T", r.namespace, r.name, found)
	}
	return known, nil
}

func isOurs(last *releasev1.Release) bool { return last != nil && last.Labels[ownerLabel] == "true" }

// installUnlessTheirs installs or applies again the release, unless somebody else
// has installed the component: then it says so by the message theirs.
func (r *release) installUnlessTheirs(ctx context.Context, source ChartSource, values map[string]any,
	present func(context.Context) (bool, error), theirs string) (Result, error) {
	last, err := r.last()
	if err != nil {
		return Result{}, err
	}
	if isOurs(last) {
		return r.apply(ctx, source, last, values, r.target.upgradeCRDs)
	}
	found, err := present(ctx)
	if err != nil {
		return Result{}, err
	}
	if found || last != nil {
		return Result{Action: Adopted, Message: theirs}, nil
	}
	return r.apply(ctx, source, nil, values, nil)
}

// apply installs the release, or applies it again over last; before the
// latter it calls beforeUpgrade, if that is not nil.
func (r *release) apply(ctx context.Context, source ChartSource, last *releasev1.Release, values map[string]any,
	beforeUpgrade func(context.Context, *v2.Chart) error) (Result, error) {
	r.target.tell("Fetching the chart %s", source.Reference)
	chart, err := source.load()
	if err != nil {
		return Result{}, err
	}
	if values, err = source.values(values); err != nil {
		return Result{}, err
	}
	what := fmt.Sprintf("Helm release %s/%s of chart %s %s", r.namespace, r.name, chart.Name(), chart.Metadata.Version)
	r.target.tell("Installing and waiting for the %s", what)
	if last == nil {
		if _, err := r.install(ctx).RunWithContext(ctx, chart, values); err != nil {
			return Result{}, fmt.Errorf("installing the chart %s: %w", chart.Name(), err)
		}
		return Result{Action: Installed, Message: what}, nil
	}
	former, err := r.deployed()
	if err != nil {
		return Result{}, err
	}
	if err := r.endPending(last); err != nil {
		return Result{}, err
	}
	if beforeUpgrade != nil {
		if err := beforeUpgrade(ctx, chart); err != nil {
			return Result{}, err
		}
	}
	if _, err := r.upgrade(ctx).RunWithContext(ctx, r.name, chart, values); err != nil {
		return Result{}, fmt.Errorf("upgrading the Helm release %s/%s: %w", r.namespace, r.name, err)
	}
	return over(former, chart, what), nil
}

// over says what it was to apply a chart over the revision that worked, if any.
func over(former *releasev1.Release, chart *v2.Chart, what string) Result {
	switch {
	case former == nil:
		return Result{Action: Installed, Message: what}
	case former.Chart.Metadata.Version != chart.Metadata.Version:
		return Result{Action: Upgraded, Message: fmt.Sprintf("%s, which was %s", what, former.Chart.Metadata.Version)}
	default:
		return Result{Action: Repaired, Message: what}
	}
}

func (r *release) install(ctx context.Context) *action.Install {
	install := action.NewInstall(r.helm)
	install.ReleaseName = r.name
	install.Namespace = r.namespace
	install.CreateNamespace = true
	install.Labels = map[string]string{ownerLabel: "true"}
	install.Timeout = r.target.wait
	install.WaitStrategy = kube.StatusWatcherStrategy
	install.WaitOptions = []kube.WaitOption{kube.WithWaitContext(ctx)}
	return install
}

func (r *release) upgrade(ctx context.Context) *action.Upgrade {
	upgrade := action.NewUpgrade(r.helm)
	upgrade.Namespace = r.namespace
	upgrade.Labels = map[string]string{ownerLabel: "true"}
	upgrade.ResetValues = true
	// A repair wins over whoever changed the release's objects in between.
	upgrade.ServerSideApply = "true"
	upgrade.ForceConflicts = true
	upgrade.MaxHistory = maxHistory
	upgrade.Timeout = r.target.wait
	upgrade.WaitStrategy = kube.StatusWatcherStrategy
	upgrade.WaitOptions = []kube.WaitOption{kube.WithWaitContext(ctx)}
	return upgrade
}

// endPending marks a revision as failed whose process has gone: Helm refuses
// to go on otherwise. Only one process installs at a time, so a pending
// revision at this point is nobody's.
func (r *release) endPending(last *releasev1.Release) error {
	if !last.Info.Status.IsPending() {
		return nil
	}
	last.SetStatus(common.StatusFailed, "interrupted")
	if err := r.helm.Releases.Update(last); err != nil {
		return fmt.Errorf("ending the interrupted Helm release %s/%s: %w", r.namespace, r.name, err)
	}
	return nil
}
