package apiserver

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/accessgrant"
	"github.com/kubenova/kubenova/pkg/registry/app"
	"github.com/kubenova/kubenova/pkg/registry/apprevision"
	"github.com/kubenova/kubenova/pkg/registry/catalog"
	"github.com/kubenova/kubenova/pkg/registry/orphanrecord"
	"github.com/kubenova/kubenova/pkg/registry/policyset"
	"github.com/kubenova/kubenova/pkg/registry/project"
	"github.com/kubenova/kubenova/pkg/registry/store"
	"github.com/kubenova/kubenova/pkg/registry/tenant"
	"github.com/kubenova/kubenova/pkg/registry/usage"
	"github.com/kubenova/kubenova/pkg/registry/usagehistory"
)

// NewScheme returns the scheme of the server. Beside the types that clients
// know it has validation, the selectable fields, and the same types once more as
// the internal version, which server-side apply and streamed lists ask for.
func NewScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(v1alpha1.AddToScheme, v1alpha1.RegisterValidations, addInternal, addMeta, addFieldLabels, app.AddQueries, usage.AddQueries)
	if err := builder.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the server's scheme: %w", err)
	}
	return scheme, nil
}

func addInternal(scheme *runtime.Scheme) error {
	internal := schema.GroupVersion{Group: v1alpha1.GroupName, Version: runtime.APIVersionInternal}
	scheme.AddKnownTypes(internal, v1alpha1.Kinds()...)
	return scheme.SetVersionPriority(v1alpha1.SchemeGroupVersion)
}

// addMeta adds the types that the generic server answers with in any group.
func addMeta(scheme *runtime.Scheme) error {
	unversioned := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(scheme, unversioned)
	scheme.AddUnversionedTypes(unversioned,
		&metav1.Status{}, &metav1.APIVersions{}, &metav1.APIGroupList{}, &metav1.APIGroup{}, &metav1.APIResourceList{})
	return nil
}

// addFieldLabels says which field selectors each kind takes.
func addFieldLabels(scheme *runtime.Scheme) error {
	selectable := map[string][]string{
		"Cluster":     nil,
		"Tenant":      store.FieldNames(tenant.Fields()),
		"Project":     store.FieldNames(project.Fields()),
		"App":         store.FieldNames(app.Fields()),
		"AppRevision": store.FieldNames(apprevision.Fields()),
		"PolicySet":   store.FieldNames(policyset.Fields()),
		"AccessGrant": store.FieldNames(accessgrant.Fields()),

		"Plan":         store.FieldNames(catalog.PlanFields()),
		"CatalogItem":  store.FieldNames(catalog.ItemFields()),
		"OrphanRecord": store.FieldNames(orphanrecord.Fields()),
		"UsageHistory": store.FieldNames(usagehistory.Fields()),

		"CatalogPolicySet": nil,
		"TokenRevocation":  nil,
	}
	common := []string{"metadata.name", "metadata.namespace", "metadata.uid"}
	for kind, names := range selectable {
		known := append(slices.Clone(common), names...)
		err := scheme.AddFieldLabelConversionFunc(v1alpha1.SchemeGroupVersion.WithKind(kind), func(label, value string) (string, string, error) {
			if !slices.Contains(known, label) {
				return "", "", fmt.Errorf("%q is not a field that can be selected by, such as %v", label, known)
			}
			return label, value, nil
		})
		if err != nil {
			return fmt.Errorf("registering the selectable fields of %s: %w", kind, err)
		}
	}
	return nil
}
