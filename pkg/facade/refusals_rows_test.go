package facade_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/kubenova/kubenova/pkg/facade"
)

// sample is what the parameters of paths are replaced by: with something that is
// there, and with something of the same kind that is elsewhere.
type sample struct {
	door
	here, elsewhere map[string]string
}

// sample makes two trees with two revisions each.
func (d door) sample(t *testing.T) sample {
	t.Helper()
	s := sample{door: d}
	for prefix, into := range map[string]*map[string]string{"t": &s.here, "other": &s.elsewhere} {
		made := d.grow(t, prefix)
		for range 2 {
			d.call(t, "POST", made.app+":deploy", "").want(202)
		}
		var runs []struct{ ID string }
		d.call(t, "GET", made.app+"/workflow/runs", "").want(200).into(&runs)
		*into = map[string]string{
			"cluster": last(made.cluster), "tenant": last(made.tenant), "project": last(made.project), "app": last(made.app),
			"policyset": last(made.policySet), "run": runs[0].ID, "plan": "gold",
			"component": "tenancy", "appComponent": "web", "from": "1", "to": "2",
		}
	}
	return s
}

func last(path string) string { return path[strings.LastIndex(path, "/")+1:] }

func (s sample) path(pattern string) string { return fill(pattern, s.here) }

func fill(pattern string, values map[string]string) string {
	for name, value := range values {
		pattern = strings.ReplaceAll(pattern, "{"+name+"}", value)
	}
	return pattern
}

// body returns a body that the operation takes: the example of the contract, or
// one whose values are there. A dry run shows that it takes it.
func (s sample) body(t *testing.T, o facade.Operation) string {
	t.Helper()
	if o.Method == http.MethodGet {
		return ""
	}
	own := map[string]string{
		"createCluster":          `{"name":"x","kubeconfig":"` + kubeconfig() + `","labels":{"env":"dev"}}`,
		"putClusterKubeconfig":   `{"kubeconfig":"` + kubeconfig() + `"}`,
		"createTenantKubeconfig": `{"project":"t-project","role":"readOnly","ttlSeconds":3600}`,
		"putPolicySet":           `{"name":"t-set","description":"x","rules":[{"kind":"vela.trait","spec":{"type":"x","properties":{}}}],"attachedTo":[{"project":"x"}]}`,
		"putQuotas":              `{"cpu":"4","pods":"5"}`,
	}
	body, ok := own[o.OperationID]
	schema, example := o.Body()
	if schema == nil {
		return ""
	}
	if !ok {
		if example == nil {
			t.Fatalf("the body of %s has no example in the contract", o.OperationID)
		}
		encoded, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		body = string(encoded)
	}
	if got := s.call(t, o.Method, s.path(o.Path)+"?dryRun=All", body); got.status >= 300 {
		t.Fatalf("%s refuses what it should take, %s: %d %s", o.OperationID, body, got.status, got.body)
	}
	return body
}

// wrongValues are the values that a parameter of a query or a header must not
// have, with the status that they get.
func wrongValues() map[string]struct {
	status int
	values []string
} {
	type wrong = struct {
		status int
		values []string
	}
	return map[string]wrong{
		"limit":           {422, []string{"0", "201", "-1", "x", "1.5", "", "99999999999999999999"}},
		"cursor":          {400, []string{"nonsense", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTUsInN0YXJ0IjoiLi4vLi4veCJ9"}},
		"labelSelector":   {422, []string{"a%20b", "a%20in%20(", "%3D", "a%3Db%20c"}},
		"range":           {422, []string{"", "2h", "24", "x"}},
		"format":          {422, []string{"", "xml", "CSV"}},
		"tail":            {422, []string{"0", "10001", "-1", "x"}},
		"sinceSeconds":    {422, []string{"0", "-1", "x"}},
		"follow":          {422, []string{"maybe"}},
		"cascade":         {422, []string{"maybe", ""}},
		"Idempotency-Key": {422, []string{"", "a b", "é", strings.Repeat("k", 256)}},
		"If-Match":        {400, []string{"nonsense", `"1`, `"1" "2"`}},
	}
}

// ofParameter returns what a parameter must not be.
func (s sample) ofParameter(t *testing.T, o facade.Operation, parameter *openapi3.Parameter) (rows []refusal) {
	t.Helper()
	name := parameter.Name
	switch {
	case parameter.In == openapi3.ParameterInPath:
		return s.ofSegment(t, o, name)
	case name == "dryRun" || name == "If-None-Match" || name == "owner": // every value of the others means something
		return nil
	}
	wrong, ok := wrongValues()[name]
	if !ok {
		t.Errorf("%s has the parameter %s, of which no wrong values are known", o.OperationID, name)
	}
	named := ""
	if wrong.status == http.StatusUnprocessableEntity {
		named = name
	}
	for _, value := range wrong.values {
		row := refusal{what: "a wrong " + name, status: wrong.status, field: named}
		if parameter.In == openapi3.ParameterInHeader {
			row.headers = []string{name, value}
		} else {
			row.path = "?" + name + "=" + value
		}
		rows = append(rows, row)
	}
	if name == "If-Match" {
		rows = append(rows, refusal{what: "another version", headers: []string{name, `"0"`}, status: http.StatusPreconditionFailed})
	}
	return rows
}

// ofSegment returns what a segment of a path must not be.
func (s sample) ofSegment(t *testing.T, o facade.Operation, name string) (rows []refusal) {
	t.Helper()
	if s.here[name] == "" {
		t.Errorf("%s has the parameter %s, of which no value is known", o.OperationID, name)
	}
	with := func(value string) string { return s.path(strings.Replace(o.Path, "{"+name+"}", value, 1)) }
	if name == "component" {
		return []refusal{{what: "an unknown component", path: with("istio"), status: 422, field: name}}
	}
	for _, id := range []string{"none", "A_b", "a.b", "%00", "9", strings.ToUpper(s.here["app"]), "5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62", strings.Repeat("x", 300)} {
		rows = append(rows, refusal{what: "an unknown or malformed " + name, path: with(id), status: 404})
	}
	if before, _, _ := strings.Cut(o.Path, "{"+name+"}"); strings.Contains(before, "{") && s.elsewhere[name] != s.here[name] {
		rows = append(rows, refusal{what: "a " + name + " of another parent", path: with(s.elsewhere[name]), status: 404})
	}
	return rows
}

// bodyRefusals returns what no body may be, given one that is right, if the
// operation takes any.
func bodyRefusals(good string) []refusal {
	filler := good
	if good == "" {
		filler = "{}"
	}
	const deep = 20_000
	rows := []refusal{
		{what: "a cut body", body: filler[:len(filler)-1], status: 400},
		{what: "two values", body: filler + "{}", status: 400},
		{what: "bytes that are not UTF-8", body: strings.Replace(strings.Replace(filler, "{", "{\"\xff\":\"\xc3\x28\",", 1), ",}", "}", 1), status: 400},
		{what: "deep nesting", body: strings.Repeat("[", deep) + strings.Repeat("]", deep), status: 400},
		{what: "deep nesting", body: strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep), status: 400},
		{what: "null", body: "null", status: 422},
		{what: "a text", body: `"text"`, status: 422},
		{what: "a number", body: `1`, status: 422},
		{what: "a huge body", body: filler + strings.Repeat(" ", 1<<20), status: 413},
		{what: "another media type", body: filler, headers: []string{"Content-Type", "text/plain"}, status: 415},
		{what: "another character set", body: filler, headers: []string{"Content-Type", "application/json; charset=latin1"}, status: 415},
		{what: "an encoding", body: filler, headers: []string{"Content-Encoding", "gzip"}, status: 415},
	}
	if good == "" {
		rows = append(rows, refusal{what: "an unknown field", body: `{"unknown":1}`, status: 422, field: "unknown"})
	}
	return rows
}
