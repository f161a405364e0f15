package apiserver

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"

	"github.com/kubenova/kubenova/pkg/admission/quota"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/follow"
)

// quotaChecks are the readiness checks of what tenants have.
func (c *Config) quotaChecks() []healthz.HealthChecker {
	return []healthz.HealthChecker{
		healthz.NamedCheck("quota-projects", c.Quota.Projects.Check),
		healthz.NamedCheck("quota-apps", c.Quota.Apps.Check),
	}
}

// followQuota has the server count what tenants have while it runs.
func (c *Config) followQuota(server *genericapiserver.GenericAPIServer) error {
	projects, err := follow.NewPartStore(c.Generic.RESTOptionsGetter, v1alpha1.Resource("projects"), quota.Part[v1alpha1.Project](),
		func() runtime.Object { return &v1alpha1.Project{} }, func() runtime.Object { return &v1alpha1.ProjectList{} })
	if err != nil {
		return err
	}
	apps, err := follow.NewPartStore(c.Generic.RESTOptionsGetter, v1alpha1.Resource("apps"), quota.Part[v1alpha1.App](),
		func() runtime.Object { return &v1alpha1.App{} }, func() runtime.Object { return &v1alpha1.AppList{} })
	if err != nil {
		projects.Close()
		return err
	}
	server.RegisterDestroyFunc(func() {
		projects.Close()
		apps.Close()
	})
	return server.AddPostStartHook("quota", func(hook genericapiserver.PostStartHookContext) error {
		for _, run := range []func(context.Context){
			func(ctx context.Context) { c.Quota.Projects.Run(ctx, projects) },
			func(ctx context.Context) { c.Quota.Apps.Run(ctx, apps) },
		} {
			go run(hook.Context)
		}
		return nil
	})
}
