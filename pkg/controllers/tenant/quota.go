package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

const (
	reasonExceeded = "QuotaExceeded"
	reasonPending  = v1alpha1.ReasonQuotaPending
	// recheckQuota is when to look again whether Capsule holds a new quota; no
	// watch tells.
	recheckQuota = 500 * time.Millisecond
)

// carry makes the Capsule Tenant with the quotas that the tenant has. Those that
// are below what is in use already are held at that for as long as it is so;
// exceeded says which.
func carry(ctx context.Context, cluster clusters.Client, tenant *v1alpha1.Tenant, read *base.UIDs) (live *unstructured.Unstructured, exceeded string, err error) {
	quotas := capsule.EffectiveQuotas(tenant)
	condition := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.TenantQuotaApplied)
	if condition == nil || condition.Reason != reasonExceeded {
		live, err = ensure(ctx, cluster, tenant, quotas, read)
		if !apierrors.IsForbidden(err) {
			return live, "", err
		}
	}
	refused := err
	used, err := inUse(ctx, cluster, tenant.Name, quotas)
	if err != nil {
		return nil, "", err
	}
	raised, names := capsule.AtLeast(quotas, used)
	if refused != nil && len(names) == 0 {
		return nil, "", refused
	}
	live, err = ensure(ctx, cluster, tenant, raised, read)
	for _, name := range names {
		in, allowed := used[name], quotas[name]
		exceeded += fmt.Sprintf("%s: %s in use, %s allowed; ", name, in.String(), allowed.String())
	}
	return live, strings.TrimSuffix(exceeded, "; "), err
}

// inUse reads what a tenant uses of its quotas.
func inUse(ctx context.Context, cluster clusters.Client, tenant string, quotas v1alpha1.ResourceAmounts) (v1alpha1.ResourceAmounts, error) {
	name := capsule.QuotaObject(tenant, quotas)
	if name == "" {
		return nil, nil
	}
	status, _, err := readQuota(ctx, cluster, name)
	return status.Used, err
}

// readQuota asks what the cluster says of a quota, which Capsule may not have made yet.
func readQuota(ctx context.Context, cluster clusters.Client, name string) (status capsule.QuotaStatus, found bool, err error) {
	quota, err := cluster.GetLive(ctx, clusters.GlobalResourceQuota, "", name)
	if apierrors.IsNotFound(err) {
		return status, false, nil
	}
	if err != nil {
		return status, false, fmt.Errorf("reading the quota %s: %w", name, err)
	}
	return capsule.QuotaStatusOf(quota), true, nil
}

// confirmQuota says that the quotas hold, once Capsule has them in its ledger. It
// asks the cluster only until then.
func confirmQuota(ctx context.Context, cluster clusters.Client, tenant *v1alpha1.Tenant, exceeded string) error {
	quotas := capsule.EffectiveQuotas(tenant)
	switch name := capsule.QuotaObject(tenant.Name, quotas); {
	case exceeded != "":
		tenant.Status.Quotas = quotas
		return &base.Blocked{Reason: reasonExceeded, Message: "More is in use than the quotas allow, so that nothing is admitted until it is removed: " + exceeded + ".", Recheck: base.Recheck}
	case name != "" && !settled(tenant):
		status, found, err := readQuota(ctx, cluster, name)
		if err != nil {
			return err
		}
		if !found {
			return &base.Blocked{Reason: reasonPending, Message: "Capsule has not yet made the quota " + name + ".", Recheck: recheckQuota}
		}
		if !status.Ready {
			return &base.Blocked{Reason: reasonPending, Message: "Capsule does not yet hold the quota " + name + ": " + status.Message, Recheck: recheckQuota}
		}
	}
	tenant.Status.Quotas = quotas
	message := "The quotas and limits hold on the cluster."
	if len(quotas) == 0 {
		message = "The tenant has no quotas; its limits hold on the cluster."
	}
	base.SetCondition(&tenant.Status.ConditionedStatus, tenant.Generation, v1alpha1.TenantQuotaApplied, metav1.ConditionTrue, "Enforced", message)
	return nil
}

// settled says whether the quotas of now are known to hold.
func settled(tenant *v1alpha1.Tenant) bool {
	condition := meta.FindStatusCondition(tenant.Status.Conditions, v1alpha1.TenantQuotaApplied)
	return condition != nil && condition.Status == metav1.ConditionTrue && condition.ObservedGeneration == tenant.Generation &&
		equality.Semantic.DeepEqual(tenant.Status.Quotas, capsule.EffectiveQuotas(tenant))
}

// reportQuota says why the quotas do not hold, when they do not.
func reportQuota(tenant *v1alpha1.Tenant, err error) {
	if settled(tenant) || tenant.DeletionTimestamp != nil {
		return
	}
	if unavailable, ok := clusters.AsUnavailable(err); ok && unavailable.Untold() {
		return
	}
	value, reason, message := metav1.ConditionFalse, reasonPending, "Capsule has not yet taken up the tenant."
	if err != nil {
		value, reason, message = base.Explain(err)
	}
	base.SetCondition(&tenant.Status.ConditionedStatus, tenant.Generation, v1alpha1.TenantQuotaApplied, value, reason, message)
}

// reportNamespaces says which projects have no namespace yet.
func reportNamespaces(tenant *v1alpha1.Tenant, projects []v1alpha1.Project) {
	const most = 5
	var missing []string
	for i := range projects {
		if projects[i].Status.Namespace == "" {
			missing = append(missing, projects[i].Name)
		}
	}
	value, reason, message := metav1.ConditionTrue, "NamespacesReady", "Every project has its namespace."
	if count := len(missing); count > 0 {
		slices.Sort(missing) // a cache lists in any order, and other words would be another condition
		value, reason = metav1.ConditionFalse, "NamespacesMissing"
		message = fmt.Sprintf("%d of %d projects have no namespace yet; see their conditions: %s", count, len(projects), strings.Join(missing[:min(count, most)], ", "))
	}
	base.SetCondition(&tenant.Status.ConditionedStatus, tenant.Generation, v1alpha1.TenantNamespacesReady, value, reason, message)
}
