// Package apiserver assembles the KubeNova API server: the native API with its
// storage, and the REST door in front of it.
package apiserver

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	goruntime "runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/sets"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	genericfilters "k8s.io/apiserver/pkg/server/filters"
	"k8s.io/apiserver/pkg/server/healthz"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	basecompatibility "k8s.io/component-base/compatibility"
	baseversion "k8s.io/component-base/version"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/admission/quota"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/fairness"
	"github.com/kubenova/kubenova/pkg/generated/openapi"
	"github.com/kubenova/kubenova/pkg/idempotency"
	"github.com/kubenova/kubenova/pkg/inprocess"
	"github.com/kubenova/kubenova/pkg/membership"
	"github.com/kubenova/kubenova/pkg/metrics"
	"github.com/kubenova/kubenova/pkg/oidc"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// Name of the server, in metrics and in the names of its delegates.
const Name = "kubenova-apiserver"

// DefaultMaxRESTRequestsInFlight is how many requests the REST door serves at a
// time unless the Config says otherwise.
const DefaultMaxRESTRequestsInFlight = 2000

// DefaultMaxRESTStreams is how many streams the REST door serves at a time unless
// the Config says otherwise.
const DefaultMaxRESTStreams = 1000

// claimMargin is for how much longer than a request may take its Idempotency-Key
// is held, if the request never ends.
const claimMargin = 30 * time.Second

// Config is what a server is built from. Whoever builds one fills in Generic:
// serving, storage, authentication, authorization and admission.
type Config struct {
	Scheme  *runtime.Scheme
	Codecs  serializer.CodecFactory
	Generic *genericapiserver.RecommendedConfig

	// Parents is filled with the stores of parents; the admission plugin reads it.
	Parents *parents.Registry
	// Members knows owners and members; the server feeds it and authorizers ask it.
	Members *membership.Index
	// Quota bounds what tenants have; the server feeds it and the admission plugin asks it.
	Quota *quota.Quota
	// InProcess is given the server's handler; clients within this process use it.
	InProcess *inprocess.Server
	// FrontProxyCA vouches for the aggregator of the host cluster; nil without one.
	FrontProxyCA dynamiccertificates.CAContentProvider
	// AllowTargetCIDRs are the addresses at which clusters are reached, as
	// clusters.CheckAddress reads them. Without any, all are but loopback.
	AllowTargetCIDRs []netip.Prefix
	// Proxy is the capsule-proxy of clusters that name none; nil means none.
	Proxy *access.Proxy
	// ExampleUsage has the REST door show example values of usage, marked as such,
	// where no cluster has numbers: for trying things out alone.
	ExampleUsage bool
	// MaxRESTRequestsInFlight is how many requests the REST door serves at a time;
	// more are answered with 429. 0 means DefaultMaxRESTRequestsInFlight.
	MaxRESTRequestsInFlight int
	// MaxRESTStreams is how many streams the REST door serves at a time, a tenth of
	// them for one caller; more are answered with 429. 0 means DefaultMaxRESTStreams.
	MaxRESTStreams int

	// Fairness bounds the requests of the native API, with those that the REST door
	// makes, and MaxWatches its watches and other long-running requests, a tenth of them
	// for one tenant or caller; more are answered with 429. 0 means DefaultMaxWatches.
	Fairness   fairness.Limits
	MaxWatches int

	// Metrics are those that /metrics serves beside what k8s.io/apiserver measures.
	Metrics *metrics.Metrics
	// MoreMetrics are served there as well: those of controllers in this process.
	MoreMetrics []prometheus.Gatherer
	// traced is whether spans are recorded; Trace sets it.
	traced bool

	// tokens is what AddTokens made.
	tokens *tokens
	// oidc authenticates users of other issuers; nil without any.
	oidc *oidc.Authenticator
}

// Server is the KubeNova API server.
type Server struct {
	Generic *genericapiserver.GenericAPIServer
	// REST is the REST door with the server's authentication.
	REST http.Handler
	// RESTWith is the REST door with another authentication.
	RESTWith func(Authentication) http.Handler
}

// NewConfig returns a configuration without serving, storage or security.
func NewConfig() (*Config, error) {
	scheme, err := NewScheme()
	if err != nil {
		return nil, err
	}
	codecs := serializer.NewCodecFactory(scheme)
	generic := genericapiserver.NewRecommendedConfig(codecs)
	// /api/v1 is the REST door and not the core group of Kubernetes.
	generic.LegacyAPIGroupPrefixes = sets.NewString()
	generic.FeatureGate = utilfeature.DefaultFeatureGate
	generic.EffectiveVersion = basecompatibility.NewEffectiveVersionFromString(baseversion.DefaultKubeBinaryVersion, "", "")
	generic.Serializer = withoutProtobuf{codecs}
	generic.LongRunningFunc = orFollowsLogs(generic.LongRunningFunc)
	generic.ShutdownWatchTerminationGracePeriod = watchesEnd
	setOpenAPI(generic, scheme)
	return &Config{
		Scheme:    scheme,
		Codecs:    codecs,
		Generic:   generic,
		Parents:   &parents.Registry{},
		Members:   membership.NewIndex(),
		Quota:     quota.New(),
		Fairness:  fairness.DefaultLimits(goruntime.GOMAXPROCS(0)),
		InProcess: &inprocess.Server{},
		Metrics:   metrics.New(),
	}, nil
}

func setOpenAPI(generic *genericapiserver.RecommendedConfig, scheme *runtime.Scheme) {
	namer := openapinamer.NewDefinitionNamer(scheme)
	generic.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(openapi.GetOpenAPIDefinitions, namer)
	generic.OpenAPIConfig.Info.Title = "KubeNova"
	generic.OpenAPIConfig.Info.Version = v1alpha1.SchemeGroupVersion.Version
	generic.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(openapi.GetOpenAPIDefinitions, namer)
	generic.OpenAPIV3Config.Info.Title = "KubeNova"
	generic.OpenAPIV3Config.Info.Version = v1alpha1.SchemeGroupVersion.Version
}

// New builds the server. Nothing runs yet.
func (c *Config) New() (*Server, error) {
	if c.tokens == nil {
		return nil, errors.New("the configuration has no tokens")
	}
	server := &Server{}
	frontProxy := newFrontProxyCA(c.FrontProxyCA)
	if c.FrontProxyCA != nil {
		c.Generic.AddReadyzChecks(frontProxy.check())
	}
	c.Generic.AddReadyzChecks(append(c.tokens.checks(), healthz.NamedCheck("members", c.Members.Check))...)
	c.Generic.AddReadyzChecks(c.quotaChecks()...)
	if c.Generic.AuditPolicyRuleEvaluator != nil {
		c.Generic.AuditPolicyRuleEvaluator = withoutSecrets{c.Generic.AuditPolicyRuleEvaluator}
	}
	// No request is in flight for longer than the timeout and the time to answer.
	keys, err := idempotency.New(c.Generic.RESTOptionsGetter, c.Generic.RequestTimeout+claimMargin)
	if err != nil {
		return nil, err
	}
	c.Generic.Authorization.Authorizer = noteUnknownRights(c.Generic.Authorization.Authorizer)
	c.Generic.Authentication.Authenticator = noteUnknownCallers(c.Generic.Authentication.Authenticator)
	c.Generic.BuildHandlerChainFunc = func(apiHandler http.Handler, generic *genericapiserver.Config) http.Handler {
		native := answerUnknown(answerBusy(genericapiserver.DefaultBuildHandlerChain(c.fair(apiHandler, generic.LongRunningFunc), uncounted(audited(goOnInProcess(generic))))))
		c.InProcess.SetHandler(native)
		native = genericfilters.WithWaitGroup(native, generic.LongRunningFunc, generic.NonLongRunningRequestWaitGroup)
		native = withReauthentication(native, generic.Authentication.Authenticator, generic.LongRunningFunc, reauthentication)
		native = genericapifilters.WithRequestInfo(native, generic.RequestInfoResolver) // for the lines above
		if c.FrontProxyCA != nil {
			native = frontProxy.wrap(native)
		}
		server.RESTWith = c.newRESTDoor(generic, keys)
		server.REST = server.RESTWith(Authentication{Authenticator: generic.Authentication.Authenticator, RequestHeader: generic.Authentication.RequestHeaderConfig})
		return sendAway(splitDoors(server.REST, native), generic.ShutdownInitiatedNotify())
	}
	generic, err := c.Generic.Complete().New(Name, genericapiserver.NewEmptyDelegate())
	if err != nil {
		keys.Close()
		return nil, fmt.Errorf("building the generic API server: %w", err)
	}
	generic.RegisterDestroyFunc(keys.Close)
	generic.RegisterDestroyFunc(c.tokens.close)
	server.Generic = generic
	c.serveMetrics(generic)
	// Lists would be refused until the watch caches are filled.
	if err := generic.AddPostStartHook("storage-readiness", generic.StorageReadinessHook.Hook); err != nil {
		return nil, fmt.Errorf("having readiness wait for storage: %w", err)
	}

	storage, err := newStorage(c.Scheme, c.Generic.RESTOptionsGetter, c.Parents, c.AllowTargetCIDRs,
		store.Visibility{Members: c.Members, Authorizer: c.Generic.Authorization.Authorizer}, c.Proxy, c.tokens)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.followMembers(generic), c.followQuota(generic), c.tokens.follow(generic), runJobs(storage, generic), c.followIssuers(generic)); err != nil {
		return nil, err
	}
	group := genericapiserver.NewDefaultAPIGroupInfo(v1alpha1.GroupName, c.Scheme, runtime.NewParameterCodec(c.Scheme), c.Codecs)
	group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version] = storage
	group.NegotiatedSerializer = withoutProtobuf{c.Codecs}
	if err := generic.InstallAPIGroup(&group); err != nil {
		return nil, fmt.Errorf("installing the API group %s: %w", v1alpha1.GroupName, err)
	}
	return server, nil
}
