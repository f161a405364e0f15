package bootstrap

import (
	"context"
	"fmt"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// subject names a user, a group or a service account in the form of Capsule's
// configuration.
type subject struct{ kind, name string }

// identity returns who KubeNova is on the target. What its credentials claim
// does not count; only the target's own authentication does.
func (t *target) identity(ctx context.Context) (subject, error) {
	client, err := kubernetes.NewForConfig(t.config)
	if err != nil {
		return subject{}, fmt.Errorf("building a client: %w", err)
	}
	review, err := client.AuthenticationV1().SelfSubjectReviews().
		Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return subject{}, fmt.Errorf("asking the cluster who KubeNova is there: %w", err)
	}
	name := review.Status.UserInfo.Username
	if name == "" || name == "system:anonymous" {
		return subject{}, fmt.Errorf("the cluster takes KubeNova for %q: its credentials are not in effect", name)
	}
	return subjectOf(name), nil
}

func subjectOf(username string) subject {
	if strings.HasPrefix(username, "system:serviceaccount:") {
		return subject{kind: "ServiceAccount", name: username}
	}
	return subject{kind: "User", name: username}
}
