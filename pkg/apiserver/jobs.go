package apiserver

import (
	"context"
	"errors"
	"strings"

	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// job is what a storage does beside serving requests, until ctx is done.
type job interface{ Run(ctx context.Context) }

// runJobs has the jobs of storages run while the server does.
func runJobs(storage map[string]rest.Storage, server *genericapiserver.GenericAPIServer) error {
	var errs []error
	for path, s := range storage {
		if j, ok := s.(job); ok {
			errs = append(errs, server.AddPostStartHook("storage-"+strings.ReplaceAll(path, "/", "-"), func(hook genericapiserver.PostStartHookContext) error {
				go j.Run(hook.Context)
				return nil
			}))
		}
	}
	return errors.Join(errs...)
}
