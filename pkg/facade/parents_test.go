package facade_test

import (
	"strings"
	"testing"
)

// TestForeignParents takes two trees and asks for what is in one below the other.
func TestForeignParents(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	mine, other := d.grow(t, "mine"), d.grow(t, "other")

	below := func(parent, child string) string { return parent + child[strings.LastIndex(child, "/"):] }
	tenant := func(cluster string) string { return below(cluster+"/tenants", mine.tenant) }
	project := func(tenant string) string { return below(tenant+"/projects", mine.project) }
	app := func(project string) string { return below(project+"/apps", mine.app) }

	tenants := []string{tenant(other.cluster), tenant("/clusters/other-cluster"), "/clusters/other-cluster/tenants/mine-tenant", tenant("/clusters/none")}
	projects := []string{project(other.tenant), other.tenant + "/projects/mine-project"}
	apps := []string{app(other.project), other.project + "/apps/mine-app", app(project(other.tenant))}
	sets := []string{other.tenant + "/policysets/mine-set"}
	for _, foreign := range tenants {
		projects = append(projects, project(foreign))
		apps = append(apps, app(project(foreign)))
		sets = append(sets, foreign+"/policysets/mine-set")
		d.notFound(t, "GET", foreign+"/projects", "", foreign+"/policysets", "")
		d.notFound(t, "POST", foreign+"/projects", `{"name":"x"}`, foreign+"/policysets", `{"name":"x"}`)
		d.notFound(t, "PUT", foreign+"/owners", `{"owners":[]}`)
		d.notFound(t, "GET", foreign, "")
		d.notFound(t, "DELETE", foreign, "")
	}
	for _, foreign := range projects {
		d.notFound(t, "GET", foreign, "", foreign+"/apps", "")
		d.notFound(t, "PUT", foreign, `{"labels":{"x":"y"}}`)
		d.notFound(t, "POST", foreign+"/apps", `{"name":"x"}`)
		d.notFound(t, "DELETE", foreign, "")
	}
	for _, foreign := range apps {
		d.notFound(t, "GET", foreign, "", foreign+"/status", "", foreign+"/revisions", "")
		d.notFound(t, "PUT", foreign, `{"description":"x"}`, foreign+"/traits", `[]`, foreign+"/policies", `[]`)
		d.notFound(t, "POST", foreign+":deploy", "", foreign+":delete", "")
		d.notFound(t, "DELETE", foreign, "")
	}
	for _, foreign := range sets {
		d.notFound(t, "GET", foreign, "")
		d.notFound(t, "PUT", foreign, `{"rules":[]}`)
		d.notFound(t, "DELETE", foreign, "")
	}
	for _, path := range []string{mine.tenant, mine.project, mine.app, mine.policySet} {
		d.call(t, "GET", path, "").want(200) // everything is still there
	}
}

// notFound takes pairs of a path and a body.
func (d door) notFound(t *testing.T, method string, pathsAndBodies ...string) {
	t.Helper()
	for i := 0; i < len(pathsAndBodies); i += 2 {
		d.call(t, method, pathsAndBodies[i], pathsAndBodies[i+1]).want(404)
	}
}

// TestMalformedIDs puts what is no id in the place of each.
func TestMalformedIDs(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	ids := []string{
		"none", "5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62", strings.ToUpper(made.app[strings.LastIndex(made.app, "/")+1:]),
		"UPPER", "a.b", "a,b", "a=b", "a%2Fb", "%2e%2e", "%00", "%20", "-", "a%0Ab", strings.Repeat("x", 300), "status", "*", "a:b",
	}
	for _, id := range ids {
		for _, path := range []string{
			"/clusters/" + id, "/clusters/" + id + "/capabilities", "/clusters/" + id + "/tenants", "/clusters/" + id + "/tenants/t-tenant",
			made.cluster + "/tenants/" + id, made.tenant + "/projects/" + id, made.tenant + "/policysets/" + id, made.project + "/apps/" + id, made.app[:strings.LastIndex(made.app, "/")] + "/" + id + "/status",
		} {
			if strings.HasSuffix(path, "/apps/a:b") {
				continue // a method that no action has
			}
			d.call(t, "GET", path, "").want(404)
		}
	}
}
