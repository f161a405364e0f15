package clusters

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/kubenova/kubenova/pkg/targetrbac"
)

func reviewOf(rules ...authorizationv1.ResourceRule) authorizationv1.SubjectRulesReviewStatus {
	return authorizationv1.SubjectRulesReviewStatus{ResourceRules: rules}
}

// ownReview is what a cluster says of credentials with exactly the documented role.
func ownReview(without string) authorizationv1.SubjectRulesReviewStatus {
	var out authorizationv1.SubjectRulesReviewStatus
	for _, rule := range targetrbac.OwnRules() {
		if rule.Resources[0] != without {
			out.ResourceRules = append(out.ResourceRules, authorizationv1.ResourceRule{Verbs: rule.Verbs, APIGroups: rule.APIGroups, Resources: rule.Resources})
		}
	}
	return out
}

func TestJudgeRights(t *testing.T) {
	everything := authorizationv1.ResourceRule{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}}
	incomplete := reviewOf()
	incomplete.Incomplete = true
	for name, c := range map[string]struct {
		status       authorizationv1.SubjectRulesReviewStatus
		reason, says string
	}{
		"an administrator": {reviewOf(everything), "OverPrivileged", targetrbac.OwnClusterRole},
		"the role":         {ownReview(""), "Scoped", "have the rights"},
		"without apps":     {ownReview("applications"), "UnderPrivileged", "applications.core.oam.dev"},
		"nothing":          {reviewOf(), "UnderPrivileged", "more"},
		"who knows":        {incomplete, "Incomplete", "does not say"},
	} {
		got := judgeRights(c.status)
		if got.Reason != c.reason || !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAdvised(t *testing.T) {
	for version, want := range map[string]string{
		"v0.14.0": "", "0.13.8": "", "": "", "latest": "",
		"0.13.7": "0.13.8", "v0.13.5": "0.13.8", "0.12.0": "0.13.8", "0.7.0": "0.13.8",
	} {
		if ids, fixed := advised(capsuleAdvisories(), version); fixed != want || (len(ids) > 0) != (want != "") {
			t.Errorf("%s: %v, fixed in %q, want %q", version, ids, fixed, want)
		}
	}
	if ids, _ := advised(capsuleAdvisories(), "0.12.0"); strings.Join(ids, " ") != "CVE-2026-65834 CVE-2026-30963 CVE-2026-22872" {
		t.Errorf("0.12.0 has %v", ids)
	}
}

// TestProbeWarns has a cluster with everything wrong that a review finds.
func TestProbeWarns(t *testing.T) {
	s := newAPIServer(t)
	rights, err := json.Marshal(map[string]any{"status": ownReview("tenants")})
	if err != nil {
		t.Fatal(err)
	}
	s.set("/apis", `{"groups":[{"versions":[{"groupVersion":"capsule.clastix.io/v1beta2"},{"groupVersion":"core.oam.dev/v1beta1"}]}]}`)
	s.set("/apis/apps/v1/deployments", `{"items":[{"metadata":{"name":"d","namespace":"n","labels":{"app.kubernetes.io/version":"0.13.5"}},"spec":{"replicas":3},"status":{"availableReplicas":1}}]}`)
	s.set("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", string(rights))
	s.set("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", `{"items":[
		{"metadata":{"name":"capsule-validating-webhook-configuration"},"webhooks":[
			{"name":"namespaces.hook","failurePolicy":"Ignore","rules":[{"resources":["namespaces/*"]}]},
			{"name":"nodes.hook","failurePolicy":"Ignore","rules":[{"resources":["nodes"]}]},
			{"name":"tenants.hook","failurePolicy":"Fail","rules":[{"resources":["tenants"]}]}]},
		{"metadata":{"name":"theirs"},"webhooks":[{"name":"theirs.hook","failurePolicy":"Ignore","rules":[{"resources":["namespaces"]}]}]}]}`)
	s.set("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", `{"items":[
		{"metadata":{"name":"kubevela-vela-core-admission"},"webhooks":[{"name":"apps.hook","failurePolicy":"Ignore","rules":[{"resources":["applications"]}]}]}]}`)
	target := put(t, newTestSet(t), "dev", s)
	health := target.Health()
	for _, c := range []struct {
		found  Finding
		reason string
		says   []string
	}{
		{health.Rights, "UnderPrivileged", []string{"tenants"}},
		{health.Tenancy.Finding, "KnownAdvisories", []string{"1 of 3 pods", "CVE-2026-65835", "0.13.8", "namespaces.hook", "failurePolicy"}},
		{health.AppDelivery.Finding, "WebhooksIgnored", []string{"apps.hook"}},
	} {
		if c.found.Reason != c.reason {
			t.Errorf("got %+v, want the reason %s", c.found, c.reason)
		}
		for _, text := range c.says {
			if !strings.Contains(c.found.Message, text) {
				t.Errorf("%q does not say %s", c.found.Message, text)
			}
		}
		if strings.Contains(c.found.Message, "theirs.hook") || strings.Contains(c.found.Message, "nodes.hook") {
			t.Errorf("%q names webhooks that guard nothing of KubeNova's", c.found.Message)
		}
	}
	if target.LastSeen().IsZero() || !health.Tenancy.ok() {
		t.Error("the cluster was not seen, or what works counts as not ready")
	}
	probes := len(s.seen("GET", "/version"))
	time.Sleep(minProbeGap)
	target.probeSoon()
	eventually(t, "another probe", func() bool { return len(s.seen("GET", "/version")) > probes })
	if reviews := len(s.seen("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews")); reviews != 1 || target.Health() != health {
		t.Errorf("%d reviews by two probes, and the last found %+v", reviews, target.Health())
	}
}
