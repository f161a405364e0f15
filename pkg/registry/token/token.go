// Package token issues KubeNova tokens and stores which of them were revoked.
package token

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authn"
)

// retryAfter is when it is worth to ask again for a token, in seconds.
const retryAfter = 1

// Issuer issues tokens.
type Issuer interface {
	// Issue returns a token for the subject with roles that expires ttl from now.
	Issue(ctx context.Context, subject string, roles []string, ttl time.Duration) (authn.Issued, error)
}

// REST serves tokens: POST issues one, which is nowhere kept.
type REST struct {
	issuer     Issuer
	authorizer authorizer.Authorizer
}

var (
	_ rest.Scoper               = &REST{}
	_ rest.SingularNameProvider = &REST{}
)

// NewREST returns what serves tokens of an issuer. a says who may issue more than
// it holds.
func NewREST(issuer Issuer, a authorizer.Authorizer) *REST { return &REST{issuer, a} }

// New implements rest.Storage.
func (*REST) New() runtime.Object { return &v1alpha1.Token{} }

// Destroy implements rest.Storage: nothing is stored.
func (*REST) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (*REST) NamespaceScoped() bool { return false }

// GetSingularName implements rest.SingularNameProvider.
func (*REST) GetSingularName() string { return "token" }

// Create issues a token.
func (r *REST) Create(ctx context.Context, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request := obj.(*v1alpha1.Token)
	request.Status = v1alpha1.TokenStatus{}
	ttl, problems := check(&request.Spec)
	if len(problems) > 0 {
		return nil, apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("Token").GroupKind(), "", problems)
	}
	if validate != nil {
		if err := validate(ctx, request.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	caller, ok := genericapirequest.UserFrom(ctx)
	if !ok {
		return nil, apierrors.NewUnauthorized("tokens are issued to those alone who are known")
	}
	if err := mayIssue(ctx, r.authorizer, caller, request.Spec); err != nil {
		return nil, err
	}
	if len(options.DryRun) > 0 {
		request.Status.ExpiresAt = &metav1.Time{Time: time.Now().Add(ttl).UTC().Truncate(time.Second)}
		return request, nil
	}
	issued, err := r.issuer.Issue(ctx, request.Spec.Subject, request.Spec.Roles, ttl)
	if errors.Is(err, authn.ErrNoKey) {
		return nil, unavailable()
	}
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	request.Status = v1alpha1.TokenStatus{Token: issued.Token, ID: issued.ID, ExpiresAt: &metav1.Time{Time: issued.ExpiresAt.UTC()}}
	return request, nil
}

// unavailable is how it is told that no token can be issued at the moment.
func unavailable() error {
	err := apierrors.NewServiceUnavailable(authn.ErrNoKey.Error())
	err.ErrStatus.Details = &metav1.StatusDetails{RetryAfterSeconds: retryAfter}
	return err
}
