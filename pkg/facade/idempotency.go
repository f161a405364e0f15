package facade

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/idempotency"
)

const (
	// idempotencyHeader names the key that makes a POST happen once.
	idempotencyHeader = "Idempotency-Key"
	// maxIdempotencyKey is how long a key may be, in bytes.
	maxIdempotencyKey = 255
	// keepTimeout bounds what is written about a key after the work, also when the
	// caller has gone away.
	keepTimeout = 5 * time.Second
	// tooManyKeysRetry is when to try again, in seconds, with too many keys.
	tooManyKeysRetry = 60
)

// IdempotencyKeys remembers which POSTs were answered; see idempotency.Store.
type IdempotencyKeys interface {
	Claim(context.Context, idempotency.Request) (idempotency.Claim, error)
	Finish(context.Context, idempotency.Claim, idempotency.Answer) error
	Release(context.Context, idempotency.Claim) error
}

// parseIdempotencyKey returns the key of a request, empty without one.
func parseIdempotencyKey(header http.Header) (string, error) {
	values := header.Values(idempotencyHeader)
	if len(values) == 0 {
		return "", nil
	}
	wrong := func(detail string) error {
		return invalid(field.Invalid(field.NewPath(idempotencyHeader), nil, detail))
	}
	if len(values) > 1 {
		return "", wrong("must be given once")
	}
	key := values[0]
	if len(key) == 0 || len(key) > maxIdempotencyKey {
		return "", wrong(fmt.Sprintf("must have from 1 to %d characters", maxIdempotencyKey))
	}
	for _, b := range []byte(key) {
		if b <= ' ' || b > '~' {
			return "", wrong("must be of visible ASCII characters, without spaces")
		}
	}
	return key, nil
}

// once runs a route, and only once for an Idempotency-Key. A dry run changes
// nothing and takes no key.
func (c *call) once(entry route) (reply, error) {
	if entry.method != http.MethodPost {
		return entry.handle(c)
	}
	key, err := parseIdempotencyKey(c.request.Header)
	if err != nil {
		return reply{}, err
	}
	if key == "" || len(c.dryRun) > 0 {
		return entry.handle(c)
	}
	body, err := c.readAll()
	if err != nil {
		return reply{}, err
	}
	c.request.Body = io.NopCloser(bytes.NewReader(body))
	claim, err := c.config.Idempotency.Claim(c.ctx(), idempotency.Request{
		CallerName: c.caller.GetName(), CallerUID: c.caller.GetUID(),
		Method: entry.method, Path: c.request.URL.EscapedPath(), Key: key,
		Query: c.query.Encode(), Body: body,
	})
	if err != nil {
		return reply{}, claimError(err)
	}
	if claim.Answered != nil {
		return c.replay(entry, *claim.Answered)
	}
	return c.work(entry, claim)
}

// claimError says why a key was not to be had.
func claimError(err error) error {
	switch {
	case errors.Is(err, idempotency.ErrInFlight):
		return &apiError{status: http.StatusConflict, retryAfter: defaultRetryAfter,
			message: "a request with this " + idempotencyHeader + " is being worked on"}
	case errors.Is(err, idempotency.ErrOtherRequest):
		return invalid(field.Invalid(field.NewPath(idempotencyHeader), nil, "was used for a request with another body or query"))
	case errors.Is(err, idempotency.ErrTooMany):
		return &apiError{status: http.StatusTooManyRequests, retryAfter: tooManyKeysRetry,
			message: fmt.Sprintf("the caller has %d idempotency keys, each is kept for %s", idempotency.MaxPerCaller, idempotency.Lifetime)}
	}
	return fmt.Errorf("%w: %w", unavailable("the service cannot answer at the moment, try again", 0), err)
}

// work runs a route with its key claimed. Only an answer keeps the key; it is
// kept before it is given.
func (c *call) work(entry route, claim idempotency.Claim) (reply, error) {
	ctx := context.WithoutCancel(c.ctx())
	done := false
	defer func() { // also after a panic
		if done {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, keepTimeout)
		defer cancel()
		if err := c.config.Idempotency.Release(ctx, claim); err != nil {
			klog.FromContext(ctx).Error(err, "Key of a failed request stays claimed until it expires", "path", entry.path)
		}
	}()
	answer, err := entry.handle(c)
	if err != nil {
		return reply{}, err
	}
	done = true
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	if err := c.config.Idempotency.Finish(ctx, claim, answer.kept()); err != nil {
		// The work is done all the same, and its caller has to know.
		klog.FromContext(ctx).Error(err, "Answer to an idempotency key is not kept", "path", entry.path)
	}
	return answer, nil
}

// kept is what is remembered of an answer.
func (r reply) kept() idempotency.Answer {
	kept := idempotency.Answer{Status: r.code(), Body: r.body != nil}
	if r.object != nil {
		kept.UID = r.object.GetUID()
	}
	return kept
}

// replay answers a request as an equal one was answered before: with the object
// of then as it is now. The caller must still be allowed to see it, and to do what
// the route does. What mints a secret does so anew, because none is kept.
func (c *call) replay(entry route, before idempotency.Answer) (reply, error) {
	if entry.mints {
		return entry.handle(c)
	}
	segment, read := reader(entry.resource)
	if read == nil {
		return reply{}, fmt.Errorf("replaying %s %s: nothing reads an object of %s", entry.method, entry.path, entry.resource)
	}
	c.request.SetPathValue(segment, string(before.UID))
	found, err := read(c)
	if err != nil {
		return reply{}, err
	}
	if err := c.reviewOn(found.object, entry); err != nil {
		return reply{}, err
	}
	if !before.Body {
		return reply{status: before.Status}, nil
	}
	found.status = before.Status
	return found, nil
}

// reader returns what reads one object of a resource, and the segment of the path
// that names it.
func reader(resource string) (segment string, read func(*call) (reply, error)) {
	switch resource {
	case "clusters":
		return "cluster", getCluster
	case "tenants":
		return "tenant", getTenant
	case "projects":
		return "project", getProject
	case "policysets":
		return "policyset", getPolicySet
	case "apps":
		return "app", getApp
	case "plans":
		return "plan", getPlan
	}
	return "", nil
}
