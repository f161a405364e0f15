package clusters

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	rbacvalidation "k8s.io/component-helpers/auth/rbac/validation"

	"github.com/kubenova/kubenova/pkg/targetrbac"
)

// reviewInterval is the time between two reviews of a cluster, give or take a
// fifth: what they look at changes with installations.
const reviewInterval = 10 * time.Minute

// rulesNamespace is where rights are asked for; those over the whole cluster hold in
// any.
const rulesNamespace = "default"

// review is a closer look at a cluster than a probe is, of three requests.
type review struct {
	rights Finding
	// lenient are the webhooks of Capsule and KubeVela that let everything through
	// while they are away.
	tenancyLenient, deliveryLenient []string
}

func (p prober) review(ctx context.Context) review {
	out := review{rights: p.rights(ctx)}
	for _, resource := range []string{"validatingwebhookconfigurations", "mutatingwebhookconfigurations"} {
		var list webhookConfigurations
		if err := p.get(ctx, "/apis/admissionregistration.k8s.io/v1/"+resource, &list); err != nil {
			continue // rights tells when they cannot be read
		}
		out.tenancyLenient = append(out.tenancyLenient, list.lenient(capsuleWebhooks, "namespaces", "tenants")...)
		out.deliveryLenient = append(out.deliveryLenient, list.lenient(velaWebhooks, "applications")...)
	}
	return out
}

var (
	capsuleWebhooks = regexp.MustCompile(`(^|[-.])capsule([-.]|$)`)
	velaWebhooks    = regexp.MustCompile(`(^|[-.])(vela|kubevela)([-.]|$)`)
)

// webhookConfigurations is what is read of a list of them.
type webhookConfigurations struct {
	Items []struct {
		Metadata struct{ Name string }
		Webhooks []struct {
			Name, FailurePolicy string
			Rules               []struct{ Resources []string }
		}
	}
}

// lenient returns the webhooks of configurations whose name matches that guard one
// of the resources with failurePolicy Ignore.
func (l webhookConfigurations) lenient(names *regexp.Regexp, guarded ...string) (out []string) {
	for _, configuration := range l.Items {
		for _, webhook := range configuration.Webhooks {
			if !names.MatchString(configuration.Metadata.Name) || webhook.FailurePolicy != "Ignore" {
				continue
			}
			for _, rule := range webhook.Rules {
				if slices.ContainsFunc(rule.Resources, func(r string) bool { return slices.Contains(guarded, strings.Split(r, "/")[0]) }) {
					out = append(out, webhook.Name)
					break
				}
			}
		}
	}
	return out
}

// rights compares what the credentials may do with what KubeNova needs.
func (p prober) rights(ctx context.Context) Finding {
	ask := authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: rulesNamespace}}
	ask.APIVersion, ask.Kind = "authorization.k8s.io/v1", "SelfSubjectRulesReview"
	if err := p.post(ctx, "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &ask, &ask); err != nil {
		return Finding{metav1.ConditionUnknown, "Unreadable", "The cluster does not say what the credentials may do."}
	}
	return judgeRights(ask.Status)
}

func judgeRights(status authorizationv1.SubjectRulesReviewStatus) Finding {
	have := make([]rbacv1.PolicyRule, 0, len(status.ResourceRules))
	for _, rule := range status.ResourceRules {
		have = append(have, rbacv1.PolicyRule{Verbs: rule.Verbs, APIGroups: rule.APIGroups, Resources: rule.Resources, ResourceNames: rule.ResourceNames})
	}
	everything := rbacv1.PolicyRule{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}}
	if all, _ := rbacvalidation.Covers(have, []rbacv1.PolicyRule{everything}); all {
		return Finding{metav1.ConditionFalse, "OverPrivileged", "The credentials are those of an administrator. KubeNova needs them for bootstrap and cleanup alone: " +
			"write a kubeconfig with the ClusterRole " + targetrbac.OwnClusterRole + " of docs/clusters.md."}
	}
	enough, lacking := rbacvalidation.Covers(have, targetrbac.OwnRules())
	switch {
	case enough:
		return Finding{metav1.ConditionTrue, "Scoped", "The credentials have the rights that KubeNova needs, and are not those of an administrator."}
	case status.Incomplete:
		return Finding{metav1.ConditionUnknown, "Incomplete", "The cluster does not say all that the credentials may do."}
	}
	return Finding{metav1.ConditionFalse, "UnderPrivileged", "The credentials lack rights: " + describe(lacking) +
		". Give them the ClusterRole " + targetrbac.OwnClusterRole + " of docs/clusters.md."}
}

// describe names the first few rules.
func describe(rules []rbacv1.PolicyRule) string {
	const most = 5
	var out []string
	for _, rule := range rules[:min(len(rules), most)] {
		resource := strings.Join(rule.Resources, ",")
		if group := strings.Join(rule.APIGroups, ","); group != "" {
			resource += "." + group
		}
		out = append(out, strings.Join(rule.Verbs, ",")+" "+resource)
	}
	if more := len(rules) - most; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, "; ")
}

// with adds to what a probe has found what the last review did.
func (h Health) with(r review) Health {
	h.Rights = r.rights
	h.Tenancy = h.Tenancy.warned("Capsule", capsuleAdvisories(), r.tenancyLenient)
	h.Proxy = h.Proxy.warned("capsule-proxy", proxyAdvisories(), nil)
	h.AppDelivery = h.AppDelivery.warned("KubeVela", nil, r.deliveryLenient)
	return h
}

// warned says of a part that works what is wrong with it all the same. The worst
// gives the reason.
func (p Part) warned(title string, advisories []advisory, lenient []string) Part {
	if !p.ok() {
		return p
	}
	var reasons, messages []string
	if ids, fixed := advised(advisories, p.Version); len(ids) > 0 {
		reasons = append(reasons, "KnownAdvisories")
		messages = append(messages, fmt.Sprintf("%s %s has known advisories (%s): upgrade it to %s or later.", title, p.Version, strings.Join(ids, ", "), fixed))
	}
	if len(lenient) > 0 {
		reasons = append(reasons, "WebhooksIgnored")
		messages = append(messages, fmt.Sprintf("Webhooks of %s let everything through while it is away (%s): set their failurePolicy to Fail.", title, strings.Join(lenient, ", ")))
	}
	if len(reasons) > 0 {
		p.Reason, p.Message = reasons[0], p.Message+" "+strings.Join(messages, " ")
	}
	return p
}
