package render

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TraitSuspend is the trait by which a Job or a DaemonSet stops. Its definition
// is KubeNova's own (artifacts/definitions); apps cannot ask for it.
const TraitSuspend = "kubenova-suspend"

// Suspended returns the variant of a rendered app of which nothing runs, and
// which the delivery system keeps that way: no replicas and no autoscaler, and
// Jobs, CronJobs and DaemonSets that make no pods; a run that a CronJob has begun
// ends by itself, as Kubernetes has it. What an app owns besides pods stays. A
// component that render does not know, or cannot read, is left out altogether.
func Suspended(in v1alpha1.RenderedApp) v1alpha1.RenderedApp {
	out := *in.DeepCopy()
	out.Components = nil
	types := componentTypes()
	for _, c := range in.DeepCopy().Components {
		known, found := types[c.Type]
		if found && suspend(&c, known.kind) {
			out.Components = append(out.Components, c)
		}
	}
	return out
}

// RunsToItsEnd says whether a component of a type is healthy only once it has
// ended, which it does not while it is suspended.
func RunsToItsEnd(typeName string) bool { return componentTypes()[typeName].kind == job }

// suspend says whether it could stop the component.
func suspend(c *v1alpha1.Component, kind workload) bool {
	switch kind {
	case deployment, statefulSet:
		scaling := []string{"hpa", "scaler"}
		c.Traits = slices.DeleteFunc(c.Traits, func(t v1alpha1.Trait) bool { return slices.Contains(scaling, t.Type) })
		c.Traits = append(c.Traits, v1alpha1.Trait{Type: "scaler", Properties: &runtime.RawExtension{Raw: []byte(`{"replicas":0}`)}})
	case job, daemonSet:
		c.Traits = append(c.Traits, v1alpha1.Trait{Type: TraitSuspend})
	case cronJob:
		properties, errs := decode(c.Properties, anything, field.NewPath("properties"))
		if len(errs) > 0 {
			return false
		}
		properties["suspend"] = true
		c.Properties = encode(properties)
	default:
		return false
	}
	return true
}
