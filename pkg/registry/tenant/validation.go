package tenant

import (
	"fmt"
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// validateSpec checks what the declarative rules of the types do not.
func validateSpec(spec *v1alpha1.TenantSpec) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateOwners(spec.Owners, path.Child("owners"))
	errs = append(errs, store.ValidateAmounts(spec.Quotas, v1alpha1.CheckQuota, path.Child("quotas"))...)
	errs = append(errs, store.ValidateAmounts(spec.Limits, v1alpha1.CheckLimit, path.Child("limits"))...)
	return append(errs, validateNetwork(spec.NetworkPolicies, path.Child("networkPolicies"))...)
}

func validateOwners(owners []v1alpha1.Subject, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, owner := range owners {
		if err := store.ValidateSubject(owner.Kind, owner.Name, path.Index(i).Child("name")); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func validateNetwork(policies *v1alpha1.TenantNetworkPolicies, path *field.Path) field.ErrorList {
	if policies == nil {
		return nil
	}
	var errs field.ErrorList
	for i, namespace := range policies.AllowFromNamespaces {
		for _, problem := range validation.IsDNS1123Label(namespace) {
			errs = append(errs, field.Invalid(path.Child("allowFromNamespaces").Index(i), namespace, problem))
		}
	}
	for i, cidr := range policies.AllowToCIDRs {
		if problem := checkCIDR(cidr); problem != "" {
			errs = append(errs, field.Invalid(path.Child("allowToCIDRs").Index(i), cidr, problem))
		}
	}
	return errs
}

// checkCIDR refuses what a cluster's API would refuse in a NetworkPolicy, or
// read as another range than it looks like.
func checkCIDR(cidr string) string {
	prefix, err := netip.ParsePrefix(cidr)
	switch {
	case err != nil:
		return "must be an address range such as 192.0.2.0/24 or 2001:db8::/32"
	case prefix.Addr().Is4In6():
		return "must be written as an IPv4 range"
	case prefix.Masked() != prefix:
		return fmt.Sprintf("has bits beyond its length, the range is %s", prefix.Masked())
	}
	return ""
}
