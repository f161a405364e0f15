package apiserver

import (
	"context"

	auditapi "k8s.io/apiserver/pkg/apis/audit"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/inprocess"
)

// doorAnnotation is the audit annotation that says where a request came in.
const doorAnnotation = v1alpha1.GroupName + "/door"

// audited returns the configuration of a handler chain whose audit events have all
// that they need.
func audited(generic *genericapiserver.Config) *genericapiserver.Config {
	chain := *generic
	chain.Authorization.Authorizer = withDoor(generic.Authorization.Authorizer)
	return &chain
}

// withDoor is an authorizer that decides nothing: it has the audit event of every
// request, also of one that is refused, say through which door it came.
func withDoor(delegate authorizer.Authorizer) authorizer.Authorizer {
	return authorizer.AuthorizerFunc(func(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		audit.AddAuditAnnotation(ctx, doorAnnotation, string(inprocess.DoorOf(ctx)))
		return delegate.Authorize(ctx, a)
	})
}

// withoutSecrets keeps bodies with secrets out of the audit log, whatever the
// audit policy says: it tells who asked for them and not what they are.
type withoutSecrets struct{ audit.PolicyRuleEvaluator }

// EvaluatePolicyRule implements audit.PolicyRuleEvaluator.
func (w withoutSecrets) EvaluatePolicyRule(a authorizer.Attributes) audit.RequestAuditConfig {
	config := w.PolicyRuleEvaluator.EvaluatePolicyRule(a)
	if hasSecrets(a) && auditapi.LevelMetadata.Less(config.Level) {
		config.Level = auditapi.LevelMetadata
	}
	return config
}

// hasSecrets says whether a request or its answer carries secrets.
func hasSecrets(a authorizer.Attributes) bool {
	if a.GetAPIGroup() != v1alpha1.GroupName {
		return false
	}
	switch a.GetResource() + "/" + a.GetSubresource() {
	case "clusters/kubeconfig", "tenants/kubeconfig", "projects/kubeconfig", "tokens/":
		return true
	}
	return false
}
