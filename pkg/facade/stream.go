package facade

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/munnerz/goautoneg"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/watch"
)

// Media types of answers.
const (
	plainType  = "application/json"
	streamType = "text/event-stream"
)

// stream is a list or an object whose changes are sent as they come.
type stream struct {
	// open watches from where the options say.
	open    func(context.Context, metav1.ListOptions) (watch.Interface, error)
	options metav1.ListOptions
	// convert returns the REST form of an object.
	convert func(metav1.Object) (any, error)

	// since is the version that the client has seen; empty begins with all there is.
	since string
	// single streams end with their object.
	single bool
	// allowed returns why the caller may not watch any more, or nil.
	allowed func() error
	// first is the answer that the client would have got without a stream.
	first reply
}

// streamOf returns the stream of a kind. The names of T and R are those of the
// kind and its REST form.
func streamOf[T metav1.Object, L metav1.ListInterface, R any](r resource[T, L], opts metav1.ListOptions, convert func(T) R) stream {
	return stream{
		open:    r.client.Watch,
		options: opts,
		convert: func(object metav1.Object) (any, error) { return convert(object.(T)), nil },
	}
}

// wantsStream says whether a request asks for a stream rather than for JSON. An
// Accept header that neither can meet is 406.
func wantsStream(r *http.Request) (bool, error) {
	if r.Method != http.MethodGet {
		return false, nil
	}
	chosen, err := negotiate(r, plainType, streamType)
	return chosen == streamType, err
}

// negotiate returns the media type among those on offer that Accept asks for, the
// first one without the header.
func negotiate(r *http.Request, offers ...string) (string, error) {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return offers[0], nil
	}
	if chosen := goautoneg.Negotiate(accept, offers); chosen != "" {
		return chosen, nil
	}
	return "", &apiError{status: http.StatusNotAcceptable, message: "the answer can be had as " + strings.Join(offers, " or ") + " only"}
}

// StreamCheck returns what tells requests that are answered with a stream, which
// lasts, from all others.
func StreamCheck() func(*http.Request) bool {
	watched, followed := http.NewServeMux(), http.NewServeMux()
	for _, entry := range routes() {
		switch {
		case entry.watch != nil:
			watched.HandleFunc(entry.path, func(http.ResponseWriter, *http.Request) {})
		case entry.follows:
			followed.HandleFunc(entry.path, func(http.ResponseWriter, *http.Request) {})
		}
	}
	has := func(mux *http.ServeMux, r *http.Request) bool {
		target, ok := splitAction(r.URL)
		if !ok {
			return false
		}
		_, pattern := mux.Handler(&http.Request{Method: r.Method, URL: target})
		return pattern != ""
	}
	return func(r *http.Request) bool {
		if r.Method == http.MethodGet && r.URL.Query().Get("follow") == "true" {
			return has(followed, r)
		}
		stream, err := wantsStream(r)
		return err == nil && stream && has(watched, r)
	}
}

// stream answers with the stream of a route. What the route answers without one
// is asked for first: its errors are those of the stream, and what it reads is
// what the caller may see.
func (c *call) stream(entry route) (reply, error) {
	since, err := lastEventID(c.request.Header)
	if err != nil {
		return reply{}, err
	}
	for _, name := range []string{"limit", "cursor"} {
		if c.query.Has(name) {
			return reply{}, invalid(field.Forbidden(field.NewPath(name), "a stream has no pages"))
		}
	}
	check := *c
	check.query = url.Values{"limit": {"1"}}
	first, err := entry.handle(&check)
	if err != nil {
		return reply{}, err
	}
	made, err := entry.watch(c, first.object)
	if err != nil {
		return reply{}, err
	}
	made.since, made.first, made.single = since, first, first.object != nil
	made.allowed = func() error {
		_, err := entry.handle(&check)
		if err != nil && isRefusal(translate(err).status) {
			return err
		}
		return nil
	}
	return reply{stream: &made}, nil
}

// isRefusal says whether a status is about the caller, and not about the moment.
func isRefusal(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound
}

// lastEventID returns the version after which a client goes on; empty to begin.
func lastEventID(header http.Header) (string, error) {
	id := header.Get("Last-Event-ID")
	if id == "" {
		return "", nil
	}
	if version, err := strconv.ParseUint(id, 10, 63); err != nil || version == 0 || len(header.Values("Last-Event-ID")) > 1 {
		return "", invalid(field.Invalid(field.NewPath("Last-Event-ID"), nil, "must be the id of an event of this stream"))
	}
	return id, nil
}

// start opens the watch: with all that is there first, or after what was seen.
func (s *stream) start(ctx context.Context) (watch.Interface, error) {
	opts := s.options
	opts.Limit, opts.Continue, opts.AllowWatchBookmarks = 0, "", true
	if s.since != "" {
		opts.ResourceVersion = s.since
		return s.open(ctx, opts)
	}
	opts.SendInitialEvents, opts.ResourceVersionMatch = new(bool), metav1.ResourceVersionMatchNotOlderThan
	*opts.SendInitialEvents = true
	return s.open(ctx, opts)
}

// isLost says whether a watch cannot go on from where it was asked to.
func isLost(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge)
}

// watchOptions selects one object, or what the query of a list asks for.
func (c *call) watchOptions(found metav1.Object) (metav1.ListOptions, error) {
	if found != nil {
		return metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.uid", string(found.GetUID())).String()}, nil
	}
	query, err := parseListQuery(c.query)
	return query.options(), err
}
