package cleanup

import (
	"regexp"
	"strings"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
)

// component is software whose remains are known.
type component struct {
	title string
	// names matches the names of its webhook configurations.
	names *regexp.Regexp
	// domain ends the names of its API groups.
	domain string
	// namespace it runs in, and with which it is removed; empty when KubeNova does
	// not install it, and then its definitions stay too.
	namespace string
	// apps are what its Deployments have in the label app.kubernetes.io/name.
	apps []string
}

func components() []component {
	named := func(words string) *regexp.Regexp { return regexp.MustCompile(`(^|[-.:])(` + words + `)([-.:]|$)`) }
	return []component{
		{title: "Capsule", names: named("capsule|projectcapsule"), domain: "capsule.clastix.io", namespace: "capsule-system", apps: []string{"capsule", "capsule-proxy"}},
		{title: "KubeVela", names: named("vela|kubevela"), domain: "oam.dev", namespace: "vela-system", apps: []string{"vela-core"}},
		{title: "cert-manager", names: named("cert-manager"), domain: "cert-manager.io", apps: []string{"cert-manager", "webhook"}},
		{title: "Kyverno", names: named("kyverno"), domain: "kyverno.io", apps: []string{"kyverno"}},
	}
}

// owns says whether an API group, or the domain of a finalizer, is the component's.
func (c component) owns(group string) bool {
	return group == c.domain || strings.HasSuffix(group, "."+c.domain) || c.domain == "capsule.clastix.io" && strings.HasSuffix(group, "projectcapsule.dev")
}

// ownerOf returns the component that an API group belongs to.
func ownerOf(group string) (component, bool) {
	for _, c := range components() {
		if c.owns(group) {
			return c, true
		}
	}
	return component{}, false
}

// coreNames are namespaces that belong to a cluster itself.
var coreNames = map[string]bool{"default": true, "local-path-storage": true, "metallb-system": true}

// IsCore says whether a namespace is one that no cleanup touches, or anything in it:
// those of Kubernetes, and those in which KubeNova and what it stores live.
func IsCore(namespace string) bool {
	return coreNames[namespace] || strings.HasPrefix(namespace, "kube-") || strings.HasPrefix(namespace, "kn-") ||
		strings.HasPrefix(namespace, "kubenova-") && namespace != access.Namespace || namespace == "kubenova"
}

// isOwned says whether a namespace belongs to KubeNova or to a component.
func isOwned(name string, labels map[string]string) bool {
	if IsCore(name) {
		return false
	}
	for _, c := range components() {
		if c.namespace != "" && c.namespace == name {
			return true
		}
	}
	return name == access.Namespace || labels[v1alpha1.LabelTenant] != "" || labels[capsule.LabelTenant] != ""
}
