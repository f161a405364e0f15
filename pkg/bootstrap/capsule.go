package bootstrap

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/access"
)

const (
	capsuleRelease       = "capsule"
	capsuleNamespace     = "capsule-system"
	capsuleConfiguration = "default"

	// accessGroup is the group of the service accounts that KubeNova issues
	// kubeconfigs of. Capsule filters and guards only whom it knows as its users.
	accessGroup = "system:serviceaccounts:" + access.Namespace
	// capsuleGroup is the group of Capsule's users in its own documentation.
	capsuleGroup = "projectcapsule.dev"

	// protectedNamespaces are names that no tenant can take, whatever its own name is.
	protectedNamespaces = `^(default|cert-manager|kn-.*|kube-.*|kubenova.*|capsule-.*|vela-.*)$`
)

func capsuleConfigurations() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "capsule.clastix.io", Version: "v1beta2", Resource: "capsuleconfigurations"}
}

// capsuleValues are the values of Capsule's chart. Whoever is an administrator
// or a user already stays one.
func capsuleValues(self subject, administrators, users []subject) map[string]any {
	administrators = with(administrators, self)
	users = with(users, subject{"Group", capsuleGroup}, subject{"Group", accessGroup})
	return map[string]any{
		// Capsule makes its own certificates, so that nothing else has to be there.
		"tls":         map[string]any{"enableController": true, "create": true},
		"certManager": map[string]any{"generateCertificates": false},
		"proxy":       map[string]any{"enabled": false},
		"manager": map[string]any{"options": map[string]any{
			"capsuleConfiguration":         capsuleConfiguration,
			"forceTenantPrefix":            true,
			"allowServiceAccountPromotion": false,
			"protectedNamespaceRegex":      protectedNamespaces,
			"administrators":               encodeSubjects(administrators),
			"users":                        encodeSubjects(users),
		}},
	}
}

// with returns the list with those added that it lacks, in the same order.
func with(list []subject, wanted ...subject) []subject {
	list = slices.Clone(list)
	for _, s := range wanted {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func encodeSubjects(list []subject) []any {
	encoded := make([]any, 0, len(list))
	for _, s := range list {
		encoded = append(encoded, map[string]any{"kind": s.kind, "name": s.name})
	}
	return encoded
}

// subjects reads a list of a CapsuleConfiguration's spec.
func subjects(configuration *unstructured.Unstructured, field string) ([]subject, error) {
	items, _, err := unstructured.NestedSlice(configuration.Object, "spec", field)
	if err != nil {
		return nil, fmt.Errorf("reading spec.%s of the CapsuleConfiguration %s: %w", field, configuration.GetName(), err)
	}
	list := make([]subject, 0, len(items))
	for _, item := range items {
		entry, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("reading spec.%s of the CapsuleConfiguration %s: unknown form %T", field, configuration.GetName(), item)
		}
		kind, _, kindErr := unstructured.NestedString(entry, "kind")
		name, _, nameErr := unstructured.NestedString(entry, "name")
		if kindErr != nil || nameErr != nil {
			return nil, fmt.Errorf("reading spec.%s of the CapsuleConfiguration %s: kind and name must be strings", field, configuration.GetName())
		}
		list = append(list, subject{kind: kind, name: name})
	}
	return list, nil
}

// admit adds KubeNova to the configuration's administrators and the group of
// its access accounts to the users. It says whether that changed anything.
func admit(configuration *unstructured.Unstructured, self subject) (changed bool, err error) {
	for field, wanted := range map[string]subject{
		"administrators": self,
		"users":          {"Group", accessGroup},
	} {
		list, err := subjects(configuration, field)
		if err != nil {
			return false, err
		}
		if slices.Contains(list, wanted) {
			continue
		}
		// Entries keep fields of theirs that are not read here.
		items, _, err := unstructured.NestedSlice(configuration.Object, "spec", field)
		if err != nil {
			return false, err
		}
		items = append(items, encodeSubjects([]subject{wanted})...)
		if err := unstructured.SetNestedSlice(configuration.Object, items, "spec", field); err != nil {
			return false, fmt.Errorf("writing spec.%s of the CapsuleConfiguration: %w", field, err)
		}
		changed = true
	}
	return changed, nil
}
