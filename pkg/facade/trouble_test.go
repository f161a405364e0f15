package facade_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/idempotency"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// trouble is a wrong answer of the API server.
type trouble struct {
	status int
	reason string
	// hits says which calls it can be the answer to.
	hits func(*http.Request) bool
	// query is what the request to the REST door has besides.
	query string
	// want are the statuses that may come of it.
	want []int
}

// troubleDetail must not come through.
const troubleDetail = "dial tcp 10.0.0.7:2379"

// ourPath is that of a kind which is in no namespace.
const ourPath = "/apis/kubenova.io/v1alpha1/kind"

func troubles() []trouble {
	every := func(*http.Request) bool { return true }
	// A kind as a whole is always there.
	ofOne := func(r *http.Request) bool { return strings.Count(r.URL.Path, "/") > strings.Count(ourPath, "/") }
	writes := func(r *http.Request) bool { return r.Method != http.MethodGet }
	return []trouble{
		{403, "Forbidden", every, "", []int{403, 404}},
		{404, "NotFound", ofOne, "", []int{404, 422}},
		{409, "Conflict", writes, "", []int{409}},
		{410, "Expired", func(r *http.Request) bool { return r.URL.Query().Has("continue") }, "cursor=x", []int{410}},
		{429, "TooManyRequests", every, "", []int{429}},
		{500, "InternalError", every, "", []int{500}},
		{503, "ServiceUnavailable", every, "", []int{503}},
		{504, "Timeout", every, "", []int{503}},
	}
}

// troubled answers calls from some step on with trouble, and lets those before through.
type troubled struct {
	trouble
	step, calls int
	hit         bool
}

func (f *troubled) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		f.calls++
		if f.status == 0 || f.calls <= f.step || !f.hits(r) {
			return next.RoundTrip(r)
		}
		f.hit = true
		status := map[string]any{
			"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": f.reason, "code": f.status,
			"message": troubleDetail, "details": map[string]any{"retryAfterSeconds": 5},
		}
		encoded, err := json.Marshal(status)
		if err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: f.status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(encoded))), Request: r}, nil
	})
}

// TestTrouble has the API server answer wrongly, at each step of each operation:
// what comes of it is in the contract, is said as it is, and says no more than it may.
func TestTrouble(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	stock(t, server)
	s := before(t, server, nil).sample(t)
	s.call(t, "PUT", s.path("/clusters/{cluster}/tenants/{tenant}/plan"), `{"name":"gold"}`).want(200)
	fault := &troubled{}
	d := before(t, server, fault.wrap)
	for _, o := range facade.Operations(t) {
		t.Run(o.OperationID, func(t *testing.T) {
			body := s.body(t, o)
			for _, wrong := range troubles() {
				for step := 0; ; step++ {
					*fault = troubled{trouble: wrong, step: step}
					got := d.call(t, o.Method, s.path(o.Path)+troubleQuery(o, wrong), body)
					if !fault.hit {
						break
					}
					checkTrouble(t, wrong, step, got)
				}
			}
		})
	}
}

func troubleQuery(o facade.Operation, wrong trouble) string {
	if o.Method != http.MethodGet {
		return "?dryRun=All"
	}
	return "?" + wrong.query
}

// checkTrouble checks what came of trouble at a step.
func checkTrouble(t *testing.T, wrong trouble, step int, got answer) {
	t.Helper()
	if !slices.Contains(wrong.want, got.status) {
		t.Errorf("%d at step %d: %d %s, want %v", wrong.status, step, got.status, got.body, wrong.want)
	}
	if retry := got.header.Get("Retry-After"); (retry != "") != (got.status == 429 || got.status == 503) {
		t.Errorf("%d at step %d: %d with Retry-After %q", wrong.status, step, got.status, retry)
	}
	if got.status >= 429 && strings.Contains(got.body, troubleDetail) {
		t.Errorf("%d at step %d: %s tells what it should not", wrong.status, step, got.body)
	}
}

// brokenKeys are idempotency keys that cannot be claimed.
type brokenKeys struct {
	facade.IdempotencyKeys
	err error
}

func (b brokenKeys) Claim(context.Context, idempotency.Request) (idempotency.Claim, error) {
	return idempotency.Claim{}, b.err
}

// TestTroubleWithKeys sends every POST with a key that cannot be claimed.
func TestTroubleWithKeys(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	stock(t, server)
	s := before(t, server, nil).sample(t)
	for status, err := range map[int]error{
		409: idempotency.ErrInFlight, 422: idempotency.ErrOtherRequest, 429: idempotency.ErrTooMany, 503: errors.New(troubleDetail),
	} {
		d := beforeWith(server, nil, brokenKeys{err: fmt.Errorf("claiming: %w", err)})
		for _, o := range facade.Operations(t) {
			if o.Method != http.MethodPost {
				continue
			}
			got := d.call(t, o.Method, s.path(o.Path), s.body(t, o), keyHeader, "k").want(status)
			if retry := got.header.Get("Retry-After"); (retry != "") != (status != 422) || strings.Contains(got.body, troubleDetail) {
				t.Errorf("%s: %d %s, Retry-After %q", got.what, got.status, got.body, retry)
			}
		}
	}
}

// TestTroubleWithin fails what the door does not ask the API server for.
func TestTroubleWithin(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	broken := errors.New(troubleDetail)
	d := beforeWith(server, nil, brokenKeys{err: broken}, func(c *facade.Config) {
		c.ClientFor = func(user.Info) (versioned.Interface, error) { return nil, broken }
		c.Ready = func(*http.Request) error { return broken }
		c.JWKS = func(context.Context) ([]byte, error) { return nil, broken }
	})
	for _, o := range facade.Operations(t) {
		want := 500 // there is no client
		switch {
		case o.OperationID == "getReadiness", o.OperationID == "getJWKS":
			want = 503
		case o.Security != nil:
			continue
		}
		if got := d.call(t, o.Method, strings.NewReplacer("{", "", "}", "").Replace(o.Path), ""); got.status != want || strings.Contains(got.body, troubleDetail) {
			t.Errorf("%s: %d %s, want %d", got.what, got.status, got.body, want)
		}
	}
	d = beforeWith(server, nil, brokenKeys{err: broken}, func(c *facade.Config) {
		c.Tenants = func(context.Context, user.Info) (map[string]v1alpha1.MemberRole, error) { return nil, broken }
	})
	d.call(t, "GET", "/me", "").want(503)
	d = beforeWith(server, nil, brokenKeys{err: broken}, func(c *facade.Config) {
		c.JWKS = func(context.Context) ([]byte, error) { return []byte("{"), nil }
	})
	d.call(t, "GET", "/jwks", "").want(500)
}
