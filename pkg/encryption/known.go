package encryption

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

const (
	// knownWithin is how long servers may take to read a file that has changed.
	knownWithin = 5 * time.Minute
	// hashMetric has the hash of the configuration that a server uses as a label.
	hashMetric = "apiserver_encryption_config_controller_last_config_info{"
)

// KnownTo returns a function that waits until every one of the servers says, by its
// metrics, that it uses a content of the configuration file. Each is asked by
// itself: there is one client configuration for each replica.
func KnownTo(servers []*rest.Config) (func(ctx context.Context, content []byte) error, error) {
	clients := make([]*rest.RESTClient, 0, len(servers))
	for _, server := range servers {
		config := rest.CopyConfig(server)
		config.NegotiatedSerializer, config.GroupVersion = scheme.Codecs, nil
		client, err := rest.UnversionedRESTClientFor(config)
		if err != nil {
			return nil, fmt.Errorf("building a client of %s: %w", server.Host, err)
		}
		clients = append(clients, client)
	}
	return func(ctx context.Context, content []byte) error {
		hash := fmt.Sprintf(`hash="sha256:%x"`, sha256.Sum256(content))
		for i, client := range clients {
			if err := awaitHash(ctx, client, hash); err != nil {
				return fmt.Errorf("waiting for %s to read the encryption configuration: %w", servers[i].Host, err)
			}
		}
		return nil
	}, nil
}

func awaitHash(ctx context.Context, client *rest.RESTClient, hash string) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, time.Second, knownWithin, true, func(ctx context.Context) (bool, error) {
		var metrics []byte
		if metrics, last = client.Get().AbsPath("/metrics").Timeout(10 * time.Second).DoRaw(ctx); last != nil {
			return false, nil // it may be restarting
		}
		for line := range strings.Lines(string(metrics)) {
			if strings.HasPrefix(line, hashMetric) && strings.Contains(line, hash) {
				return true, nil
			}
		}
		last = errors.New("it uses another one, and must run with --encryption-provider-config-automatic-reload")
		return false, nil
	})
	if err != nil {
		return errors.Join(err, last)
	}
	return nil
}
