package apiserver

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/follow"
	"github.com/kubenova/kubenova/pkg/membership"
)

// followMembers has the server feed the index of owners and members while it runs.
func (c *Config) followMembers(server *genericapiserver.GenericAPIServer) error {
	tenants, err := follow.NewPartStore(c.Generic.RESTOptionsGetter, v1alpha1.Resource("tenants"), membership.TenantPart(),
		func() runtime.Object { return &v1alpha1.Tenant{} }, func() runtime.Object { return &v1alpha1.TenantList{} })
	if err != nil {
		return err
	}
	projects, err := follow.NewPartStore(c.Generic.RESTOptionsGetter, v1alpha1.Resource("projects"), membership.ProjectPart(),
		func() runtime.Object { return &v1alpha1.Project{} }, func() runtime.Object { return &v1alpha1.ProjectList{} })
	if err != nil {
		tenants.Close()
		return err
	}
	server.RegisterDestroyFunc(func() {
		tenants.Close()
		projects.Close()
	})
	return server.AddPostStartHook("members", func(hook genericapiserver.PostStartHookContext) error {
		go c.Members.Run(hook.Context, tenants, projects)
		return nil
	})
}

// tell has stores tell the index of what they write. It hears of it by its watch
// as well, but whoever was made an owner may be the next to call.
func tell(index *membership.Index, stores ...*genericregistry.Store) {
	for _, s := range stores {
		s.AfterCreate = func(obj runtime.Object, options *metav1.CreateOptions) {
			if len(options.DryRun) == 0 {
				index.Written(obj)
			}
		}
		s.AfterUpdate = func(obj runtime.Object, options *metav1.UpdateOptions) {
			if len(options.DryRun) == 0 {
				index.Written(obj)
			}
		}
	}
}
