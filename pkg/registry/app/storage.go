// Package app stores apps and serves what can be done with them.
package app

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// FieldPhase selects apps by their phase.
const FieldPhase = "status.phase"

// Storage serves the paths of apps.
type Storage struct {
	App      *REST
	Status   *store.StatusREST
	Deploy   *DeployREST
	Suspend  *SuspendREST
	Resume   *ResumeREST
	Rollback *RollbackREST
	Workflow *WorkflowREST
	Image    *ImageREST
	Logs     *LogsREST
}

// REST serves apps themselves.
type REST struct{ *store.Narrowed }

// NewStorage returns the storage of apps. Deploys read policySets and plans,
// and write revisions.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, visibility store.Visibility, revisions, policySets *genericregistry.Store, plans Plans, homes Homes) (Storage, error) {
	main := newStrategy(scheme)
	s, err := store.New(store.Resource[*v1alpha1.App]{
		Plural: "apps", Singular: "app",
		New:      func() *v1alpha1.App { return &v1alpha1.App{} },
		NewList:  func() runtime.Object { return &v1alpha1.AppList{} },
		Strategy: store.Traced(main),
		Columns:  columns(),
		Fields:   Fields(),
	}, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	deploy := newDeployREST(s, revisions, policySets, plans, homes)
	editors := map[string]editor{"suspend": {}, "resume": {}, "image": {}}
	for subresource := range editors {
		if editors[subresource], err = newEditor(scheme, deploy, main.GetResetFields(), subresource); err != nil {
			return Storage{}, err
		}
	}
	return Storage{
		App:      &REST{store.Narrow(s, visibility, store.InProject())},
		Status:   store.NewStatusREST(s, newStatusStrategy(main)),
		Deploy:   deploy,
		Suspend:  newSuspendREST(editors["suspend"]),
		Resume:   newResumeREST(editors["resume"]),
		Rollback: newRollbackREST(deploy),
		Workflow: newWorkflowREST(deploy),
		Image:    newImageREST(editors["image"]),
		Logs:     newLogsREST(deploy, homes, visibility.Authorizer),
	}, nil
}

// Fields that field selectors may name.
func Fields() []store.Field[*v1alpha1.App] {
	return []store.Field[*v1alpha1.App]{
		store.TenantField[*v1alpha1.App](),
		store.ProjectField[*v1alpha1.App](),
		{Name: FieldPhase, Value: func(a *v1alpha1.App) string { return string(a.Status.Phase) }},
	}
}

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"kna"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"kubenova"} }
