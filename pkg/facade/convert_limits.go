package facade

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// amounts is the REST form of resource amounts, both ways.
type amounts map[string]string

func fromAmounts(from v1alpha1.ResourceAmounts) amounts {
	out := make(amounts, len(from))
	for name, amount := range from {
		out[name] = amount.String()
	}
	return out
}

// toAmounts reads amounts. Which names there are is for the API server to say.
func toAmounts(body amounts, path *field.Path) (v1alpha1.ResourceAmounts, error) {
	out := make(v1alpha1.ResourceAmounts, len(body))
	for _, name := range slices.Sorted(maps.Keys(body)) {
		amount, err := v1alpha1.ParseAmount(body[name])
		if err != nil {
			return nil, invalid(field.Invalid(path.Key(name), nil, "must be an amount such as 500m, 4 or 8Gi"))
		}
		out[name] = amount
	}
	return out, nil
}

// networkPolicies is the REST form of a tenant's network policies, both ways.
type networkPolicies struct {
	DefaultDeny         bool     `json:"defaultDeny"`
	AllowDNS            *bool    `json:"allowDNS"`
	AllowWithinTenant   bool     `json:"allowWithinTenant"`
	AllowFromNamespaces []string `json:"allowFromNamespaces"`
	AllowToCIDRs        []string `json:"allowToCIDRs"`
}

func fromNetworkPolicies(from *v1alpha1.TenantNetworkPolicies) networkPolicies {
	if from == nil {
		from = &v1alpha1.TenantNetworkPolicies{}
	}
	return networkPolicies{
		DefaultDeny: from.DefaultDeny, AllowDNS: new(from.AllowDNS == nil || *from.AllowDNS),
		AllowWithinTenant:   from.AllowWithinTenant,
		AllowFromNamespaces: append([]string{}, from.AllowFromNamespaces...),
		AllowToCIDRs:        append([]string{}, from.AllowToCIDRs...),
	}
}

func toNetworkPolicies(body networkPolicies) *v1alpha1.TenantNetworkPolicies {
	return &v1alpha1.TenantNetworkPolicies{
		DefaultDeny: body.DefaultDeny, AllowDNS: body.AllowDNS, AllowWithinTenant: body.AllowWithinTenant,
		AllowFromNamespaces: body.AllowFromNamespaces, AllowToCIDRs: body.AllowToCIDRs,
	}
}
