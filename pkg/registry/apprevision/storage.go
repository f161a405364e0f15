// Package apprevision stores app revisions.
package apprevision

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// FieldApp selects revisions by the name of their app, within a namespace.
const FieldApp = "spec.app"

// REST serves app revisions.
type REST struct{ *store.Narrowed }

// NewStorage returns the storage of app revisions.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, visibility store.Visibility) (*REST, error) {
	s, err := store.New(store.Resource[*v1alpha1.AppRevision]{
		Plural: "apprevisions", Singular: "apprevision",
		New:      func() *v1alpha1.AppRevision { return &v1alpha1.AppRevision{} },
		NewList:  func() runtime.Object { return &v1alpha1.AppRevisionList{} },
		Strategy: store.Traced(newStrategy(scheme)),
		Columns:  columns(),
		Fields:   Fields(),
	}, optsGetter)
	if err != nil {
		return nil, err
	}
	return &REST{store.Narrow(s, visibility, store.InProject())}, nil
}

// Fields that field selectors may name.
func Fields() []store.Field[*v1alpha1.AppRevision] {
	return []store.Field[*v1alpha1.AppRevision]{
		{Name: FieldApp, Value: func(r *v1alpha1.AppRevision) string { return r.Spec.App }},
		store.TenantField[*v1alpha1.AppRevision](),
		store.ProjectField[*v1alpha1.AppRevision](),
	}
}

func columns() store.Columns[*v1alpha1.AppRevision] {
	return store.Columns[*v1alpha1.AppRevision]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("App", "App that the revision belongs to."),
			store.NumberColumn("Revision", "Number of the revision."),
			store.Column("Components", "Components that the revision runs."),
		},
		Cells: func(r *v1alpha1.AppRevision) []any {
			names := make([]string, 0, len(r.Spec.Rendered.Components))
			for _, component := range r.Spec.Rendered.Components {
				names = append(names, component.Name)
			}
			return []any{r.Spec.App, r.Spec.Revision, strings.Join(names, ",")}
		},
	}
}
