package quota

import (
	"context"
	"errors"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// PluginName of the plugin.
const PluginName = "TenantObjects"

// Quota is what tenants may have, and what they have.
type Quota struct {
	Limits
	// Projects and Apps are what there are.
	Projects, Apps *Index
}

// New returns a quota with the default limits, over indexes that are to be run.
func New() *Quota {
	return &Quota{Limits: DefaultLimits(), Projects: NewIndex("projects"), Apps: NewIndex("apps")}
}

// Plugin is the admission plugin.
type Plugin struct {
	*admission.Handler
	quota *Quota
}

var (
	_ admission.ValidationInterface     = &Plugin{}
	_ admission.InitializationValidator = &Plugin{}
)

// NewPlugin returns the plugin that holds tenants to a quota.
func NewPlugin(quota *Quota) *Plugin {
	return &Plugin{Handler: admission.NewHandler(admission.Create, admission.Update), quota: quota}
}

// Register adds the plugin to plugins.
func Register(plugins *admission.Plugins, quota *Quota) {
	plugins.Register(PluginName, func(io.Reader) (admission.Interface, error) { return NewPlugin(quota), nil })
}

// ValidateInitialization implements admission.InitializationValidator.
func (p *Plugin) ValidateInitialization() error {
	if p.quota == nil {
		return errors.New(PluginName + " needs a quota")
	}
	return nil
}

// Validate refuses what would be more than a tenant may have.
func (p *Plugin) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if a.GetKind().Group != v1alpha1.GroupName || a.GetSubresource() != "" {
		return nil
	}
	if now, before := people(a.GetObject()), people(a.GetOldObject()); now > p.quota.Members && now > before {
		return admission.NewForbidden(a, fmt.Errorf("it names %d owners or members, and may name %d", now, p.quota.Members))
	}
	if a.GetOperation() != admission.Create {
		return nil
	}
	switch a.GetObject().(type) {
	case *v1alpha1.Project:
		return p.count(a, p.quota.Projects, p.quota.Limits.Projects)
	case *v1alpha1.App:
		return p.count(a, p.quota.Apps, p.quota.Limits.Apps)
	}
	return nil
}

// people is how many owners or members an object names.
func people(obj runtime.Object) int {
	switch obj := obj.(type) {
	case *v1alpha1.Tenant:
		return len(obj.Spec.Owners)
	case *v1alpha1.Project:
		return len(obj.Spec.Access)
	}
	return 0
}

// count admits one more object of a tenant.
func (p *Plugin) count(a admission.Attributes, index *Index, bound int) error {
	tenant, o, err := keyOf(a.GetObject())
	if err != nil || tenant == "" {
		return err // the strategy names the field
	}
	have, ok, err := index.admit(tenant, o, bound, !a.IsDryRun())
	if err != nil {
		return apierrors.NewServiceUnavailable(err.Error())
	}
	if !ok {
		return admission.NewForbidden(a, fmt.Errorf("the tenant %q has %d %s, and may have %d", tenant, have, index.what, bound))
	}
	return nil
}
