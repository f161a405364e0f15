package v1alpha1

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Names of resources that a ResourceQuota counts, apart from those with a
// variable part: count/<resource>.<group>, requests.<extended resource> and
// <class>.storageclass.storage.k8s.io/<name>.
func computeNames() []string {
	return []string{
		"cpu", "memory", "storage", "ephemeral-storage",
		"requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage",
		"limits.cpu", "limits.memory", "limits.ephemeral-storage",
	}
}

func countNames() []string {
	return []string{
		"pods", "services", "services.loadbalancers", "services.nodeports", "replicationcontrollers",
		"resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
	}
}

const (
	objectCountPrefix  = "count/"
	requestsPrefix     = "requests."
	storageClassSuffix = ".storageclass.storage.k8s.io/"
	storageClassClaims = "persistentvolumeclaims"
	storageClassSize   = "requests.storage"
)

// maxAmountLength is how long an amount may be, in bytes, and maxExponentDigits
// how long its exponent. No amount needs more, and to compare or convert one such
// as 1e999999999999 would take hours.
const (
	maxAmountLength   = 64
	maxExponentDigits = 2
)

// ParseAmount reads an amount as Kubernetes writes it, such as 500m or 8Gi.
func ParseAmount(text string) (resource.Quantity, error) {
	if i := strings.IndexAny(text, "eE"); len(text) > maxAmountLength || i >= 0 && len(strings.TrimLeft(text[i+1:], "+-")) > maxExponentDigits {
		return resource.Quantity{}, errors.New("the amount has too many digits")
	}
	return resource.ParseQuantity(text)
}

// IsContainerLimit says whether a limit bounds each container. All others are
// counts, which bound the tenant.
func IsContainerLimit(name string) bool {
	return name == "cpu" || name == "memory" || name == "ephemeral-storage"
}

// CheckQuota returns why a tenant cannot have a quota, or nothing.
func CheckQuota(name string, amount resource.Quantity) []string {
	switch {
	case isCount(name):
		return checkCount(amount)
	case slices.Contains(computeNames(), name), isStorageClass(name, storageClassSize):
		return checkPositive(amount)
	case isExtended(name):
		return checkCount(amount)
	}
	return []string{"is not a resource that a quota can bound; those are " + strings.Join(append(computeNames(), countNames()...), ", ") +
		", count/<resource>.<group>, requests.<extended resource> and <storage class>" + storageClassSuffix + "<" + storageClassSize + " or " + storageClassClaims + ">"}
}

// CheckLimit returns why a tenant cannot have a limit, or nothing.
func CheckLimit(name string, amount resource.Quantity) []string {
	switch {
	case IsContainerLimit(name) && amount.Sign() == 0:
		return []string{"must be more than 0: no container could start"}
	case IsContainerLimit(name):
		return checkPositive(amount)
	case isCount(name):
		return checkCount(amount)
	}
	return []string{"is not a limit; those are cpu, memory and ephemeral-storage for each container, and for the tenant the counts " +
		strings.Join(countNames(), ", ") + " and count/<resource>.<group>"}
}

func isCount(name string) bool {
	if slices.Contains(countNames(), name) || isStorageClass(name, storageClassClaims) {
		return true
	}
	counted, ok := strings.CutPrefix(name, objectCountPrefix)
	return ok && len(validation.IsDNS1123Subdomain(counted)) == 0
}

func isStorageClass(name, what string) bool {
	class, counted, ok := strings.Cut(name, storageClassSuffix)
	return ok && counted == what && len(validation.IsDNS1123Subdomain(class)) == 0
}

// isExtended knows requests of resources such as nvidia.com/gpu.
func isExtended(name string) bool {
	extended, ok := strings.CutPrefix(name, requestsPrefix)
	domain, _, qualified := strings.Cut(extended, "/")
	return ok && qualified && len(validation.IsQualifiedName(extended)) == 0 &&
		domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io")
}

func checkPositive(amount resource.Quantity) []string {
	if amount.Sign() < 0 {
		return []string{"must not be negative"}
	}
	if _, err := ParseAmount(amount.String()); err != nil {
		return []string{err.Error()}
	}
	return nil
}

func checkCount(amount resource.Quantity) []string {
	if problems := checkPositive(amount); problems != nil {
		return problems
	}
	if amount.MilliValue()%1000 != 0 {
		return []string{"must be a whole number"}
	}
	return nil
}

// UnmarshalJSON implements json.Unmarshaler: amounts are read by ParseAmount, since
// a resource.Quantity reads everything, for however long that takes. An error
// names the amount.
func (r *ResourceAmounts) UnmarshalJSON(data []byte) error {
	var texts map[string]json.RawMessage
	if err := json.Unmarshal(data, &texts); err != nil || texts == nil {
		return err
	}
	amounts := make(ResourceAmounts, len(texts))
	for name, raw := range texts {
		amount, err := ParseAmount(strings.Trim(string(raw), `"`))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		amounts[name] = amount
	}
	*r = amounts
	return nil
}
