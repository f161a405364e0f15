package usage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/usage"
)

// maxProjects bounds the series of a tenant. Projects beyond it, by name, have none.
const maxProjects = 256

// record adds a sample to the history of a tenant and writes it, the one write of
// the steady state.
func (r *Reconciler) record(ctx context.Context, d tenantDue, seen *seen, taken time.Time) error {
	history := d.history.DeepCopy()
	interval := int64(max(r.Interval/time.Second, 1))
	history.Spec.SampledAt, history.Spec.IntervalSeconds = metav1.NewTime(taken.Truncate(time.Second)), &interval
	var names []string
	for _, project := range base.ProjectsOf(ctx, r.Client, d.tenant.Name) {
		names = append(names, project.Name)
	}
	slices.Sort(names)
	names = names[:min(len(names), maxProjects)]
	samples := map[string]usage.Sample{"": seen.ofTenant(d.tenant)}
	for _, name := range names {
		if sample, found := seen.ofProject(d.tenant.Name, name); found {
			samples[name] = sample
		}
	}
	history.Spec.Series = extend(ctx, d.history.Spec.Series, append([]string{""}, names...), samples, taken)
	var err error
	if history.ResourceVersion == "" {
		err = r.Client.Create(ctx, history)
	} else {
		err = r.Client.Update(ctx, history)
	}
	if err != nil && !tenantGoes(err) {
		return fmt.Errorf("writing the samples of tenant %s: %w", d.tenant.Name, err)
	}
	return nil
}

// tenantGoes says whether a write failed because the tenant is on its way out.
func tenantGoes(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsForbidden(err) && strings.Contains(err.Error(), "being deleted")
}

// extend adds samples to the series that are there. Those of projects that are
// gone are dropped; those without a sample keep what they have.
func extend(ctx context.Context, had []v1alpha1.UsageHistorySeries, names []string, samples map[string]usage.Sample, taken time.Time) []v1alpha1.UsageHistorySeries {
	before := map[string][]byte{}
	for _, series := range had {
		before[series.Project] = series.Samples
	}
	var out []v1alpha1.UsageHistorySeries
	for _, name := range names {
		stored, had := before[name]
		sample, sampled := samples[name]
		if sampled {
			series, err := usage.Decode(stored)
			if err != nil {
				// Begun anew: what cannot be read is of no use, and must not end the sampling.
				ctrl.LoggerFrom(ctx).Error(err, "Dropping samples that cannot be read", "project", name)
				series = &usage.Series{}
			}
			series.Add(taken, sample)
			stored = series.Encode()
		}
		if had || sampled {
			out = append(out, v1alpha1.UsageHistorySeries{Project: name, Samples: stored})
		}
	}
	return out
}
