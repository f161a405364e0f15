package kubevela

import "k8s.io/apimachinery/pkg/runtime/schema"

// SystemNamespace is where KubeVela runs, and where the definitions are that apps
// of every namespace can use.
const SystemNamespace = "vela-system"

// Definition says what a type of component or trait is made of.
type Definition struct {
	// Kind of the definition, and Name, which is the type.
	Kind, Name string
}

// ComponentDefinition is the definition of a type of component.
func ComponentDefinition(name string) Definition { return Definition{"ComponentDefinition", name} }

// TraitDefinition is the definition of a type of trait.
func TraitDefinition(name string) Definition { return Definition{"TraitDefinition", name} }

// Resource is the API of the definition.
func (d Definition) Resource() schema.GroupVersionResource {
	if d.Kind == "TraitDefinition" {
		return GroupVersion().WithResource("traitdefinitions")
	}
	return GroupVersion().WithResource("componentdefinitions")
}
