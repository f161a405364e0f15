package bootstrap

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"
)

// installTenancy installs Capsule, or admits KubeNova to one that is there.
func (t *target) installTenancy(ctx context.Context, source ChartSource) (Result, error) {
	self, err := t.identity(ctx)
	if err != nil {
		return Result{}, err
	}
	configuration, err := t.findCapsule(ctx)
	if err != nil {
		return Result{}, err
	}
	r, err := t.release(ctx, capsuleRelease, capsuleNamespace)
	if err != nil {
		return Result{}, err
	}
	last, err := r.last()
	if err != nil {
		return Result{}, err
	}
	switch {
	case configuration != nil && !isOurs(last):
		return t.adoptCapsule(ctx, configuration.GetName(), self)
	case last != nil && !isOurs(last):
		return Result{}, fmt.Errorf("the Helm release %s/%s belongs to somebody else and has left no CapsuleConfiguration: repair or remove it first",
			capsuleNamespace, capsuleRelease)
	}
	values, err := valuesOver(configuration, self)
	if err != nil {
		return Result{}, err
	}
	// The chart's own hooks upgrade its CRDs.
	return r.apply(ctx, source, last, values, nil)
}

// valuesOver keeps the people that the configuration knows by now, such as
// tenants' owners.
func valuesOver(configuration *unstructured.Unstructured, self subject) (map[string]any, error) {
	if configuration == nil {
		return capsuleValues(self, nil, nil), nil
	}
	administrators, err := subjects(configuration, "administrators")
	if err != nil {
		return nil, err
	}
	users, err := subjects(configuration, "users")
	if err != nil {
		return nil, err
	}
	return capsuleValues(self, administrators, users), nil
}

// findCapsule returns the CapsuleConfiguration that is in effect, or nil if
// there is none: Capsule may not be there at all.
func (t *target) findCapsule(ctx context.Context) (*unstructured.Unstructured, error) {
	client, err := dynamic.NewForConfig(t.config)
	if err != nil {
		return nil, fmt.Errorf("building a client: %w", err)
	}
	list, err := client.Resource(capsuleConfigurations()).List(ctx, metav1.ListOptions{})
	// Not found: the kind itself is not served.
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing CapsuleConfigurations: %w", err)
	}
	return chooseConfiguration(list.Items)
}

// chooseConfiguration prefers the name that Capsule's manager uses by default.
func chooseConfiguration(items []unstructured.Unstructured) (*unstructured.Unstructured, error) {
	for i := range items {
		if items[i].GetName() == capsuleConfiguration {
			return &items[i], nil
		}
	}
	switch len(items) {
	case 0:
		return nil, nil
	case 1:
		return &items[0], nil
	default:
		return nil, fmt.Errorf("there are %d CapsuleConfigurations and none is named %q: it cannot be told which is in effect",
			len(items), capsuleConfiguration)
	}
}

// Admit makes a user of the cluster that config leads to an administrator of the
// Capsule there, if there is one.
func Admit(ctx context.Context, config *rest.Config, user string) error {
	t := &target{config: config}
	configuration, err := t.findCapsule(ctx)
	if err != nil || configuration == nil {
		return err
	}
	_, err = t.adoptCapsule(ctx, configuration.GetName(), subjectOf(user))
	return err
}

// adoptCapsule leaves a Capsule of somebody else as it is, but for the rights
// that KubeNova needs: without them, Capsule's webhooks refuse what it does,
// cluster-admin or not.
func (t *target) adoptCapsule(ctx context.Context, name string, self subject) (Result, error) {
	client, err := dynamic.NewForConfig(t.config)
	if err != nil {
		return Result{}, fmt.Errorf("building a client: %w", err)
	}
	configurations := client.Resource(capsuleConfigurations())
	changed := false
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		configuration, err := configurations.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		changed, err = admit(configuration, self)
		if err != nil || !changed {
			return err
		}
		_, err = configurations.Update(ctx, configuration, metav1.UpdateOptions{FieldManager: fieldManager})
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("admitting %s to the CapsuleConfiguration %s: %w", self.name, name, err)
	}
	return Result{Action: Adopted, Message: adoptMessage(name, self, changed)}, nil
}

func adoptMessage(name string, self subject, changed bool) string {
	message := "Capsule was not installed by KubeNova and is left as it is; "
	if changed {
		return message + fmt.Sprintf("%s was made an administrator in the CapsuleConfiguration %s", self.name, name)
	}
	return message + fmt.Sprintf("%s is an administrator in the CapsuleConfiguration %s", self.name, name)
}
