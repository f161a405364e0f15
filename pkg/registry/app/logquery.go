package app

import (
	"net/url"

	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Follows says whether a query asks for logs to be followed.
func Follows(query url.Values) bool {
	var options v1alpha1.AppLogOptions
	return readLogOptions(query, &options, nil) == nil && options.Follow
}

// AddQueries adds to a scheme how the queries of subresources are read.
func AddQueries(scheme *runtime.Scheme) error {
	return scheme.AddConversionFunc((*url.Values)(nil), (*v1alpha1.AppLogOptions)(nil), func(from, to any, scope conversion.Scope) error {
		return readLogOptions(*from.(*url.Values), to.(*v1alpha1.AppLogOptions), scope)
	})
}

func readLogOptions(query url.Values, into *v1alpha1.AppLogOptions, scope conversion.Scope) error {
	into.Component = query.Get("component")
	for name, number := range map[string]**int64{"tailLines": &into.TailLines, "sinceSeconds": &into.SinceSeconds} {
		if values, given := query[name]; given {
			if err := runtime.Convert_Slice_string_To_Pointer_int64(&values, number, scope); err != nil {
				return err
			}
		}
	}
	if values, given := query["follow"]; given {
		return runtime.Convert_Slice_string_To_bool(&values, &into.Follow, scope)
	}
	return nil
}
