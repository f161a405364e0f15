// Package kubevela translates revisions to what KubeVela 1.10 needs on a
// cluster, and what KubeVela says back to the status of an app. Its functions
// are pure. KubeVela's own Go types do not fit beside this server's libraries,
// so everything is unstructured.
package kubevela

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// GroupName is KubeVela's API group.
	GroupName = "core.oam.dev"
	// AnnotationPublishVersion makes KubeVela run an Application once for each
	// value. Without a new one, changes to the spec have no effect.
	AnnotationPublishVersion = "app.oam.dev/publishVersion"
)

// GroupVersion is the version of KubeVela's API that KubeNova speaks.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: GroupName, Version: "v1beta1"}
}

// PublishVersion names a revision to KubeVela: <number>-<first 8 of its uid>.
// A bare number comes again after a restore or with a recreated app, and
// KubeVela would take it for already deployed.
func PublishVersion(r *v1alpha1.AppRevision) string {
	uid := string(r.UID)
	return fmt.Sprintf("%d-%s", r.Spec.Revision, uid[:min(8, len(uid))])
}

// ApplicationFor returns the Application that runs what is rendered of a revision
// in the project's namespace, under a publish version.
func ApplicationFor(r *v1alpha1.AppRevision, rendered v1alpha1.RenderedApp, publishVersion, tenant, project string) (*unstructured.Unstructured, error) {
	components, err := componentsOf(rendered.Components)
	if err != nil {
		return nil, fmt.Errorf("translating revision %s: %w", r.Name, err)
	}
	policies, err := policiesOf(rendered.Policies)
	if err != nil {
		return nil, fmt.Errorf("translating revision %s: %w", r.Name, err)
	}
	spec := map[string]any{"components": components}
	if len(policies) > 0 {
		spec["policies"] = policies
	}

	out := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	out.SetGroupVersionKind(GroupVersion().WithKind("Application"))
	out.SetNamespace(v1alpha1.TargetNamespace(tenant, project))
	out.SetName(r.Spec.App)
	out.SetLabels(map[string]string{
		v1alpha1.LabelTenant:  tenant,
		v1alpha1.LabelProject: project,
		v1alpha1.LabelApp:     r.Spec.App,
	})
	out.SetAnnotations(map[string]string{AnnotationPublishVersion: publishVersion})
	return out, nil
}

func componentsOf(in []v1alpha1.Component) ([]any, error) {
	out := make([]any, 0, len(in))
	for _, c := range in {
		component := map[string]any{"name": c.Name, "type": c.Type}
		if err := setProperties(component, c.Properties); err != nil {
			return nil, fmt.Errorf("component %s: %w", c.Name, err)
		}
		var traits []any
		for _, t := range c.Traits {
			trait := map[string]any{"type": t.Type}
			if err := setProperties(trait, t.Properties); err != nil {
				return nil, fmt.Errorf("component %s, trait %s: %w", c.Name, t.Type, err)
			}
			traits = append(traits, trait)
		}
		if len(traits) > 0 {
			component["traits"] = traits
		}
		out = append(out, component)
	}
	return out, nil
}

func policiesOf(in []v1alpha1.Policy) ([]any, error) {
	out := make([]any, 0, len(in))
	for _, p := range in {
		policy := map[string]any{"name": p.Name, "type": p.Type}
		if err := setProperties(policy, p.Properties); err != nil {
			return nil, fmt.Errorf("policy %s: %w", p.Name, err)
		}
		out = append(out, policy)
	}
	return out, nil
}

func setProperties(to map[string]any, properties *runtime.RawExtension) error {
	if properties == nil || len(properties.Raw) == 0 {
		return nil
	}
	var decoded map[string]any
	if err := utiljson.Unmarshal(properties.Raw, &decoded); err != nil {
		return fmt.Errorf("reading properties: %w", err)
	}
	to["properties"] = decoded
	return nil
}
