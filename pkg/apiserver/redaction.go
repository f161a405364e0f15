package apiserver

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// withoutCredentials is an admission decorator: the plugin sees who writes
// credentials to which cluster, and not the credentials. Webhooks and policies
// come from the host cluster, whose administrators need not be those of every
// cluster that is registered here.
func withoutCredentials(plugin admission.Interface, _ string) admission.Interface {
	return redacting{plugin}
}

// redacting is a plugin of both kinds, as those that it wraps may be.
type redacting struct{ admission.Interface }

var (
	_ admission.MutationInterface   = redacting{}
	_ admission.ValidationInterface = redacting{}
)

// Admit implements admission.MutationInterface. What a plugin changes in a copy
// without credentials is dropped with the copy.
func (r redacting) Admit(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	if plugin, ok := r.Interface.(admission.MutationInterface); ok {
		return plugin.Admit(ctx, redact(a), o)
	}
	return nil
}

// Validate implements admission.ValidationInterface.
func (r redacting) Validate(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	if plugin, ok := r.Interface.(admission.ValidationInterface); ok {
		return plugin.Validate(ctx, redact(a), o)
	}
	return nil
}

// redacted are attributes whose objects hold no credentials.
type redacted struct {
	admission.Attributes
	object, old runtime.Object
}

func (r redacted) GetObject() runtime.Object    { return r.object }
func (r redacted) GetOldObject() runtime.Object { return r.old }

func redact(a admission.Attributes) admission.Attributes {
	object, changed := redactObject(a.GetObject())
	old, oldChanged := redactObject(a.GetOldObject())
	if !changed && !oldChanged {
		return a
	}
	return redacted{Attributes: a, object: object, old: old}
}

func redactObject(object runtime.Object) (redacted runtime.Object, changed bool) {
	credentials, ok := object.(*v1alpha1.ClusterKubeconfig)
	if !ok {
		return object, false
	}
	copied := credentials.DeepCopy()
	copied.Spec.Kubeconfig = nil
	return copied, true
}
