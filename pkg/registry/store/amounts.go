package store

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// maxAmounts bounds what one map may name.
const maxAmounts = 64

// ValidateAmounts holds each amount against check, which returns why it cannot
// be, such as v1alpha1.CheckQuota.
func ValidateAmounts(amounts v1alpha1.ResourceAmounts, check func(string, resource.Quantity) []string, path *field.Path) field.ErrorList {
	if len(amounts) > maxAmounts {
		return field.ErrorList{field.TooMany(path, len(amounts), maxAmounts)}
	}
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(amounts)) {
		amount := amounts[name]
		for _, problem := range check(name, amount) {
			errs = append(errs, field.Invalid(path.Key(name), amount.String(), problem))
		}
	}
	if _, short := amounts["storage"]; short {
		if _, long := amounts["requests.storage"]; long {
			errs = append(errs, field.Duplicate(path.Key("requests.storage"), "means the same as storage"))
		}
	}
	return errs
}
