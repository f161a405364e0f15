package facade

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/render"
)

// setByServer are fields that a create refuses although its struct has them, to
// say why.
func setByServer() []string { return []string{"uid", "createdAt"} }

// TestStructsAgreeWithContract compares the structs that answers are written and
// bodies read with, with the schemas of the contract: names, types, and what is
// always there.
func TestStructsAgreeWithContract(t *testing.T) {
	schemas := theChecker(t).Document.Components.Schemas
	both := map[string]any{
		"Error": errorBody{}, "ErrorDetail": detail{}, "Health": health{}, "TokenRequest": tokenRequest{}, "Token": tokenAnswer{},
		"DeletionPreview": deletionPreview{},
		"Usage":           usage{}, "UsageAverage": usageAverage{}, "UsagePeak": usagePeak{}, "TenantSummary": tenantSummary{}, "KubeconfigRequest": kubeconfigRequest{}, "Kubeconfig": issuedKubeconfig{},
		"Me": me{}, "JWKS": jwks{}, "JWK": jwk{}, "Membership": membership{}, "Version": build{}, "Features": features{},
		"Cluster": cluster{}, "ClusterCreate": newCluster{}, "Capabilities": capabilities{}, "CleanupAction": cleanupAction{}, "ClusterKubeconfig": clusterKubeconfig{}, "CapabilityDetails": capabilityDetails{},
		"Condition": condition{}, "Tenant": tenant{}, "OwnersUpdate": ownersUpdate{}, "Project": project{},
		"NetworkPolicies": networkPolicies{}, "Access": access{}, "Member": member{},
		"App": app{}, "Component": component{}, "Trait": trait{}, "AppTrait": appTrait{}, "Policy": policy{},
		"AppStatus": appStatus{}, "ComponentStatus": componentStatus{}, "Revision": revision{}, "RenderedRevision": renderedRevision{},
		"RollbackRequest": rollbackRequest{}, "ImageUpdate": imageUpdate{}, "WorkflowRun": workflowRun{}, "LogLine": logLine{},
		"RevisionDiff": revisionDiff{}, "RevisionChange": revisionChange{},
		"PolicySet": policySet{}, "PolicyRule": policyRule{}, "PolicyRuleSpec": policyRuleSpec{}, "Attachment": attachment{},
		"Plan": plan{}, "PlanUpdate": planUpdate{}, "TenantPlan": tenantPlan{}, "PlanRollout": planRollout{}, "CatalogItem": catalogItem{},
	}
	creates := map[string]any{"TenantCreate": tenant{}, "ProjectCreate": project{}, "AppCreate": app{}, "PolicySetCreate": policySet{}}
	updates := map[string]any{"ProjectUpdate": project{}, "NetworkPoliciesUpdate": networkPolicies{}, "AccessUpdate": access{}, "AppUpdate": app{}, "TenantUpdate": tenant{}, "ClusterUpdate": clusterUpdate{}, "PolicySetUpdate": policySet{}}
	for name, schema := range schemas {
		if len(schema.Value.Properties) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var problems []string
			switch {
			case both[name] != nil:
				problems = differences(schema.Value, reflect.TypeOf(both[name]), nil)
			case creates[name] != nil:
				problems = differences(schema.Value, reflect.TypeOf(creates[name]), setByServer())
			case updates[name] != nil:
				problems = differences(schema.Value, reflect.TypeOf(updates[name]), nil)
			default:
				problems = []string{"there is no struct for it"}
			}
			for _, problem := range problems {
				t.Error(problem)
			}
			if required := always(reflect.TypeOf(both[name])); isAnswer(name) && !slices.Equal(sorted(schema.Value.Required), required) {
				t.Errorf("required are %v, and always written are %v", sorted(schema.Value.Required), required)
			}
		})
	}
}

// isAnswer says whether a schema is of what the server writes.
func isAnswer(name string) bool {
	return !strings.HasSuffix(name, "Create") && !strings.HasSuffix(name, "Update") && !strings.HasSuffix(name, "Request")
}

// always returns the names of the fields that a struct is never written without.
func always(t reflect.Type) []string {
	var names []string
	if t == nil {
		return nil
	}
	for i := range t.NumField() {
		if name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); options != "omitempty" {
			names = append(names, name)
		}
	}
	return sorted(names)
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// differences returns how a struct differs from a schema, but for fields left out of it.
func differences(schema *openapi3.Schema, t reflect.Type, leftOut []string) []string {
	var problems []string
	seen := map[string]bool{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		seen[name] = true
		property := schema.Properties[name]
		switch {
		case property == nil && !slices.Contains(leftOut, name):
			problems = append(problems, fmt.Sprintf("%s has the field %s and the schema has not", t, name))
		case property != nil && !typesAgree(property.Value, t.Field(i).Type):
			problems = append(problems, fmt.Sprintf("%s is %v, and %s in %s", name, property.Value.Type.Slice(), t.Field(i).Type, t))
		}
	}
	for name := range schema.Properties {
		if !seen[name] {
			problems = append(problems, fmt.Sprintf("%s has no field %s", t, name))
		}
	}
	return problems
}

func typesAgree(schema *openapi3.Schema, t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeOf(time.Time{}) {
		return schema.Type.Is("string") && schema.Format == "date-time"
	}
	switch t.Kind() {
	case reflect.String:
		return schema.Type.Is("string") && schema.Format != "date-time"
	case reflect.Bool:
		return schema.Type.Is("boolean")
	case reflect.Int32:
		return schema.Type.Is("integer") && schema.Format == "int32"
	case reflect.Int64:
		return schema.Type.Is("integer") && schema.Format == "int64"
	case reflect.Float64:
		return schema.Type.Is("number")
	case reflect.Slice:
		return schema.Type.Is("array") && typesAgree(schema.Items.Value, t.Elem())
	case reflect.Map:
		values := schema.AdditionalProperties.Schema
		return schema.Type.Is("object") && values != nil && typesAgree(values.Value, t.Elem())
	case reflect.Interface: // a value, or properties, of any type
		return schema.Type == nil || schema.Type.Is("object") && schema.AdditionalProperties.Has != nil && *schema.AdditionalProperties.Has
	case reflect.Struct:
		return schema.Type.Is("object") && len(differences(schema, t, nil)) == 0
	}
	return false
}

// TestNumbersAgreeWithContract compares limits and lists of names.
func TestNumbersAgreeWithContract(t *testing.T) {
	document := theChecker(t).Document
	schema := func(name string) *openapi3.Schema { return document.Components.Schemas[name].Value }
	limit := document.Components.Parameters["Limit"].Value.Schema.Value
	ttl := schema("TokenRequest").Properties["ttlSeconds"].Value
	numbers := map[string][2]any{
		"limit":             {*limit.Max, float64(maxLimit)},
		"limit default":     {limit.Default, float64(defaultLimit)},
		"ttlSeconds least":  {*ttl.Min, float64(v1alpha1.MinTokenTTLSeconds)},
		"ttlSeconds most":   {*ttl.Max, float64(v1alpha1.MaxTokenTTLSeconds)},
		"ttlSeconds":        {ttl.Default, float64(v1alpha1.DefaultTokenTTLSeconds)},
		"subject":           {*schema("TokenRequest").Properties["subject"].Value.MaxLength, uint64(v1alpha1.MaxTokenSubjectLength)},
		"name of a tenant":  {*schema("TenantCreate").Properties["name"].Value.MaxLength, uint64(v1alpha1.MaxTenantNameLength)},
		"name of a project": {*schema("ProjectCreate").Properties["name"].Value.MaxLength, uint64(v1alpha1.MaxProjectNameLength)},
		"name of an app":    {*schema("AppCreate").Properties["name"].Value.MaxLength, uint64(v1alpha1.MaxAppNameLength)},
	}
	for name, pair := range numbers {
		if pair[0] != pair[1] {
			t.Errorf("%s: the contract says %v, the server %v", name, pair[0], pair[1])
		}
	}
	lists := map[string][2][]string{
		"roles": {texts(schema("Role").Enum), texts(authz.Roles())},
		"phases": {texts(schema("AppStatus").Properties["phase"].Value.Enum), texts([]v1alpha1.AppPhase{
			v1alpha1.AppPending, v1alpha1.AppDeploying, v1alpha1.AppRunning, v1alpha1.AppSuspended, v1alpha1.AppFailed,
		})},
		"runs": {texts(schema("WorkflowRun").Properties["status"].Value.Enum), texts([]v1alpha1.WorkflowRunPhase{
			v1alpha1.WorkflowPending, v1alpha1.WorkflowRunning, v1alpha1.WorkflowSucceeded, v1alpha1.WorkflowFailed, v1alpha1.WorkflowSuperseded,
		})},
		"operations": {texts(schema("RevisionChange").Properties["op"].Value.Enum), texts([]render.Operation{
			render.OperationAdd, render.OperationRemove, render.OperationReplace,
		})},
		"components": {texts(schema("ClusterComponent").Enum), texts([]v1alpha1.ComponentName{
			v1alpha1.ComponentTenancy, v1alpha1.ComponentProxy, v1alpha1.ComponentAppDelivery,
		})},
		"kinds of rule": {texts(schema("PolicyRule").Properties["kind"].Value.Enum), texts([]v1alpha1.PolicyRuleKind{v1alpha1.RuleTrait, v1alpha1.RulePolicy})},
	}
	for name, pair := range lists {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("%s: the contract says %v, the server %v", name, pair[0], pair[1])
		}
	}
}

func texts[T any](values []T) []string {
	var out []string
	for _, value := range values {
		out = append(out, fmt.Sprint(value))
	}
	return out
}
