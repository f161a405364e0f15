package tenant

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// validatePlan refuses a plan that no tenant can get. before is the plan that the
// tenant names already, which it may go on to name.
func (s strategy) validatePlan(ctx context.Context, name, before string) field.ErrorList {
	if name == "" || name == before {
		return nil
	}
	path := field.NewPath("spec", "plan")
	if problems := v1alpha1.CheckPlanName(name); len(problems) > 0 {
		return field.ErrorList{field.Invalid(path, name, problems[0])}
	}
	obj, err := store.GetCached(ctx, s.plans, name)
	switch {
	case apierrors.IsNotFound(err):
		return field.ErrorList{field.NotFound(path, name)}
	case err != nil:
		return field.ErrorList{field.InternalError(path, fmt.Errorf("reading the plan %s: %w", name, err))}
	case obj.(*v1alpha1.Plan).Spec.Retired:
		return field.ErrorList{field.Invalid(path, name, "is no longer in the catalog; tenants that have it keep it")}
	}
	return nil
}
