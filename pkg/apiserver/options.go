package apiserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/admission"
	mutatingpolicy "k8s.io/apiserver/pkg/admission/plugin/policy/mutating"
	validatingpolicy "k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	mutatingwebhook "k8s.io/apiserver/pkg/admission/plugin/webhook/mutating"
	validatingwebhook "k8s.io/apiserver/pkg/admission/plugin/webhook/validating"
	"k8s.io/apiserver/pkg/authentication/request/union"
	authorizerunion "k8s.io/apiserver/pkg/authorization/union"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/admission/quota"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/auditlog"
	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/inprocess"
	"github.com/kubenova/kubenova/pkg/oidc"
	"github.com/kubenova/kubenova/pkg/signingkeys"
	"github.com/kubenova/kubenova/pkg/traces/otlp"
)

// DefaultEtcdPrefix is where objects lie in etcd.
const DefaultEtcdPrefix = "/registry/kubenova.io"

// delegatedCacheTTL is how long answers of the host cluster about tokens and
// rights are kept: short, because revoked access must end within seconds.
const delegatedCacheTTL = 2 * time.Second

// Options of a server behind the aggregation layer of a host cluster.
type Options struct {
	Recommended *genericoptions.RecommendedOptions

	// AuthenticationConfig is the file of the JWT issuers whose users are let in, or empty.
	AuthenticationConfig string
	// TokenKeyPeriod is how long a key signs KubeNova tokens before the next one does.
	TokenKeyPeriod time.Duration
	// HTTPAddress is a loopback address that serves the REST door on plain HTTP.
	// Empty means that HTTPS alone serves it.
	HTTPAddress string
	// AllowTargetCIDRs are the addresses at which clusters are reached, as
	// clusters.CheckAddress reads them. All but loopback, unless set.
	AllowTargetCIDRs []string
	// Proxy is the capsule-proxy of clusters that name none.
	Proxy *access.Proxy
	// Quota is how much each tenant may have.
	Quota quota.Limits
	// TracingConfigFile says where traces are sent to, and how many; empty records none.
	TracingConfigFile string
	// ShutdownDelay is for how long a server that was told to stop goes on serving,
	// while it is not ready any more.
	ShutdownDelay time.Duration
}

// NewOptions returns the defaults.
func NewOptions() *Options {
	// The codec is set when the server's scheme has been built.
	recommended := genericoptions.NewRecommendedOptions(DefaultEtcdPrefix, nil)
	recommended.Authentication.CacheTTL = delegatedCacheTTL
	recommended.Authorization.AllowCacheTTL = delegatedCacheTTL
	recommended.Authorization.DenyCacheTTL = delegatedCacheTTL
	recommended.SecureServing.BindPort = 6443
	recommended.Traces = nil                                        // TracingConfigFile is for storage and the REST door as well
	recommended.Etcd.EncryptionProviderConfigAutomaticReload = true // so that keys can be rotated
	return &Options{
		Recommended: recommended, AllowTargetCIDRs: connections.NotLoopback(), Proxy: access.NewProxy(),
		TokenKeyPeriod: signingkeys.DefaultPeriod, Quota: quota.DefaultLimits(), ShutdownDelay: DefaultShutdownDelay,
	}
}

// AddFlags adds the flags of the server.
func (o *Options) AddFlags(flags *pflag.FlagSet) {
	o.Recommended.AddFlags(flags)
	signingkeys.AddFlags(flags, &o.TokenKeyPeriod)
	oidc.AddFlags(flags, &o.AuthenticationConfig)
	flags.StringVar(&o.HTTPAddress, "http-address", o.HTTPAddress,
		"Loopback HOST:PORT that serves the REST API on plain HTTP, with authentication. If empty, HTTPS alone serves it.")
	connections.AddAllowTargetCIDR(flags, &o.AllowTargetCIDRs)
	o.Proxy.AddFlags(flags)
	o.Quota.AddFlags(flags)
	otlp.AddFlag(flags, &o.TracingConfigFile)
	flags.DurationVar(&o.ShutdownDelay, "shutdown-delay-duration", o.ShutdownDelay,
		"For how long a server that was told to stop goes on serving, while /readyz fails and clients are sent to other servers.")
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() error {
	errs := o.Recommended.Validate()
	if o.Recommended.Etcd.EncryptionProviderConfigFilepath == "" {
		errs = append(errs, errors.New("--encryption-provider-config must be set: the credentials of clusters are only stored encrypted"))
	}
	if _, err := connections.ParsePrefixes(o.AllowTargetCIDRs); err != nil {
		errs = append(errs, err)
	}
	if err := o.Quota.Validate(); err != nil {
		errs = append(errs, err)
	}
	if err := signingkeys.CheckPeriod(o.TokenKeyPeriod); err != nil {
		errs = append(errs, err)
	}
	if o.ShutdownDelay < 0 {
		errs = append(errs, fmt.Errorf("--shutdown-delay-duration must not be negative, as %s is", o.ShutdownDelay))
	}
	return utilerrors.NewAggregate(errs)
}

// Config returns the configuration of a server with these options.
func (o *Options) Config() (*Config, error) {
	config, err := NewConfig()
	if err != nil {
		return nil, err
	}
	if err := o.Recommended.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, nil); err != nil {
		return nil, fmt.Errorf("making a self-signed serving certificate: %w", err)
	}
	if config.AllowTargetCIDRs, err = connections.ParsePrefixes(o.AllowTargetCIDRs); err != nil {
		return nil, err
	}
	if err := o.Proxy.Complete(); err != nil {
		return nil, err
	}
	config.Proxy = o.Proxy
	config.Quota.Limits = o.Quota
	config.Generic.ShutdownDelayDuration = o.ShutdownDelay
	SetStorageCodec(o.Recommended.Etcd, config)
	tracer, err := otlp.New(o.TracingConfigFile, Name)
	if err != nil {
		return nil, err
	}
	config.Trace(tracer, &o.Recommended.Etcd.StorageConfig)
	o.Recommended.Admission = admissionOptions(o.Recommended.Admission, config.Parents, config.Quota)
	o.Recommended.ExtraAdmissionInitializers = namespaceInitializers
	if err := o.Recommended.ApplyTo(config.Generic); err != nil {
		return nil, fmt.Errorf("applying the server's options: %w", err)
	}
	if err := errors.Join(RequireEncryption(config.Generic), applyAudit(config, o.Recommended.Audit)); err != nil {
		return nil, err
	}
	frontProxy := config.Generic.Authentication.RequestHeaderConfig
	if frontProxy == nil || frontProxy.CAContentProvider == nil {
		return nil, errors.New("the host cluster names no certificate authority for its front proxy (requestheader-client-ca-file)")
	}
	config.FrontProxyCA = frontProxy.CAContentProvider
	if err := o.addTokens(config); err != nil {
		return nil, err
	}
	return config, nil
}

// applyAudit has the server write an audit log also if it was given no policy.
func applyAudit(config *Config, options *genericoptions.AuditOptions) error {
	if options.PolicyFile != "" || options.WebhookOptions.ConfigFile != "" {
		return nil
	}
	return auditlog.Apply(&config.Generic.Config, cmp.Or(options.LogOptions.Path, auditlog.Stdout))
}

// SetStorageCodec tells etcd's options how objects are stored.
func SetStorageCodec(etcd *genericoptions.EtcdOptions, config *Config) {
	etcd.StorageConfig.Codec = storageCodec(config.Scheme, config.Codecs)
	etcd.StorageConfig.EncodeVersioner = runtime.NewMultiGroupVersioner(
		v1alpha1.SchemeGroupVersion, schema.GroupKind{Group: v1alpha1.GroupName})
}

// admissionOptions lists every admission plugin in its order. NamespaceLifecycle
// is not among them: see package parents. None of them sees credentials.
func admissionOptions(defaults *genericoptions.AdmissionOptions, registry *parents.Registry, objects *quota.Quota) *genericoptions.AdmissionOptions {
	plugins := admission.NewPlugins()
	parents.Register(plugins, registry)
	mutatingpolicy.Register(plugins)
	mutatingwebhook.Register(plugins)
	validatingpolicy.Register(plugins)
	validatingwebhook.Register(plugins)
	quota.Register(plugins, objects)
	options := *defaults
	options.Plugins = plugins
	options.Decorators = append(admission.Decorators{admission.DecoratorFunc(withoutCredentials)}, defaults.Decorators...)
	options.RecommendedPluginOrder = []string{
		parents.PluginName,
		mutatingpolicy.PluginName,
		mutatingwebhook.PluginName,
		validatingpolicy.PluginName,
		validatingwebhook.PluginName,
		quota.PluginName, // last, so that what others refuse does not count
	}
	return &options
}

// addTokens puts KubeNova's own identities before those of the host cluster.
func (o *Options) addTokens(config *Config) error {
	authentication := &config.Generic.Authentication
	host := authn.RememberCertificates(authn.OrAway(authentication.Authenticator), clock.RealClock{})
	foreign := authn.WithoutOwnTokens(authn.WithoutRoles(host), config.issued)
	if err := authorizeMembers(config); err != nil {
		return err
	}
	bearers, err := config.AddBearers(o.TokenKeyPeriod, o.AuthenticationConfig)
	if err != nil {
		return err
	}
	authentication.Authenticator = union.New(inprocess.Authenticator(), bearers, foreign)
	return nil
}

// authorizeMembers puts the cap of tokens and the rights of owners and members
// before what the host cluster allows.
func authorizeMembers(config *Config) error {
	authorization := &config.Generic.Authorization
	authorizer, err := authorizerunion.New(
		authorizerunion.NamedAuthorizer{AuthorizerName: authz.Name, Authorizer: authz.NewRoleAuthorizer()},
		authorizerunion.NamedAuthorizer{AuthorizerName: authz.MembersName, Authorizer: authz.NewMemberAuthorizer(config.Members)},
		authorizerunion.NamedAuthorizer{AuthorizerName: "host", Authorizer: authz.NewHostAuthorizer(authorization.Authorizer)},
	)
	if err != nil {
		return fmt.Errorf("joining the authorizers: %w", err)
	}
	authorization.Authorizer = authorizer
	return nil
}

// Run builds the server and serves until ctx is done.
func (o *Options) Run(ctx context.Context) error {
	config, err := o.Config()
	if err != nil {
		return err
	}
	server, err := config.New()
	if err != nil {
		return err
	}
	if o.HTTPAddress == "" {
		return server.Generic.PrepareRun().RunWithContext(ctx)
	}
	return o.runWithHTTP(ctx, server)
}

func (o *Options) runWithHTTP(ctx context.Context, server *Server) error {
	listener, err := ListenLoopback(ctx, o.HTTPAddress)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		defer cancel()
		served <- ServeHTTP(ctx, listener, server.REST)
	}()
	err = server.Generic.PrepareRun().RunWithContext(ctx)
	cancel()
	return errors.Join(err, <-served)
}
