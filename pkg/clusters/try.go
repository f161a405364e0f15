package clusters

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

// Try asks the cluster who it takes other credentials for, and what they may do.
// They come in a kubeconfig that kubeconfig.Sanitize returned. Nothing changes for
// the target.
func (t *Target) Try(ctx context.Context, sanitized []byte) (user string, rights Finding, err error) {
	config, err := kubeconfig.RESTConfig(sanitized)
	if err != nil {
		return "", Finding{}, fmt.Errorf("cluster %s: %w", t.name, err)
	}
	config.UserAgent = userAgent
	connection, err := NewConnection(t.name, config, t.opts.AllowTargetCIDRs, t.opts.Around)
	if err != nil {
		return "", Finding{}, fmt.Errorf("cluster %s: %w", t.name, err)
	}
	defer connection.CloseIdleConnections()
	p := prober{connection.Client(), config.Host}
	var review authenticationv1.SelfSubjectReview
	if err := p.post(ctx, "/apis/authentication.k8s.io/v1/selfsubjectreviews", map[string]string{
		"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
	}, &review); err != nil {
		return "", Finding{}, fmt.Errorf("cluster %s: asking who it takes the credentials for: %w", t.name, err)
	}
	return review.Status.UserInfo.Username, p.rights(ctx), nil
}
