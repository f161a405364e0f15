// Package standalone runs all of KubeNova in one process: etcd, the API server
// and the controllers.
package standalone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/tracing"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/admission/quota"
	"github.com/kubenova/kubenova/pkg/metrics"
	"github.com/kubenova/kubenova/pkg/signingkeys"
)

// Auth says whether callers of the HTTP listener must authenticate.
type Auth string

// Values of Auth.
const (
	// AuthOff makes every caller of the HTTP listener an administrator.
	AuthOff Auth = "off"
	// AuthOn asks every caller for a token.
	AuthOn Auth = "on"
)

// Options of a standalone KubeNova.
type Options struct {
	// DataDir holds etcd's data, keys, certificates and the admin kubeconfig.
	DataDir string
	// HTTPAddress is the loopback HOST:PORT of the REST door on plain HTTP.
	HTTPAddress string
	// BindAddress is the IP address of the HTTPS listener.
	BindAddress string
	// SecurePort is the port of the HTTPS listener; 0 takes a free one.
	SecurePort int
	// Auth of the HTTP listener. The HTTPS listener always authenticates.
	Auth Auth
	// RunControllers runs the controllers against the server of the given client
	// configuration until its context is done; nil means that none run.
	RunControllers func(context.Context, *rest.Config) error
	// AllowTargetCIDRs are the addresses at which the API server reaches clusters,
	// as clusters.CheckAddress reads them. Without any, all are but loopback.
	AllowTargetCIDRs []netip.Prefix
	// Proxy is the capsule-proxy of clusters that name none; nil means none.
	Proxy *access.Proxy
	// AuthenticationConfig is the file of the JWT issuers whose users are let in, or empty.
	AuthenticationConfig string
	// TokenKeyPeriod is how long a key signs KubeNova tokens before the next one does.
	TokenKeyPeriod time.Duration
	// Metrics are those of the whole process, which the HTTPS listener serves together
	// with MoreMetrics.
	Metrics     *metrics.Metrics
	MoreMetrics []prometheus.Gatherer
	// Tracer records the spans of the API server, which ends it; nil records none.
	Tracer tracing.TracerProvider
	// Quota is how much each tenant may have.
	Quota quota.Limits
	// UnsafeNoFsync lets etcd answer before data is on disk. For tests alone.
	UnsafeNoFsync bool
}

// NewOptions returns the defaults.
func NewOptions() *Options {
	return &Options{
		DataDir:     "_data",
		HTTPAddress: "127.0.0.1:8080",
		BindAddress: "127.0.0.1",
		SecurePort:  8443,
		Auth:        AuthOn,

		TokenKeyPeriod: signingkeys.DefaultPeriod,
		Metrics:        metrics.New(),
		Quota:          quota.DefaultLimits(),
	}
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() error {
	var errs []error
	if o.DataDir == "" {
		errs = append(errs, errors.New("--data-dir must be set"))
	}
	if o.Auth != AuthOn && o.Auth != AuthOff {
		errs = append(errs, fmt.Errorf("--auth must be on or off, not %q", o.Auth))
	}
	if net.ParseIP(o.BindAddress) == nil {
		errs = append(errs, fmt.Errorf("--bind-address must be an IP address, not %q", o.BindAddress))
	}
	if o.SecurePort < 0 || o.SecurePort > 65535 {
		errs = append(errs, fmt.Errorf("--secure-port must be between 0 and 65535, not %d", o.SecurePort))
	}
	errs = append(errs, signingkeys.CheckPeriod(o.TokenKeyPeriod), o.Quota.Validate())
	return errors.Join(errs...)
}

func (o *Options) secureAddress() string {
	return net.JoinHostPort(o.BindAddress, strconv.Itoa(o.SecurePort))
}
