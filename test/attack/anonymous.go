package attack

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// anonymousAttacks are those of a caller without credentials, or with made-up ones.
func anonymousAttacks() []Attack {
	const none = "nothing answers"
	return append([]Attack{
		{Name: "every operation of the REST door", Try: everyOperation,
			Expected: "open: GET /docs, GET /healthz, GET /jwks, GET /openapi.json, GET /readyz"},
		{Name: "every resource of the native door", Expected: none, Try: everyResource},
		{Name: "paths beside the doors", Expected: none, Try: pathsBeside},
		{Name: "front-proxy headers", Expected: none, Try: withHeaders(
			"X-Remote-User", "system:admin", "X-Remote-Group", "system:masters")},
		{Name: "impersonation headers", Expected: none, Try: withHeaders(
			"Impersonate-User", "system:admin", "Impersonate-Group", "system:masters")},
		{Name: "headers for the next hop alone", Expected: none, Try: withHeaders(
			"Connection", "X-Remote-User, Authorization", "X-Remote-User", "system:admin", "X-Remote-Group", "system:masters")},
		{Name: "another method in a header", Expected: "401, the tenant is there", Try: methodOverride},
		{Name: "roles in a header", Expected: none, Try: withHeaders(
			"X-Kubenova-Roles", "admin", "X-Roles", "admin", "X-Forwarded-User", "admin")},
	}, forgedTokens()...)
}

// everyOperation walks the contract that the server itself serves.
func everyOperation(ctx context.Context, f *Field) string {
	anyone := f.rest("")
	var contract struct{ Paths map[string]map[string]any }
	if err := anyone.do(ctx, http.MethodGet, "/openapi.json", "").must(&contract); err != nil {
		return "error: " + err.Error()
	}
	var open []string
	tried := 0
	for path, operations := range contract.Paths {
		path = strings.TrimPrefix(path, "/api/v1")
		for method := range operations {
			method = strings.ToUpper(method)
			if !slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "PATCH"}, method) {
				continue
			}
			tried++
			if got := anyone.do(ctx, method, f.fill(path), "{}"); got.code != http.StatusUnauthorized {
				open = append(open, method+" "+path)
			}
		}
	}
	if tried < 50 {
		return fmt.Sprintf("error: the contract has %d operations", tried)
	}
	slices.Sort(open)
	return "open: " + strings.Join(open, ", ")
}

// fill puts what is there into the segments of a path that vary.
func (f *Field) fill(path string) string {
	for name, value := range map[string]string{"cluster": f.Home, "tenant": f.theirs.name, "project": "web", "app": "hello"} {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	for strings.Contains(path, "{") {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + "1" + after
	}
	return path
}

// everyResource asks for each resource, at the host's door and at KubeNova's own.
func everyResource(ctx context.Context, f *Field) string {
	var list struct {
		Resources []struct {
			Name       string
			Namespaced bool
		}
	}
	if err := f.root.do(ctx, http.MethodGet, apis, "").must(&list); err != nil {
		return "error: " + err.Error()
	}
	var paths []string
	for _, resource := range list.Resources {
		name, sub, _ := strings.Cut(resource.Name, "/")
		path := apis + "/" + name
		if resource.Namespaced {
			path = apis + "/namespaces/kn-" + f.theirs.name + "/" + name
		}
		if sub != "" {
			path += "/" + f.theirs.name + "/" + sub
		}
		paths = append(paths, path)
	}
	if len(paths) < 20 {
		return fmt.Sprintf("error: there are %d resources", len(paths))
	}
	return f.whatAnswers(ctx, paths)
}

// pathsBeside are those that servers of this kind have, and ways round the doors.
func pathsBeside(ctx context.Context, f *Field) string {
	return f.whatAnswers(ctx, []string{
		"/metrics", "/debug/pprof/", "/debug/flags/v", "/logs", "/configz", "/statusz", "/flagz", "/api", "/apis", "/openapi/v3", "/openapi/v2",
		"/api/v1/clusters", "/api/v1//clusters", "/api/v1/./clusters", "/api/v1/docs/../clusters", "/api/v1/docs/%2e%2e/clusters", "/api/v1/docs%2f..%2fclusters",
		"/api/v1/healthz/../clusters", "/API/V1/clusters", "/api/v1/clusters/", "/api/v1/namespaces/kube-system/secrets", "/healthz/../apis/kubenova.io/v1alpha1/clusters",
		"//apis/kubenova.io/v1alpha1/clusters", "/apis/kubenova.io/v1alpha1/clusters/" + f.Home + "/proxy/api", "/readyz/../metrics",
	})
}

// whatAnswers lists what succeeds for a caller without credentials at any listener.
func (f *Field) whatAnswers(ctx context.Context, paths []string, headers ...string) string {
	var answered []string
	for _, base := range []string{f.Admin.Host, f.Direct, f.Base} {
		anyone := caller{base: base, client: newClient()}
		for _, path := range paths {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				if got := anyone.do(ctx, method, path, "", headers...); got.code == 0 || got.code < http.StatusBadRequest {
					answered = append(answered, fmt.Sprintf("%s %s%s %s", method, base, path, got))
				}
			}
		}
	}
	if len(answered) == 0 {
		return "nothing answers"
	}
	return strings.Join(answered, ", ")
}

func withHeaders(headers ...string) func(context.Context, *Field) string {
	return func(ctx context.Context, f *Field) string {
		return f.whatAnswers(ctx, []string{apis + "/clusters", apis + "/tenants/" + f.theirs.name, "/api/v1/clusters", "/api/v1/me"}, headers...)
	}
}

func methodOverride(ctx context.Context, f *Field) string {
	got := f.rest("").do(ctx, http.MethodPost, f.theirs.path(f.Home), "", "X-HTTP-Method-Override", "DELETE", "X-HTTP-Method", "DELETE")
	return fmt.Sprintf("%s, the tenant %s", got, f.standing(ctx, f.theirs))
}

// standing says whether a tenant is still what it was.
func (f *Field) standing(ctx context.Context, t tenant) string {
	var found object
	if err := f.root.do(ctx, http.MethodGet, apis+"/tenants/"+t.name, "").must(&found); err != nil {
		return "is gone: " + err.Error()
	}
	if found.Metadata.UID != t.uid {
		return "is another one"
	}
	return "is there"
}
