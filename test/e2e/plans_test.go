//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// guideApp is an app for the guide's end-to-end examples.
const guideApp = `{"name":"web","type":"webservice","properties":{"image":"nginx:1.27","ports":[{"port":80,"expose":true}]}}`

const (
	baselineSet = `{"name":"baseline","attachedTo":[{"tenant":"%s","project":"web"}],"rules":[{"kind":"vela.policy","spec":{"type":"health",` +
		`"properties":{"probe":"http","path":"/healthz","intervalSeconds":10}}}]}`
	goldTierSet = `{"name":"gold-tier","attachedTo":[{"tenant":"%s","project":"web"}],"rules":[` +
		`{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":3,"max":10}}},` +
		`{"kind":"vela.policy","spec":{"type":"rollout","properties":{"batchPartition":1,"maxUnavailable":1}}}]}`
)

// effect is a field of an object on the cluster and what it must be.
type effect struct{ what, object, field, want string }

func probes() []effect {
	return []effect{
		{"readiness probe", "deployment/web", "{.spec.template.spec.containers[0].readinessProbe.httpGet.path} {.spec.template.spec.containers[0].readinessProbe.periodSeconds}", "/healthz 10"},
		{"liveness probe", "deployment/web", "{.spec.template.spec.containers[0].livenessProbe.httpGet.path} {.spec.template.spec.containers[0].livenessProbe.periodSeconds}", "/healthz 10"},
	}
}

func autoscaler() []effect {
	return append(probes(),
		effect{"autoscaler", "hpa/web", "{.spec.scaleTargetRef.kind}/{.spec.scaleTargetRef.name} {.spec.minReplicas}..{.spec.maxReplicas}", "Deployment/web 3..10"},
		effect{"replicas", "deployment/web", "{.spec.replicas}", "3"})
}

const updateStrategy = "{.spec.strategy.type} {.spec.strategy.rollingUpdate.maxSurge} {.spec.strategy.rollingUpdate.maxUnavailable}"

// deployed deploys the app of a tenant and waits until it runs with its effects.
func (p platform) deployed(t *testing.T, app restApp, tenant string, revision int64, effects []effect) {
	t.Helper()
	p.rest(t, "POST", app.path+":deploy", "", 202, nil)
	eventually(t, fmt.Sprintf("revision %d runs with all that it brings", revision), func() error {
		errs := []error{p.runs(app.path, revision)}
		for _, e := range effects {
			got, err := p.tryKubectl(t, "", "get", e.object, "-n", tenant+"--web", "-o", "jsonpath="+e.field)
			if err != nil || got != e.want {
				errs = append(errs, fmt.Errorf("%s: %s, want %s", e.what, got, e.want))
			}
		}
		return errors.Join(errs...)
	})
	for _, e := range effects {
		t.Logf("%-16s %-16s %s", e.what, e.object, p.kubectl(t, "", "get", e.object, "-n", tenant+"--web", "-o", "jsonpath="+e.field))
	}
	t.Log(p.kubectl(t, "", "get", "deployment,hpa,pods", "-n", tenant+"--web"))
	t.Log(p.kubectl(t, "", "get", "deployment", "web", "-n", tenant+"--web", "-o", "jsonpath={.spec.template.spec.containers[0]}"))
}

// TestGuideExamples runs the guide's end-to-end examples, baseline health and gold
// tier, by attached policy sets.
func TestGuideExamples(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.newApp(t, "examples", guideApp)
	p.rest(t, "POST", app.tenant+"/policysets", fmt.Sprintf(baselineSet, "examples"), 200, nil)
	p.deployed(t, app, "examples", 1, append(probes(), effect{"replicas", "deployment/web", "{.spec.replicas}", "1"}))
	p.rest(t, "POST", app.tenant+"/policysets", fmt.Sprintf(goldTierSet, "examples"), 200, nil)
	p.deployed(t, app, "examples", 2, append(autoscaler(), effect{"rollout", "deployment/web", updateStrategy, "RollingUpdate 25% 1"}))
}

// TestGuidePlans runs the same examples by plans, which bring quotas as well.
func TestGuidePlans(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.newApp(t, "planned", guideApp)
	p.rest(t, "PUT", app.tenant+"/plan", `{"name":"baseline"}`, 200, nil)
	p.quotasHold(t, "planned", `{"cpu":"2","memory":"4Gi","pods":"50"}`)
	p.deployed(t, app, "planned", 1, append(probes(), effect{"replicas", "deployment/web", "{.spec.replicas}", "1"}))

	p.rest(t, "PUT", app.tenant+"/plan", `{"name":"gold"}`, 200, nil)
	p.quotasHold(t, "planned", `{"cpu":"6","memory":"10Gi","pods":"200"}`)
	p.deployed(t, app, "planned", 2, append(autoscaler(),
		effect{"rollout", "deployment/web", updateStrategy, "RollingUpdate 100% 0%"},
		effect{"network", "networkpolicy/kubenova-app-hello", "{.spec.policyTypes[*]}", "Ingress Egress"},
		effect{"metrics", "deployment/web", `{.spec.template.metadata.annotations.prometheus\.io/scrape}`, "true"},
		effect{"logging", "deployment/web", `{.spec.template.metadata.annotations.kubenova\.io/logging}`, "true"}))
	origins := p.kubectl(t, "", "get", "apprevisions.kubenova.io", "hello-2", "-n", "kn-planned--web", "-o", "jsonpath={.spec.origins}")
	if !strings.Contains(origins, "plan/gold/gold-tier/rules[0]") {
		t.Errorf("nothing comes from the plan: %s", origins)
	}
	t.Log(p.kubectl(t, "", "get", "plans.kubenova.io", "-o", "wide"))
	events := p.kubectl(t, "", "get", "events", "-n", "default", "--field-selector", "reason=PlanApplied,involvedObject.name=planned", "-o", "jsonpath={.items[*].message}")
	if !strings.Contains(events, "The plan is gold") {
		t.Errorf("the events are %q", events)
	}
	p.rest(t, "PUT", app.tenant+"/plan", `{"name":""}`, 200, nil)
	p.quotasHold(t, "planned", ``)
}

// quotasHold waits until the quotas of a tenant are in effect on its cluster, and
// compares them with what Capsule says that it holds.
func (p platform) quotasHold(t *testing.T, tenant, want string) {
	t.Helper()
	eventually(t, "the quotas "+want+" hold", func() error {
		said, err := p.tryKubectl(t, "", "get", "tenants.kubenova.io", tenant, "-o", "jsonpath={.status.quotas}")
		held, heldErr := p.tryKubectl(t, "", "get", "tenants.capsule.clastix.io", tenant, "-o", "jsonpath={.spec.rules[*].quota[*].hard}")
		if err := errors.Join(err, heldErr, sameJSON(said, want), sameJSON(held, want)); err != nil {
			return fmt.Errorf("status %s, Capsule %s: %w", said, held, err)
		}
		return nil
	})
}

func sameJSON(a, b string) error {
	decode := func(text string) (out map[string]string, err error) {
		if text == "" {
			return nil, nil
		}
		return out, json.Unmarshal([]byte(text), &out)
	}
	left, leftErr := decode(a)
	right, rightErr := decode(b)
	if fmt.Sprint(left) != fmt.Sprint(right) {
		return fmt.Errorf("%s is not %s", a, b)
	}
	return errors.Join(leftErr, rightErr)
}
