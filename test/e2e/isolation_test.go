//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestImagesOfOthersAreRefused names the image and the policy set that forbids it.
func TestImagesOfOthersAreRefused(t *testing.T) {
	p := open(t)
	t.Parallel()
	app := p.newApp(t, "images", `{"name":"web","type":"webservice","properties":{"image":"quay.io/team/web:1"}}`)
	image := func(properties string) string {
		return `{"name":"images","rules":[{"kind":"vela.policy","spec":{"type":"image","properties":` + properties + `}}]}`
	}
	p.rest(t, "POST", app.tenant+"/policysets", image(`{"allowedRegistries":["docker.io","ghcr.io"]}`), 200, nil)
	refused := func(path string, says ...string) {
		code, answer, err := p.tryREST("POST", app.path+":deploy", "")
		t.Logf("%d %s %v", code, answer, err)
		for _, want := range append(says, `"`+path+`"`) {
			if code != 422 || !strings.Contains(string(answer), want) {
				t.Errorf("%d %s, want 422 with %s", code, answer, want)
			}
		}
	}
	refused("components[0].properties.image", "quay.io/team/web:1", "policyset/images", "docker.io, ghcr.io")
	p.rest(t, "PUT", app.tenant+"/policysets/images", image(`{"requireSigned":true}`), 200, nil)
	refused("policysets[images].spec.rules[0].spec.properties.requireSigned", "no verifier")
}
