package facade_test

import (
	"strings"
	"testing"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestUsageWithoutACluster checks that numbers are made up in one place alone,
// where they are marked, and that what is asked is checked.
func TestUsageWithoutACluster(t *testing.T) {
	t.Parallel()
	d := before(t, testserver.Start(t), nil)
	made := d.grow(t, "u")
	uid := made.project[strings.LastIndex(made.project, "/")+1:]
	var usage struct {
		Window, Source, CPU, AsOf string
		Pods                      *int64
	}
	for _, path := range []string{"/tenants/u-tenant/usage?range=7d", "/projects/" + uid + "/usage?range=7d"} {
		d.call(t, "GET", path, "").want(200).into(&usage)
		if usage.Window != "7d" || usage.Source != "unavailable" || usage.CPU != "" || usage.Pods != nil || usage.AsOf != "" {
			t.Errorf("%s: got %+v", path, usage)
		}
	}
	var summary struct {
		Source         string
		Namespaces     []string
		Quotas, Usages map[string]string
	}
	d.call(t, "GET", made.tenant+"/summary", "").want(200).into(&summary)
	if summary.Source != "unavailable" || summary.Namespaces == nil || summary.Quotas == nil || len(summary.Usages) != 0 {
		t.Errorf("summary: got %+v", summary)
	}
	if got := d.call(t, "GET", "/tenants/u-tenant/usage?range=2h", "").want(422); !strings.Contains(got.body, "range") {
		t.Errorf("an unknown range: %s", got.body)
	}
	for _, asked := range [][]string{{"?format=csv"}, {"", "Accept", "text/csv"}, {"?range=7d&format=csv", "Accept", "application/json"}} {
		got := d.call(t, "GET", "/tenants/u-tenant/usage"+asked[0], "", asked[1:]...).want(200)
		if got.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(got.body, "tenant,project,from,") {
			t.Errorf("%v: %s %s", asked, got.header, got.body)
		}
	}
	if got := d.call(t, "GET", "/tenants/u-tenant/usage?format=xml", "").want(422); !strings.Contains(got.body, "format") {
		t.Errorf("an unknown format: %s", got.body)
	}
	d.call(t, "GET", "/tenants/u-tenant/usage?format=json", "", "Accept", "text/csv").want(200).into(&usage)
	d.call(t, "GET", "/projects/u-project/usage", "").want(404)
	d.call(t, "GET", "/tenants/nobody/usage", "").want(404)
}
