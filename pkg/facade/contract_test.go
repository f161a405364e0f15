package facade

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestContractHasEveryRoute compares the table of routes with the contract, both ways.
func TestContractHasEveryRoute(t *testing.T) {
	operations := theChecker(t).operations()
	for _, r := range routes() {
		key := r.method + " " + strings.Replace(r.path, "/:", ":", 1)
		operation := operations[key]
		if operation == nil {
			t.Errorf("%s is not in the contract", key)
			continue
		}
		delete(operations, key)
		success := operation.Responses.Status(200)
		if stream := success != nil && success.Value.Content.Get(streamType) != nil; stream != (r.watch != nil || r.follows) {
			t.Errorf("%s: it has a stream: %v in the contract and %v in the table", key, stream, !stream)
		}
		if public := operation.Security != nil && len(*operation.Security) == 0; public != r.open {
			t.Errorf("%s: public is %v in the contract and %v in the table", key, public, r.open)
		}
	}
	for key := range operations {
		t.Errorf("%s is in the contract and has no route", key)
	}
}

// TestContractIsWhole checks what every operation must say because of what the
// code around the handlers does.
func TestContractIsWhole(t *testing.T) {
	c := theChecker(t)
	var tags []string
	for _, tag := range c.Document.Tags {
		tags = append(tags, tag.Name)
	}
	for key, operation := range c.operations() {
		method, path, _ := strings.Cut(key, " ")
		public := operation.Security != nil
		read := method == http.MethodGet
		parameters := c.parametersOf(key)
		want := func(status int, because bool) {
			if got := operation.Responses.Status(status) != nil; got != because {
				t.Errorf("%s: it has status %d: %v, want %v", key, status, got, because)
			}
		}
		want(400, true) // a query that does not parse
		want(422, true) // dryRun=other
		want(401, !public)
		want(413, !read)
		want(415, !read)
		want(412, slices.Contains(parameters, "If-Match"))
		once := slices.Contains(parameters, idempotencyHeader)
		if once != (method == http.MethodPost) {
			t.Errorf("%s: it has the parameter %s: %v", key, idempotencyHeader, once)
		}
		if once { // what the key can be refused with
			want(409, true)
			want(429, true)
			want(503, true)
		}
		answer := operation.Responses.Status(200)
		want(406, answer != nil && answer.Value.Content.Get(streamType) != nil)
		want(304, slices.Contains(parameters, "If-None-Match"))
		if strings.Contains(path, "{") {
			want(404, true)
		}
		if read == slices.Contains(parameters, "dryRun") {
			t.Errorf("%s: the parameters are %v", key, parameters)
		}
		if success := operation.Responses.Status(200); success != nil {
			if list := success.Value.Headers["X-Next-Cursor"] != nil; list != slices.Contains(parameters, "cursor") || list != slices.Contains(parameters, "limit") {
				t.Errorf("%s is half a list", key)
			}
		}
		if operation.Summary == "" || len(operation.Tags) != 1 || !slices.Contains(tags, operation.Tags[0]) {
			t.Errorf("%s has the summary %q and the tags %v", key, operation.Summary, operation.Tags)
		}
	}
}

// TestCheckerFinds makes the checker fail in every way that it must be able to.
func TestCheckerFinds(t *testing.T) {
	jsonType := http.Header{"Content-Type": {"application/json"}}
	tagged := http.Header{"Content-Type": {"application/json"}, "Etag": {`"1"`}}
	const (
		problem  = `{"code":"KN-404","message":"x"}`
		uid      = "5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62"
		project  = `{"uid":"` + uid + `","name":"web","labels":{},"annotations":{},"createdAt":"2025-01-01T12:00:00Z"}`
		projects = Prefix + "/clusters/dev/tenants/acme/projects"
	)
	cases := []struct {
		name, method, path, sent string
		status                   int
		header                   http.Header
		body                     string
		finds                    string
	}{
		{"a right answer", "GET", projects + "/web", "", 200, tagged, project, ""},
		{"a right refusal", "GET", projects + "/web", "", 404, jsonType, problem, ""},
		{"a right write", "PUT", projects + "/web", `{"labels":{"a":"b"}}`, 200, tagged, project, ""},
		{"an unknown path", "GET", Prefix + "/nothing", "", 404, jsonType, problem, ""},
		{"a status", "GET", projects + "/web", "", 409, jsonType, problem, "no status 409"},
		{"a field that is not described", "GET", projects + "/web", "", 200, tagged, strings.Replace(project, `"name"`, `"secret":1,"name"`, 1), "secret"},
		{"a field that is missing", "GET", projects + "/web", "", 200, tagged, strings.Replace(project, `"labels":{},`, "", 1), "labels"},
		{"a field that is null", "GET", projects + "/web", "", 200, tagged, strings.Replace(project, `{},"createdAt"`, `null,"createdAt"`, 1), "null"},
		{"a time that is none", "GET", projects + "/web", "", 200, tagged, strings.Replace(project, "2025-01-01", "yesterday", 1), "date-time"},
		{"a uid that is none", "GET", projects + "/web", "", 200, tagged, strings.Replace(project, uid, "web", 1), "pattern"},
		{"a header that is missing", "GET", projects + "/web", "", 200, jsonType, project, "ETag"},
		{"an array that is an object", "GET", projects, "", 200, jsonType, project, "array"},
		{"another media type", "GET", projects, "", 200, http.Header{"Content-Type": {"text/plain"}}, "[]", "text/plain"},
		{"an error that is none", "GET", projects, "", 404, jsonType, `{"error":"x"}`, "code"},
		{"an error of another path", "GET", Prefix + "/nothing", "", 404, jsonType, `[]`, "object"},
		{"an answer to an unknown path", "GET", Prefix + "/nothing", "", 200, jsonType, `[]`, "does not know"},
		{"a body where there is none", "DELETE", projects + "/web", "", 204, jsonType, `{}`, "has a body"},
		{"a request that should be refused", "POST", projects, `{"name":"a--b"}`, 200, tagged, project, "pattern"},
		{"a request with an unknown field", "PUT", projects + "/web", `{"plan":"gold"}`, 200, tagged, project, "plan"},
		{"a request without a body", "PUT", projects + "/web", "", 200, tagged, project, "required"},
		{"a query that should be refused", "GET", projects + "?limit=201", "", 200, jsonType, "[]", "maximum"},
		{"a body that should be refused", "DELETE", projects + "/web", `{"x":1}`, 204, http.Header{}, "", "not allowed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.sent))
			if c.sent != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			err := theChecker(t).Check(r, []byte(c.sent), c.status, c.header, []byte(c.body))
			switch {
			case c.finds == "" && err != nil:
				t.Errorf("found %v", err)
			case c.finds != "" && (err == nil || !strings.Contains(err.Error(), c.finds)):
				t.Errorf("found %v, want something about %q", err, c.finds)
			}
		})
	}
}

// TestDocuments asks for the contract as nobody, in both forms.
func TestDocuments(t *testing.T) {
	handler := Checked(t, New(*unreachable(t)))
	get := func(path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, Prefix+path, nil)
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for path, contentType := range map[string]string{"/openapi.json": "application/json", "/docs": "text/html; charset=utf-8"} {
		first := get(path)
		etag := first.Header().Get("ETag")
		if first.Code != 200 || first.Header().Get("Content-Type") != contentType || etag == "" || first.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("GET %s: %d %v", path, first.Code, first.Header())
		}
		for _, known := range []string{etag, `"other", ` + etag, "W/" + etag, "*"} {
			if again := get(path, "If-None-Match", known); again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("ETag") != etag {
				t.Errorf("GET %s with If-None-Match %s: %d, %d bytes, %v", path, known, again.Code, again.Body.Len(), again.Header())
			}
		}
		if other := get(path, "If-None-Match", `"other"`); other.Code != 200 || other.Body.String() != first.Body.String() {
			t.Errorf("GET %s with another ETag: %d", path, other.Code)
		}
	}
	var document struct{ OpenAPI string }
	if err := json.Unmarshal(get("/openapi.json").Body.Bytes(), &document); err != nil || document.OpenAPI != "3.1.0" {
		t.Errorf("the document is of OpenAPI %q: %v", document.OpenAPI, err)
	}
}

// TestPageNeedsNothing checks that the page shows every operation and schema, and
// that a browser has nothing to load or run for it.
func TestPageNeedsNothing(t *testing.T) {
	page := docs()
	for key, operation := range theChecker(t).operations() {
		if _, path, _ := strings.Cut(key, " "); !strings.Contains(page.content, `id="`+operation.OperationID+`"`) || !strings.Contains(page.content, path+"<") {
			t.Errorf("the page does not show %s", key)
		}
	}
	for name := range theChecker(t).Document.Components.Schemas {
		if !strings.Contains(page.content, `id="schema-`+name+`"`) {
			t.Errorf("the page does not show the schema %s", name)
		}
	}
	for _, active := range []string{"<script", "<link", "<img", "<iframe", "src=", "style=", "url(", "@import", "javascript:", `href="http`, `href="//`, "onclick"} {
		if strings.Contains(page.content, active) {
			t.Errorf("the page has %s", active)
		}
	}
	if strings.Count(page.content, "<style>") != 1 {
		t.Error("the page must have one style")
	}
	for _, part := range []string{"default-src 'none'", "style-src 'sha256-", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(page.policy, part) {
			t.Errorf("the policy %s lacks %s", page.policy, part)
		}
	}
}
