package facade_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestPolicySetThatWasDeletedMeanwhile makes a policy set that is there, and is gone
// when it is looked at.
func TestPolicySetThatWasDeletedMeanwhile(t *testing.T) {
	server := testserver.Start(t)
	quiet := before(t, server, nil)
	made := quiet.grow(t, "t")
	const one, path = `{"name":"gone","description":"one","rules":[],"attachedTo":[]}`, "/policysets"
	d := before(t, server, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/policysets/gone") {
				quiet.call(t, "DELETE", made.tenant+path+"/gone", "").want(http.StatusNoContent)
			}
			return next.RoundTrip(r)
		})
	})
	quiet.create(t, made.tenant+path, one)
	d.call(t, "POST", made.tenant+path, strings.Replace(one, `"one"`, `"two"`, 1)).want(http.StatusConflict)
	d.call(t, "POST", made.tenant+path, one).want(http.StatusOK)
}
