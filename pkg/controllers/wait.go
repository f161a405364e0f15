package controllers

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	apiPoll    = 250 * time.Millisecond
	apiLogEach = 40
)

// waitForAPI returns once the KubeNova API is served. In standalone it starts
// at the same time as the controllers, and behind a host cluster it may be
// registered after them.
func waitForAPI(ctx context.Context, config *rest.Config, log logr.Logger) error {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return fmt.Errorf("making the client for discovery: %w", err)
	}
	tries := 0
	return wait.PollUntilContextCancel(ctx, apiPoll, true, func(context.Context) (bool, error) {
		_, err := client.ServerResourcesForGroupVersion(v1alpha1.SchemeGroupVersion.String())
		if err != nil && tries%apiLogEach == 0 {
			log.Info("waiting for the KubeNova API", "error", err.Error())
		}
		tries++
		return err == nil, nil
	})
}
