package facade

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/felixge/httpsnoop"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// router finds the route of a request and serves it.
type router struct {
	config *Config
	mux    *http.ServeMux
}

func newRouter(config *Config, table []route) *router {
	rt := &router{config: config, mux: http.NewServeMux()}
	byPath := map[string]map[string]route{}
	for _, entry := range table {
		if byPath[entry.path] == nil {
			byPath[entry.path] = map[string]route{}
		}
		byPath[entry.path][entry.method] = entry
	}
	for pattern, methods := range byPath {
		if pattern == runPath {
			rt.serveRuns(methods)
			continue
		}
		rt.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { rt.measure(w, r, pattern, methods) })
	}
	rt.mux.HandleFunc("/", rt.serveUnknown)
	return rt
}

// serveRuns serves apps/runs/{run} below a pattern that also covers what has no
// route: a ServeMux refuses apps/runs/{run} beside apps/{app}/status, because
// both match apps/runs/status, which is the status of an app of that name.
func (rt *router) serveRuns(methods map[string]route) {
	rt.mux.HandleFunc(appPath+"/{run}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("app") != "runs" {
			rt.serveUnknown(w, r)
			return
		}
		rt.measure(w, r, runPath, methods)
	})
}

func (rt *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target, ok := splitAction(r.URL)
	if !ok {
		rt.serveUnknown(w, r)
		return
	}
	r = r.WithContext(r.Context()) // the copy whose URL can be replaced
	r.URL = target
	rt.mux.ServeHTTP(w, r)
}

// splitAction makes the action at the end of a path, as in apps/hello:deploy, a
// segment of its own, apps/hello/:deploy, because a ServeMux pattern matches
// whole segments only. It is not ok for a path that no route has: one that is
// not clean, which ServeMux would redirect, or that has such a segment already.
func splitAction(u *url.URL) (*url.URL, bool) {
	escaped := strings.NewReplacer("%3A", ":", "%3a", ":").Replace(u.EscapedPath())
	if path.Clean(escaped) != escaped || strings.Contains(escaped, "/:") {
		return nil, false
	}
	dir, last := path.Split(escaped)
	if i := strings.LastIndexByte(last, ':'); i >= 0 {
		escaped = dir + last[:i] + "/" + last[i:]
	}
	unescaped, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, false
	}
	target := *u
	target.Path, target.RawPath = unescaped, escaped
	return &target, true
}

// measure serves a request, and counts it by its pattern unless it lasted as long as
// its client stayed.
func (rt *router) measure(w http.ResponseWriter, r *http.Request, pattern string, methods map[string]route) {
	method := r.Method
	if _, known := methods[readMethod(method)]; !known {
		method = "other" // whatever a client makes up
	}
	if span := trace.SpanFromContext(r.Context()); span.IsRecording() {
		span.SetName(method + " " + pattern)
		span.SetAttributes(attribute.String("http.route", pattern))
	}
	streamed := false
	answered := httpsnoop.CaptureMetricsFn(w, func(w http.ResponseWriter) { streamed = rt.serve(w, r, methods) })
	if streamed {
		return
	}
	rt.config.Metrics.Observe(method, pattern, answered.Code, answered.Duration)
}

// serve answers a request whose path is known, and says whether by a stream.
func (rt *router) serve(w http.ResponseWriter, r *http.Request, methods map[string]route) (streamed bool) {
	caller, authenticated := callerOf(r.Context())
	entry, ok := methods[readMethod(r.Method)]
	switch {
	case !entry.open && !authenticated:
		writeError(w, r, unauthorized())
	case !ok:
		writeError(w, r, methodNotAllowed(allowed(methods)))
	default:
		answer, err := rt.answer(w, r, entry, caller)
		if err != nil {
			writeError(w, r, err)
			return false
		}
		if answer.stream != nil || answer.followed != nil {
			rt.serveStream(w, r, answer)
			return true
		}
		writeReply(w, r, answer)
	}
	return false
}

// serveStream answers for as long as the client stays.
func (rt *router) serveStream(w http.ResponseWriter, r *http.Request, answer reply) {
	defer rt.config.Metrics.Stream()()
	if answer.stream != nil {
		answer.stream.serve(w, r, rt.config.Heartbeat)
		return
	}
	answer.followed.serve(w, r, rt.config.Heartbeat)
}

// answer runs a route for a caller who may be asked for by it.
func (rt *router) answer(w http.ResponseWriter, r *http.Request, entry route, caller user.Info) (reply, error) {
	if entry.open {
		caller = nil // who it is makes no difference
	}
	c, err := newCall(rt.config, w, r, caller)
	if err != nil {
		return reply{}, err
	}
	answer, err := c.serve(entry)
	if err != nil {
		return reply{}, c.refusal(entry, err)
	}
	return answer, nil
}

func (c *call) serve(entry route) (reply, error) {
	if err := c.readQuery(); err != nil {
		return reply{}, err
	}
	if entry.watch != nil {
		stream, err := wantsStream(c.request)
		if err != nil {
			return reply{}, err
		}
		if stream {
			return c.stream(entry)
		}
	}
	return c.once(entry)
}

// serveUnknown answers a request whose path no route has.
func (rt *router) serveUnknown(w http.ResponseWriter, r *http.Request) {
	if _, authenticated := callerOf(r.Context()); !authenticated {
		writeError(w, r, unauthorized())
		return
	}
	writeError(w, r, notFound("there is no such path"))
}

// callerOf returns the authenticated user of a request.
func callerOf(ctx context.Context) (user.Info, bool) {
	caller, ok := request.UserFrom(ctx)
	if !ok || caller == nil || caller.GetName() == "" || caller.GetName() == user.Anonymous {
		return nil, false
	}
	return caller, true
}

// readMethod serves HEAD as GET; net/http leaves the body out.
func readMethod(method string) string {
	if method == http.MethodHead {
		return http.MethodGet
	}
	return method
}

func allowed(methods map[string]route) string {
	var names []string
	for method := range methods {
		names = append(names, method)
		if method == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
