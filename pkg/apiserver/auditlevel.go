package apiserver

import (
	auditapi "k8s.io/apiserver/pkg/apis/audit"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

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
