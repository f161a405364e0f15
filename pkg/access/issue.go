package access

import (
	"context"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/connections"
)

const fieldManager = "kubenova-access"

// Token is a token of a grant.
type Token struct {
	Value     string
	ExpiresAt time.Time
}

// Issue makes what a grant needs on its cluster, which is prepared, and a token for
// it. What is left of an attempt that fails goes with the grant.
func Issue(ctx context.Context, c *connections.Connection, tenant string, grant *v1alpha1.AccessGrant, ttl time.Duration) (*Token, error) {
	if _, err := apply(ctx, c, serviceAccount(grant)); err != nil {
		return nil, notNow(c, err, "The service account cannot be made.")
	}
	for _, right := range rights(tenant, grant) {
		if _, err := apply(ctx, c, right); err != nil {
			return nil, notNow(c, err, "The tenant or its project is not yet there.")
		}
	}
	bound, err := apply(ctx, c, secret(grant))
	if err != nil {
		return nil, notNow(c, err, "The grant cannot be recorded.")
	}
	seconds := int64(ttl / time.Second)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: &seconds,
		BoundObjectRef: &authenticationv1.BoundObjectReference{
			APIVersion: "v1", Kind: "Secret", Name: bound.GetName(), UID: bound.GetUID(),
		},
	}}
	answer, err := c.Kubernetes().CoreV1().ServiceAccounts(Namespace).CreateToken(ctx, grant.Spec.ServiceAccount, request, metav1.CreateOptions{})
	if err != nil {
		return nil, notNow(c, err, "It issues no token.")
	}
	return &Token{Value: answer.Status.Token, ExpiresAt: answer.Status.ExpirationTimestamp.UTC()}, nil
}

// Prepare makes the namespace of grants, which is no grant's own. One that belongs to
// a tenant would hand the tenant the tokens of others, and is refused.
func Prepare(ctx context.Context, c *connections.Connection) error {
	namespaces := c.Kubernetes().CoreV1().Namespaces()
	found, err := namespaces.Get(ctx, Namespace, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		if _, err := apply(ctx, c, namespaceObject()); err != nil {
			return notNow(c, err, "Its namespace "+Namespace+" cannot be made.")
		}
	case err != nil:
		return notNow(c, err, "Its namespace "+Namespace+" cannot be read.")
	case len(found.OwnerReferences) > 0 || found.Labels[capsule.LabelTenant] != "":
		return c.Unavailable("Its namespace " + Namespace + " belongs to a tenant; remove it.")
	}
	return nil
}

// Repair makes what is missing of the rights of a grant that was issued.
func Repair(ctx context.Context, c *connections.Connection, tenant string, grant *v1alpha1.AccessGrant) error {
	for _, right := range rights(tenant, grant) {
		if err := keep(ctx, c, right); err != nil {
			return err
		}
	}
	return nil
}

// keep makes an object that is not there.
func keep(ctx context.Context, c *connections.Connection, o *unstructured.Unstructured) error {
	_, err := at(c, o).Get(ctx, o.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = apply(ctx, c, o)
	}
	return err
}

func apply(ctx context.Context, c *connections.Connection, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return at(c, o).Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
}

func at(c *connections.Connection, o *unstructured.Unstructured) dynamic.ResourceInterface {
	resource := c.Dynamic().Resource(resourceOf(o))
	if o.GetNamespace() == "" {
		return resource
	}
	return resource.Namespace(o.GetNamespace())
}

// notNow keeps what a cluster says of its own objects from looking like an answer
// about those of KubeNova.
func notNow(c *connections.Connection, err error, message string) error {
	if apierrors.IsServiceUnavailable(err) {
		return c.Error(err)
	}
	return c.Unavailable(message)
}
