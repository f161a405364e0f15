// Package facade is the REST door of KubeNova, /api/v1. It is a client: every
// request is served by calls to the API server as the caller, so that
// authorization, admission, validation and audit are those of the native door.
// It holds no state and never touches the store.
//
// A request goes through the files in this order: router.go finds its route in
// the table of routes.go, idempotency.go makes a POST happen once, decode.go and
// paging.go read what it asks, lookup.go resolves the path, <kind>.go does the
// work, convert_<kind>.go translates, and errors.go turns whatever failed into the
// error model. stream.go and sse.go answer with changes as they come. What all of this has to keep to is the contract,
// api/openapi/v1.yaml; contract.go serves it.
package facade

import (
	"context"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/metrics"
)

// Prefix is the path below which every route lies.
const Prefix = "/api/v1"

// DefaultMaxBodyBytes is the largest request body that is read, unless the
// Config says otherwise.
const DefaultMaxBodyBytes = 1 << 20

// fieldManager owns the fields that are written through this door.
const fieldManager = "kubenova-rest"

// Config is what the facade needs of the server that it stands before.
type Config struct {
	// ClientFor returns a clientset that calls the API server in process as the given user.
	ClientFor func(user.Info) (versioned.Interface, error)
	// Authorizer reviews the routes that have no object of their own.
	Authorizer authorizer.Authorizer
	// Tenants returns the tenants in which a user has a role, each with the best
	// one that it has there.
	Tenants func(context.Context, user.Info) (map[string]v1alpha1.MemberRole, error)
	// JWKS returns the key set that verifies tokens.
	JWKS func(context.Context) ([]byte, error)
	// Idempotency remembers the POSTs that had an Idempotency-Key.
	Idempotency IdempotencyKeys
	// ExampleUsage answers with example values, marked as such, where no cluster
	// has numbers.
	ExampleUsage bool
	// Version is the build that GET /version tells of.
	Version version.Info
	// Ready returns why the server cannot serve, or nil. It is only logged, never shown.
	Ready func(*http.Request) error
	// Metrics counts what is answered; nil counts nothing.
	Metrics *metrics.REST
	// MaxBodyBytes is the largest request body. Defaults to DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// Heartbeat is how often a stream is shown to be alive, and its caller to be
	// still allowed to see it. Defaults to DefaultHeartbeat.
	Heartbeat time.Duration
}

// New returns the handler of every path below Prefix. It expects the full path,
// and the authenticated user in the request's context; a request without a user
// gets 401 from everything but healthz, readyz and the contract.
func New(config Config) http.Handler {
	if config.MaxBodyBytes <= 0 {
		config.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if config.Heartbeat <= 0 {
		config.Heartbeat = DefaultHeartbeat
	}
	return newRouter(&config, routes())
}
