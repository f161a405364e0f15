package usage

import (
	"net/url"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/usage"
)

// NewGetOptions implements rest.GetterWithOptions for both paths.
func (*Reader) NewGetOptions() (options runtime.Object, includeSubpath bool, subpathKey string) {
	return &v1alpha1.UsageOptions{}, false, ""
}

// AddQueries adds to a scheme how the queries of the subresources are read.
func AddQueries(scheme *runtime.Scheme) error {
	return scheme.AddConversionFunc((*url.Values)(nil), (*v1alpha1.UsageOptions)(nil), func(from, to any, scope conversion.Scope) error {
		query, into := *from.(*url.Values), to.(*v1alpha1.UsageOptions)
		into.Range = query.Get("range")
		if values, given := query["series"]; given {
			return runtime.Convert_Slice_string_To_bool(&values, &into.Series, scope)
		}
		return nil
	})
}

func optionsOf(opts runtime.Object, name string) (*v1alpha1.UsageOptions, error) {
	options := opts.(*v1alpha1.UsageOptions)
	path := field.NewPath("range")
	var errs field.ErrorList
	switch {
	case options.Range != "" && !slices.Contains(usage.Ranges(), options.Range):
		errs = append(errs, field.NotSupported(path, options.Range, usage.Ranges()))
	case options.Range == "" && options.Series:
		errs = append(errs, field.Required(path, "series are those of a range"))
	}
	if len(errs) > 0 {
		return nil, apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("UsageOptions").GroupKind(), name, errs)
	}
	return options, nil
}
