package usage

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/usage"
)

// withHistory asks the cluster, and adds what was sampled over the range that was
// asked for. While the cluster is away, what was sampled last stands in for it.
func (r *Reader) withHistory(ctx context.Context, tenant *v1alpha1.Tenant, project string, options *v1alpha1.UsageOptions,
	ask func() (v1alpha1.UsageStatus, error),
) (v1alpha1.UsageStatus, error) {
	status, away := ask()
	if options.Range == "" || away != nil && !apierrors.IsServiceUnavailable(away) {
		return status, away
	}
	history, err := r.historyOf(ctx, tenant.Name)
	if err != nil {
		return status, err
	}
	own, err := seriesOf(history, project)
	if err != nil {
		return status, err
	}
	if away != nil {
		last := own.Last()
		if last == nil {
			return status, away
		}
		sampled := history.Spec.SampledAt
		status = v1alpha1.UsageStatus{Source: v1alpha1.UsageStale, AsOf: &sampled, Used: last.Mean().Amounts(true)}
		if project == "" {
			status.Quotas = capsule.EffectiveQuotas(tenant)
		}
	}
	now := time.Now()
	status.History, err = own.OverRange(options.Range, now, intervalOf(history))
	if err != nil || !options.Series {
		return status, err
	}
	status.History.Series, err = pieces(history, project, options.Range, now)
	return status, err
}

// historyOf returns what was sampled of a tenant; it is empty before the first sample.
func (r *Reader) historyOf(ctx context.Context, tenant string) (*v1alpha1.UsageHistory, error) {
	ctx = genericapirequest.WithNamespace(ctx, v1alpha1.TenantNamespace(tenant))
	obj, err := r.histories.Get(ctx, v1alpha1.UsageHistoryName, &metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return &v1alpha1.UsageHistory{}, nil
	}
	if err != nil {
		return nil, err
	}
	return obj.(*v1alpha1.UsageHistory), nil
}

func intervalOf(history *v1alpha1.UsageHistory) time.Duration {
	if seconds := history.Spec.IntervalSeconds; seconds != nil {
		return time.Duration(*seconds) * time.Second
	}
	return usage.DefaultInterval
}

func seriesOf(history *v1alpha1.UsageHistory, project string) (*usage.Series, error) {
	for _, series := range history.Spec.Series {
		if series.Project == project {
			return decode(series)
		}
	}
	return &usage.Series{}, nil
}

func decode(series v1alpha1.UsageHistorySeries) (*usage.Series, error) {
	out, err := usage.Decode(series.Samples)
	if err != nil {
		return nil, apierrors.NewInternalError(fmt.Errorf("the samples of project %q: %w", series.Project, err))
	}
	return out, nil
}

// pieces are those of a project, or of the tenant and of all of its projects.
func pieces(history *v1alpha1.UsageHistory, project, window string, now time.Time) ([]v1alpha1.UsagePiece, error) {
	var out []v1alpha1.UsagePiece
	for _, series := range history.Spec.Series {
		if project != "" && series.Project != project {
			continue
		}
		decoded, err := decode(series)
		if err != nil {
			return nil, err
		}
		own, err := decoded.InPieces(window, now, series.Project)
		if err != nil {
			return nil, err
		}
		out = append(out, own...)
	}
	return out, nil
}
