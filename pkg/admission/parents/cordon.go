package parents

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/admission"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// ErrCordoned is why nothing is brought to the namespaces of a cordoned tenant.
// What runs there goes on, and can be suspended.
var ErrCordoned = errors.New("the tenant is cordoned (spec.cordoned): nothing is deployed to it until that is lifted")

// validateResume refuses to have an app of a cordoned tenant run again by a write of
// its spec, as apps/resume does.
func (p *Plugin) validateResume(ctx context.Context, a admission.Attributes) error {
	app, ok := a.GetObject().(*v1alpha1.App)
	stored, had := a.GetOldObject().(*v1alpha1.App)
	if !ok || !had || app.Spec.Suspended || !stored.Spec.Suspended {
		return nil
	}
	name, _, ok := v1alpha1.SplitNamespace(app.Namespace)
	if !ok {
		return nil
	}
	parent, err := p.registry.get(ctx, v1alpha1.Resource("tenants"), "", name)
	if err != nil {
		return err
	}
	tenant, ok := parent.(*v1alpha1.Tenant)
	if !ok {
		return fmt.Errorf("the tenant %s is a %T", name, parent)
	}
	if tenant.Spec.Cordoned {
		return apierrors.NewConflict(v1alpha1.Resource("apps"), app.Name, ErrCordoned)
	}
	return nil
}
