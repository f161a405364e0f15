package render_test

import (
	"testing"

	"github.com/kubenova/kubenova/pkg/render"
)

func TestRenderRefuses(t *testing.T) {
	web := func(properties string) string {
		return "app: {components: [{name: web, type: webservice, properties: " + properties + "}]}"
	}
	trait := func(t string) string {
		return "app: {traits: [" + t + "], components: [{name: web, type: webservice, properties: {image: nginx}}]}"
	}
	typed := func(kind, more string) string {
		return "app: {components: [{name: a, type: " + kind + ", properties: {image: nginx" + more + "}}]}"
	}
	rule := func(kind, spec string) string {
		return "app: {}\npolicySets: [{metadata: {name: gold}, spec: {rules: [{kind: " + kind + ", spec: " + spec + "}]}}]"
	}
	for name, tc := range map[string]struct{ in, path string }{
		"k8s-objects":               {typed("k8s-objects", ""), "spec.components[0].type"},
		"raw":                       {typed("raw", ""), "spec.components[0].type"},
		"ref-objects":               {typed("ref-objects", ""), "spec.components[0].type"},
		"helm":                      {typed("helm", ""), "spec.components[0].type"},
		"no image":                  {web("{}"), "spec.components[0].properties.image"},
		"empty image":               {web("{image: ''}"), "spec.components[0].properties.image"},
		"image is a number":         {web("{image: 1}"), "spec.components[0].properties.image"},
		"properties are a list":     {web("[]"), "spec.components[0].properties"},
		"hostPath":                  {web("{image: a, volumeMounts: {hostPath: [{name: a, mountPath: /a, path: /}]}}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"hostPath volume":           {web("{image: a, volumes: [{name: a, mountPath: /a, type: hostPath}]}"), "spec.components[0].properties.volumes[0].type"},
		"hostPath of a daemon":      {typed("daemon", ", volumeMounts: {hostPath: []}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"hostPath of a statefulset": {typed("statefulset", ", volumeMounts: {hostPath: []}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"hostPath of a worker":      {typed("worker", ", volumeMounts: {hostPath: []}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"hostPath of a cron-task":   {typed("cron-task", ", schedule: '* * * * *', volumeMounts: {hostPath: []}"), "spec.components[0].properties.volumeMounts.hostPath"},
		"node port":                 {web("{image: a, ports: [{port: 80, nodePort: 30000}]}"), "spec.components[0].properties.ports[0].nodePort"},
		"NodePort service":          {web("{image: a, exposeType: NodePort}"), "spec.components[0].properties.exposeType"},
		"ExternalName service":      {typed("daemon", ", exposeType: ExternalName"), "spec.components[0].properties.exposeType"},
		"probe of another host":     {web("{image: a, livenessProbe: {httpGet: {path: /, port: 1, host: 169.254.169.254}}}"), "spec.components[0].properties.livenessProbe.httpGet.host"},
		"a label of KubeVela":       {web("{image: a, labels: {app.oam.dev/component: b}}"), "spec.components[0].properties.labels[app.oam.dev/component]"},
		"a label of KubeNova":       {web("{image: a, labels: {kubenova.tenant: b}}"), "spec.components[0].properties.labels[kubenova.tenant]"},
		"property of another type":  {typed("worker", ", args: [a]"), "spec.components[0].properties.args"},
		"unknown property":          {web("{image: a, hostNetwork: true}"), "spec.components[0].properties.hostNetwork"},
		"another case":              {web("{image: a, Image: b}"), "spec.components[0].properties.Image"},
		"null":                      {web("{image: a, port: null}"), "spec.components[0].properties.port"},
		"port out of range":         {web("{image: a, port: 65536}"), "spec.components[0].properties.port"},
		"cron-task, no schedule":    {typed("cron-task", ""), "spec.components[0].properties.schedule"},
		"cpu of a bad form":         {web("{image: a, cpu: much}"), "spec.components[0].properties.cpu"},
		"service-account":           {trait("{type: service-account, properties: {name: a}}"), "spec.traits[0].type"},
		"json-patch":                {trait("{type: json-patch}"), "spec.traits[0].type"},
		"json-merge-patch":          {trait("{type: json-merge-patch}"), "spec.traits[0].type"},
		"unknown component":         {trait("{type: scaler, component: x, properties: {replicas: 1}}"), "spec.traits[0].component"},
		"scaler without properties": {trait("{type: scaler}"), "spec.traits[0].properties.replicas"},
		"replicas below zero":       {trait("{type: scaler, properties: {replicas: -1}}"), "spec.traits[0].properties.replicas"},
		"replicas not whole":        {trait("{type: scaler, properties: {replicas: 1.5}}"), "spec.traits[0].properties.replicas"},
		"replicas and a range":      {trait("{type: scaler, properties: {replicas: 1, min: 1, max: 2}}"), "spec.traits[0].properties.max"},
		"min alone":                 {trait("{type: scaler, properties: {min: 1}}"), "spec.traits[0].properties.max"},
		"min above max":             {trait("{type: scaler, properties: {min: 3, max: 2}}"), "spec.traits[0].properties.max"},
		"hpa of something else":     {trait("{type: hpa, properties: {min: 1, max: 2, targetKind: DaemonSet}}"), "spec.traits[0].properties.targetKind"},
		"a trait twice":             {trait("{type: scaler, properties: {replicas: 1}}, {type: scaler, properties: {replicas: 2}}"), "spec.traits[1].type"},
		"scaler and hpa":            {trait("{type: scaler, properties: {replicas: 1}}, {type: hpa, properties: {min: 1, max: 2}}"), "spec.traits[1].type"},
		"annotations of KubeVela":   {trait("{type: annotations, properties: {app.oam.dev/username: admin}}"), "spec.traits[0].properties[app.oam.dev/username]"},
		"cpu without memory":        {trait("{type: resource, properties: {cpu: 1}}"), "spec.traits[0].properties.memory"},
		"partition of a Deployment": {trait("{type: k8s-update-strategy, properties: {strategy: {type: RollingUpdate, rollingStrategy: {partition: 1}}}}"), "spec.traits[0].properties.strategy.rollingStrategy.partition"},
		"surge is a text":           {trait("{type: k8s-update-strategy, properties: {strategy: {type: RollingUpdate, rollingStrategy: {maxSurge: '1'}}}}"), "spec.traits[0].properties.strategy.rollingStrategy.maxSurge"},
		"trait that fits nothing": {
			"app: {traits: [{type: scaler, properties: {replicas: 1}}], components: [{name: a, type: daemon, properties: {image: a}}]}", "spec.traits[0].type"},
		"trait of a component": {
			"app: {components: [{name: a, type: worker, properties: {image: a}, traits: [{type: sidecar}]}]}", "spec.components[0].traits[0].type"},
		"topology":                {"app: {policies: [{type: topology}]}", "spec.policies[0].type"},
		"override":                {"app: {policies: [{type: override}]}", "spec.policies[0].type"},
		"take-over":               {"app: {policies: [{type: take-over}]}", "spec.policies[0].type"},
		"shared-resource":         {"app: {policies: [{type: shared-resource}]}", "spec.policies[0].type"},
		"two policies of a name":  {"app: {policies: [{type: health}, {type: health}]}", "spec.policies[1].name"},
		"apply-once with rules":   {"app: {policies: [{type: apply-once, properties: {rules: []}}]}", "spec.policies[0].properties.rules"},
		"unknown rule":            {rule("vela.policy", "{type: canary}"), "policysets[gold].spec.rules[0].spec.type"},
		"unknown rule of a trait": {rule("vela.trait", "{type: gateway}"), "policysets[gold].spec.rules[0].spec.type"},
		"unknown rule of a plan": {
			"app: {}\nplanSets: [{plan: gold, set: {metadata: {name: base}, spec: {rules: [{kind: vela.policy, spec: {type: canary}}]}}}]",
			"plans[gold].policysets[base].spec.rules[0].spec.type"},
		"unknown property of a rule":          {rule("vela.policy", "{type: rollout, properties: {maxUnavailable: 1, batches: 3}}"), "policysets[gold].spec.rules[0].spec.properties.batches"},
		"rollout of nothing":                  {rule("vela.policy", "{type: rollout}"), "policysets[gold].spec.rules[0].spec.properties"},
		"rollout that stands":                 {rule("vela.policy", "{type: rollout, properties: {maxSurge: 0, maxUnavailable: 0%}}"), "policysets[gold].spec.rules[0].spec.properties.maxUnavailable"},
		"rollout of a bad amount":             {rule("vela.policy", "{type: rollout, properties: {maxSurge: -1}}"), "policysets[gold].spec.rules[0].spec.properties.maxSurge"},
		"bluegreen that is not whole":         {rule("vela.policy", "{type: rollout, properties: {strategy: bluegreen, maxUnavailable: 1}}"), "policysets[gold].spec.rules[0].spec.properties.maxUnavailable"},
		"signed images":                       {rule("vela.policy", "{type: image, properties: {requireSigned: true}}"), "policysets[gold].spec.rules[0].spec.properties.requireSigned"},
		"no registries":                       {rule("vela.policy", "{type: image, properties: {allowedRegistries: []}}"), "policysets[gold].spec.rules[0].spec.properties.allowedRegistries"},
		"registry with a scheme":              {rule("vela.policy", "{type: image, properties: {allowedRegistries: ['https://ghcr.io']}}"), "policysets[gold].spec.rules[0].spec.properties.allowedRegistries[0]"},
		"registry without a host":             {rule("vela.policy", "{type: image, properties: {allowedRegistries: [library]}}"), "policysets[gold].spec.rules[0].spec.properties.allowedRegistries[0]"},
		"network says maybe":                  {rule("vela.policy", "{type: network, properties: {defaultDeny: maybe}}"), "policysets[gold].spec.rules[0].spec.properties.defaultDeny"},
		"logging at a bad level":              {rule("vela.trait", "{type: logging, properties: {level: loud}}"), "policysets[gold].spec.rules[0].spec.properties.level"},
		"metrics of another host":             {rule("vela.trait", "{type: metrics, properties: {path: 'http://x/'}}"), "policysets[gold].spec.rules[0].spec.properties.path"},
		"metrics without a port":              {trait("{type: metrics}"), "spec.traits[0].type"},
		"what render alone writes":            {trait("{type: kubenova-logging}"), "spec.traits[0].type"},
		"a suspended component":               {trait("{type: kubenova-suspend}"), "spec.traits[0].type"},
		"health of no port":                   {"app: {policies: [{type: health}], components: [{name: a, type: worker, properties: {image: a}}]}", "spec.policies[0].type"},
		"rollout of a job":                    {"app: {policies: [{type: rollout, properties: {maxSurge: 1}}], components: [{name: a, type: task, properties: {image: a}}]}", "spec.policies[0].properties.maxSurge"},
		"partition of no StatefulSet":         {"app: {policies: [{type: rollout, properties: {maxSurge: 1, batchPartition: 1}}], components: [{name: a, type: worker, properties: {image: a}}]}", "spec.policies[0].properties.batchPartition"},
		"image from elsewhere":                {"app: {policies: [{type: image, properties: {allowedRegistries: [ghcr.io]}}], components: [{name: a, type: worker, properties: {image: nginx}}]}", "spec.components[0].properties.image"},
		"image of a name alike":               {"app: {policies: [{type: image, properties: {allowedRegistries: [ghcr.io/team]}}], components: [{name: a, type: worker, properties: {image: ghcr.io/team2/a}}]}", "spec.components[0].properties.image"},
		"image of a host alike":               {"app: {policies: [{type: image, properties: {allowedRegistries: [ghcr.io]}}], components: [{name: a, type: worker, properties: {image: ghcr.io.evil.example/a}}]}", "spec.components[0].properties.image"},
		"image that is none":                  {"app: {policies: [{type: image, properties: {allowedRegistries: [ghcr.io]}}], components: [{name: a, type: worker, properties: {image: 'ghcr.io/A b'}}]}", "spec.components[0].properties.image"},
		"another image that spec.images sets": {"app: {images: [{component: a, image: nginx}], policies: [{type: image, properties: {allowedRegistries: [ghcr.io]}}], components: [{name: a, type: worker, properties: {image: ghcr.io/a}}]}", "spec.components[0].properties.image"},
		"a plan's registries that a tenant widens": {
			"app: {components: [{name: a, type: worker, properties: {image: nginx}}]}\n" +
				"planSets: [{plan: gold, set: {metadata: {name: base}, spec: {rules: [{kind: vela.policy, spec: {type: image, properties: {allowedRegistries: [ghcr.io]}}}]}}}]\n" +
				"policySets: [{metadata: {name: mine}, spec: {rules: [{kind: vela.policy, spec: {type: image, properties: {allowedRegistries: [docker.io]}}}]}}]",
			"policysets[mine].spec.rules[0].spec.properties.allowedRegistries"},
		"rule of another kind": {rule("vela.workflow", "{type: x}"), "policysets[gold].spec.rules[0].kind"},
		"rule with bad path":   {rule("vela.policy", "{type: health, properties: {path: 'http://x'}}"), "policysets[gold].spec.rules[0].spec.properties.path"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs := render.Render(parse(t, []byte(tc.in)))
			if len(errs) == 0 {
				t.Fatalf("accepted: %+v", out)
			}
			if errs[0].Field != tc.path {
				t.Errorf("first error is of %s, want %s: %v", errs[0].Field, tc.path, errs)
			}
		})
	}
}
