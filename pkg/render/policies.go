package render

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// policy is a policy that is on the allow-list.
type policy struct {
	name, typeName string
	properties     map[string]any
}

// collectPolicies returns the policies of the app and of the policy sets; a
// rule replaces every earlier policy of its type.
func collectPolicies(app []v1alpha1.Policy, rules []attachedRule, path *field.Path) (out []policy, errs field.ErrorList) {
	names := map[string]bool{}
	for i, p := range app {
		checked, policyErrs := checkPolicy(p, path.Index(i))
		errs = append(errs, policyErrs...)
		if names[checked.name] {
			errs = append(errs, field.Duplicate(path.Index(i).Child("name"), checked.name))
		}
		names[checked.name] = true
		out = append(out, checked)
	}
	for _, r := range rules {
		switch r.kind {
		case v1alpha1.RuleTrait:
		case v1alpha1.RulePolicy:
			checked, policyErrs := checkPolicy(v1alpha1.Policy{Type: r.spec.Type, Properties: r.spec.Properties}, r.path.Child("spec"))
			errs = append(errs, policyErrs...)
			out = slices.DeleteFunc(out, func(p policy) bool { return p.typeName == checked.typeName })
			out = append(out, checked)
		default:
			errs = append(errs, field.NotSupported(r.path.Child("kind"), r.kind, []v1alpha1.PolicyRuleKind{v1alpha1.RuleTrait, v1alpha1.RulePolicy}))
		}
	}
	return out, errs
}

func checkPolicy(p v1alpha1.Policy, path *field.Path) (policy, field.ErrorList) {
	checked := policy{name: p.Name, typeName: p.Type}
	if checked.name == "" {
		checked.name = p.Type
	}
	allowed := policyTypes()
	known, found := allowed[p.Type]
	if !found {
		return checked, field.ErrorList{field.NotSupported(path.Child("type"), p.Type, sortedKeys(allowed))}
	}
	var errs field.ErrorList
	checked.properties, errs = decode(p.Properties, known.properties, path.Child("properties"))
	return checked, errs
}

// addProbes gives every long-running component with a port the probes that the
// health policy asks for, unless it has its own.
func addProbes(components []*component, policies []policy) {
	for _, p := range policies {
		if p.typeName != "health" {
			continue
		}
		for _, c := range components {
			listens, found := listeningPort(c)
			if !found || c.kind == job || c.kind == cronJob {
				continue
			}
			for _, key := range []string{"livenessProbe", "readinessProbe"} {
				if _, own := c.properties[key]; !own {
					c.properties[key] = probeOf(p.properties, listens)
				}
			}
		}
	}
}

// probeOf is the probe that a health policy describes: every 10 s a GET of /,
// or what it says instead.
func probeOf(health map[string]any, listens any) map[string]any {
	probe := map[string]any{"periodSeconds": 10}
	if every, found := health["intervalSeconds"]; found {
		probe["periodSeconds"] = every
	}
	if health["probe"] == "tcp" {
		probe["tcpSocket"] = map[string]any{"port": listens}
		return probe
	}
	path := health["path"]
	if path == nil {
		path = "/"
	}
	probe["httpGet"] = map[string]any{"path": path, "port": listens}
	return probe
}

// listeningPort is the first TCP port of a component's container.
func listeningPort(c *component) (any, bool) {
	entries, found := c.properties["ports"].([]any)
	if !found {
		listens, found := c.properties["port"]
		return listens, found
	}
	for _, entry := range entries {
		e := entry.(map[string]any)
		if protocol, named := e["protocol"]; named && protocol != "TCP" {
			continue
		}
		if inside, found := e["containerPort"]; found {
			return inside, true
		}
		return e["port"], true
	}
	return nil, false
}
