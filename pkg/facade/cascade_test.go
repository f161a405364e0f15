package facade_test

import (
	"strings"
	"testing"
)

// TestCascade deletes a cluster with a tenant in every way.
func TestCascade(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	if refused := d.call(t, "DELETE", made.cluster, "").want(409); !strings.Contains(refused.body, "t-tenant") {
		t.Errorf("the conflict does not name the tenant: %s", refused.body)
	}
	d.call(t, "DELETE", made.cluster+"?cascade=background", "").want(422)
	d.call(t, "DELETE", made.cluster+"?cascade=delete&cascade=orphan", "").want(422)
	etag := d.call(t, "GET", made.cluster, "").etag()
	d.call(t, "DELETE", made.cluster+"?cascade=delete&dryRun=All", "").wantEmpty(204)
	d.call(t, "DELETE", made.cluster+"?cascade=delete", "", "If-Match", `"1"`).want(412)
	if now := d.call(t, "GET", made.cluster, "").etag(); now != etag {
		t.Fatalf("a dry run made version %s of %s", now, etag)
	}
	d.call(t, "DELETE", made.cluster+"?cascade=delete", "", "If-Match", etag).wantEmpty(204)
	// There are no controllers here: the cluster stays until they have done their part.
	d.call(t, "POST", made.cluster+"/tenants", `{"name":"late"}`).want(422)
	d.call(t, "DELETE", made.cluster+"?cascade=orphan", "").wantEmpty(204)
	d.call(t, "GET", made.cluster, "").want(200)
}

// TestCascadeStays updates a tenant that is let go of and waits for its controller.
func TestCascadeStays(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	d.call(t, "DELETE", made.tenant+"?cascade=orphan", "").wantEmpty(204)
	d.call(t, "PUT", made.tenant, `{"annotations":{"note":"x"}}`).want(200)
	if now := d.call(t, "GET", made.tenant, "").want(200); !strings.Contains(now.body, `"kubenova.io/cascade":"orphan"`) || !strings.Contains(now.body, `"note":"x"`) {
		t.Errorf("the tenant is %s", now.body)
	}
}
