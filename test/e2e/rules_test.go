//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// policySets are those of the catalog, as the guide attaches them.
func policySets() []string {
	set := func(name string, rules ...string) string {
		return `{"name":"` + name + `","attachedTo":[{"tenant":"rules","project":"web"}],"rules":[` + strings.Join(rules, ",") + `]}`
	}
	return []string{
		set("baseline", `{"kind":"vela.policy","spec":{"type":"health","properties":{"probe":"http","path":"/healthz","intervalSeconds":10}}}`),
		set("baseline-security",
			`{"kind":"vela.policy","spec":{"type":"network","properties":{"defaultDeny":true,"allowDNS":true,"allowMetrics":true}}}`,
			`{"kind":"vela.policy","spec":{"type":"image","properties":{"allowedRegistries":["docker.io","ghcr.io"]}}}`),
		set("gold-tier",
			`{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":3,"max":10}}}`,
			`{"kind":"vela.policy","spec":{"type":"rollout","properties":{"batchPartition":1,"maxUnavailable":1}}}`),
		set("gold-observability", `{"kind":"vela.trait","spec":{"type":"logging"}}`, `{"kind":"vela.trait","spec":{"type":"metrics"}}`),
	}
}

const everyKind = `
	{"name":"web","type":"webservice","properties":{"image":"nginx:1.27","ports":[{"port":80,"containerPort":8080,"expose":true}],
	 "annotations":{"prometheus.io/scrape":"false"},"env":[{"name":"COLOR","value":"blue"}]},
	 "traits":[{"type":"annotations","properties":{"fluentbit.io/exclude":"true"}}]},
	{"name":"db","type":"statefulset","properties":{"image":"postgres:17","ports":[{"port":5432}]},
	 "traits":[{"type":"env","properties":{"env":{"PGDATA":"/data"}}}]},
	{"name":"agent","type":"daemon","properties":{"image":"ghcr.io/team/agent:1"}},
	{"name":"migrate","type":"task","properties":{"image":"busybox:1"}},
	{"name":"report","type":"cron-task","properties":{"image":"busybox:1","schedule":"0 * * * *"}}`

// TestRules gives an app every rule of the catalog and looks at what each has
// become on the cluster.
func TestRules(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.newApp(t, "rules", everyKind)
	for _, set := range policySets() {
		p.rest(t, "POST", app.tenant+"/policysets", set, 200, nil)
	}
	p.rest(t, "POST", app.path+":deploy", "", 202, nil)
	eventually(t, "everything is there", func() error {
		output, err := p.tryKubectl(t, "", "get", "deploy/web", "sts/db", "ds/agent", "job/hello-migrate", "cronjob/report", "hpa/web", "-n", "rules--web")
		if err != nil {
			return errors.New(output)
		}
		return nil
	})
	eventually(t, "three pods of web run", func() error {
		names := p.kubectl(t, "", "get", "pods", "-n", "rules--web", "-l", "app.oam.dev/component=web", "--field-selector=status.phase=Running", "-o", "name")
		if found := strings.Count(names, "pod/"); found != 3 {
			return fmt.Errorf("%d pods: %s", found, names)
		}
		return nil
	})
	container := func(field string) string { return "{.items[0].spec.containers[0]." + field + "}" }
	annotation := func(key string) string {
		return "{.items[0].metadata.annotations." + strings.ReplaceAll(key, ".", `\.`) + "}"
	}
	pods := func(component string) []string { return []string{"pods", "-l", "app.oam.dev/component=" + component} }
	strategy := "{.spec.strategy.rollingUpdate.maxSurge} {.spec.strategy.rollingUpdate.maxUnavailable}"
	for _, tc := range []struct {
		rule   string
		object []string
		field  string
		want   string
	}{
		{"health", pods("web"), container("readinessProbe.httpGet.path") + " " + container("readinessProbe.httpGet.port") + " " + container("livenessProbe.periodSeconds"), "/healthz 8080 10"},
		{"health", pods("db"), container("livenessProbe.httpGet.port"), "5432"},
		{"health, no port", pods("agent"), container("livenessProbe"), ""},
		{"scaler", []string{"hpa", "web"}, "{.spec.minReplicas} {.spec.maxReplicas} {.spec.metrics[0].resource.target.averageUtilization} {.spec.scaleTargetRef.kind}", "3 10 80 Deployment"},
		{"scaler", []string{"hpa", "db"}, "{.spec.minReplicas} {.spec.maxReplicas} {.spec.scaleTargetRef.kind}", "3 10 StatefulSet"},
		{"rollout", []string{"deploy", "web"}, strategy, "25% 1"},
		{"rollout", []string{"ds", "agent"}, "{.spec.updateStrategy.rollingUpdate.maxUnavailable}", "1"},
		{"rollout", []string{"sts", "db"}, "{.spec.updateStrategy.rollingUpdate.partition}", "1"},
		{"network", []string{"networkpolicy", "kubenova-app-hello"}, "{.spec.podSelector.matchLabels} {.spec.policyTypes[*]} {.spec.egress[1].ports[*].port}", `{"app.oam.dev/name":"hello"} Ingress Egress 53 53`},
		{"metrics", pods("web"), annotation("prometheus.io/scrape") + " " + annotation("prometheus.io/port") + " " + annotation("prometheus.io/path"), "true 8080 /metrics"},
		{"logging", pods("web"), annotation("kubenova.io/logging") + " " + annotation("fluentbit.io/exclude") + " " + container("env"), `true false [{"name":"COLOR","value":"blue"},{"name":"LOG_LEVEL","value":"info"}]`},
		{"logging", pods("db"), container("env"), `[{"name":"PGDATA","value":"/data"},{"name":"LOG_LEVEL","value":"info"}]`},
		{"logging", []string{"cronjob", "report"}, `{.spec.jobTemplate.spec.template.metadata.annotations.kubenova\.io/logging} {.spec.jobTemplate.spec.template.spec.containers[0].env}`, `true [{"name":"LOG_LEVEL","value":"info"}]`},
		{"logging", []string{"job", "hello-migrate"}, `{.spec.template.spec.containers[0].env}`, `[{"name":"LOG_LEVEL","value":"info"}]`},
	} {
		p.expect(t, tc.rule, "rules--web", tc.object, tc.field, tc.want)
	}

	p.rest(t, "POST", app.tenant+"/policysets",
		`{"name":"bluegreen-rollout","rules":[{"kind":"vela.policy","spec":{"type":"rollout","properties":{"strategy":"bluegreen"}}}]}`, 200, nil)
	p.rest(t, "POST", app.path+":deploy", "", 202, nil)
	eventually(t, "the update is blue and green", func() error {
		if got := p.kubectl(t, "", "get", "deploy", "web", "-n", "rules--web", "-o", "jsonpath="+strategy); got != "100% 0%" {
			return errors.New(got)
		}
		return nil
	})
	p.expect(t, "bluegreen", "rules--web", []string{"deploy", "web"}, strategy, "100% 0%")

	for _, origin := range []string{"policyset/gold-tier/rules[0]", "policyset/baseline/rules[0]", "policyset/bluegreen-rollout/rules[0]", `"default"`} {
		if revision := p.kubectl(t, "", "get", "apprevisions.kubenova.io", "hello-2", "-n", "kn-rules--web", "-o", "json"); !strings.Contains(revision, origin) {
			t.Errorf("no field of the revision comes from %s", origin)
		}
	}
	for _, set := range []string{"baseline-security", "bluegreen-rollout"} {
		p.rest(t, "DELETE", app.tenant+"/policysets/"+set, "", 204, nil)
	}
	p.rest(t, "POST", app.path+":deploy", "", 202, nil)
	eventually(t, "the NetworkPolicy is gone", func() error {
		if output, err := p.tryKubectl(t, "", "get", "networkpolicy", "kubenova-app-hello", "-n", "rules--web"); err == nil || !strings.Contains(output, "NotFound") {
			return errors.New(output)
		}
		return nil
	})
}

// expect compares a field of an object on the cluster and prints it.
func (p platform) expect(t *testing.T, rule, namespace string, object []string, field, want string) {
	t.Helper()
	args := append([]string{"get", "-n", namespace, "-o", "jsonpath=" + field}, object...)
	got := p.kubectl(t, "", args...)
	t.Logf("%-16s %-40s %s", rule, strings.Join(object, " "), got)
	if got != want {
		t.Errorf("%s: %v has %q, want %q", rule, object, got, want)
	}
}

// restApp is an app that was made through the REST door.
type restApp struct{ tenant, path string }

// newApp makes a tenant with a project web and an app hello in it.
func (p platform) newApp(t *testing.T, name, components string) restApp {
	t.Helper()
	var tenant, project, app struct{ UID string }
	p.rest(t, "POST", "/clusters/"+p.cluster+"/tenants", `{"name":"`+name+`","owners":["owner@example.com"]}`, 200, &tenant)
	t.Cleanup(func() { p.kubectl(t, "", "delete", "tenants.kubenova.io", name, "--timeout=90s") })
	out := restApp{tenant: "/clusters/" + p.cluster + "/tenants/" + tenant.UID}
	p.rest(t, "POST", out.tenant+"/projects", `{"name":"web"}`, 200, &project)
	projectPath := out.tenant + "/projects/" + project.UID
	p.rest(t, "POST", projectPath+"/apps", `{"name":"hello","components":[`+components+`]}`, 200, &app)
	out.path = projectPath + "/apps/" + app.UID
	return out
}
