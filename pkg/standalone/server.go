package standalone

import (
	"fmt"
	"net"

	"k8s.io/apiserver/pkg/admission"
	admissionmetrics "k8s.io/apiserver/pkg/admission/metrics"
	apiserverapi "k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/path"
	authorizerunion "k8s.io/apiserver/pkg/authorization/union"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/admission/quota"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/auditlog"
	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/inprocess"
	"github.com/kubenova/kubenova/pkg/membership"
)

// publicPaths answer without authentication.
var publicPaths = []string{"/healthz", "/livez", "/readyz", "/version"}

// maxRequestsInFlight is how many reads and how many writes there are at a time,
// with those that wait for a seat.
const maxRequestsInFlight = 4000

// newServer builds the API server over the embedded etcd, listening on listener.
func newServer(f files, ca *authority, serving certificateFiles, listener net.Listener, options *Options) (*apiserver.Server, *apiserver.Config, error) {
	config, err := apiserver.NewConfig()
	if err != nil {
		return nil, nil, err
	}
	config.ExampleUsage = options.Auth == AuthOff
	config.AllowTargetCIDRs, config.Proxy = options.AllowTargetCIDRs, options.Proxy
	config.Metrics, config.MoreMetrics = options.Metrics, options.MoreMetrics
	config.Quota.Limits = options.Quota
	// The fair queue behind is what bounds them; this would let one caller take all.
	config.Generic.MaxRequestsInFlight, config.Generic.MaxMutatingRequestsInFlight = maxRequestsInFlight, maxRequestsInFlight
	if err := applyStorage(config, f, options); err != nil {
		return nil, nil, err
	}
	if err := applyServing(config, serving, listener); err != nil {
		return nil, nil, err
	}
	if err := auditlog.Apply(&config.Generic.Config, f.auditLog()); err != nil {
		return nil, nil, err
	}
	if err := applySecurity(config, ca, options); err != nil {
		return nil, nil, err
	}
	server, err := config.New()
	return server, config, err
}

func applyStorage(config *apiserver.Config, f files, options *Options) error {
	etcd := genericoptions.NewEtcdOptions(storagebackend.NewDefaultConfig(apiserver.DefaultEtcdPrefix, nil))
	etcd.EnableGarbageCollection = false // nobody would take its finalizers off
	etcd.StorageConfig.Transport.ServerList = []string{etcdEndpoint(f)}
	etcd.EncryptionProviderConfigFilepath = f.encryptionConfig()
	etcd.EncryptionProviderConfigAutomaticReload = true // so that keys can be rotated
	apiserver.SetStorageCodec(etcd, config)
	config.Trace(options.Tracer, &etcd.StorageConfig)
	if err := etcd.ApplyTo(&config.Generic.Config); err != nil {
		return fmt.Errorf("configuring storage: %w", err)
	}
	return apiserver.RequireEncryption(config.Generic)
}

func applyServing(config *apiserver.Config, serving certificateFiles, listener net.Listener) error {
	address := listener.Addr().(*net.TCPAddr)
	options := genericoptions.NewSecureServingOptions()
	options.Listener = listener
	options.BindAddress, options.BindPort = address.IP, address.Port
	options.ServerCert.CertKey = genericoptions.CertKey{CertFile: serving.cert, KeyFile: serving.key}
	if err := options.WithLoopback().ApplyToConfig(&config.Generic.Config); err != nil {
		return fmt.Errorf("configuring HTTPS: %w", err)
	}
	return nil
}

func applySecurity(config *apiserver.Config, ca *authority, options *Options) error {
	clientCA, err := dynamiccertificates.NewDynamicCAContentFromFile("client-ca", ca.certFile)
	if err != nil {
		return fmt.Errorf("reading the client CA: %w", err)
	}
	generic := config.Generic
	if err := generic.Authentication.ApplyClientCert(clientCA, generic.SecureServing); err != nil {
		return fmt.Errorf("asking for client certificates: %w", err)
	}
	bearers, err := config.AddBearers(options.TokenKeyPeriod, options.AuthenticationConfig)
	if err != nil {
		return err
	}
	generic.Authentication.Authenticator = union.New(
		inprocess.Authenticator(),
		bearers,
		authn.WithoutRoles(authn.RememberCertificates(group.NewAuthenticatedGroupAdder(
			x509.NewDynamic(clientCA.VerifyOptions, x509.CommonNameUserConversion)), clock.RealClock{})),
		anonymous.NewAuthenticator(anonymousConditions()),
	)
	generic.Authorization.Authorizer, err = newAuthorizer(config.Members)
	if err != nil {
		return err
	}
	// There is no host cluster whose policies and webhooks could be asked.
	generic.AdmissionControl = admissionmetrics.WithStepMetrics(admission.NewChainHandler(
		admissionmetrics.WithControllerMetrics(parents.New(config.Parents), parents.PluginName),
		admissionmetrics.WithControllerMetrics(quota.NewPlugin(config.Quota), quota.PluginName),
	))
	return nil
}

func anonymousConditions() []apiserverapi.AnonymousAuthCondition {
	conditions := make([]apiserverapi.AnonymousAuthCondition, 0, len(publicPaths))
	for _, public := range publicPaths {
		conditions = append(conditions, apiserverapi.AnonymousAuthCondition{Path: public})
	}
	return conditions
}

func newAuthorizer(index *membership.Index) (authorizer.Authorizer, error) {
	public, err := path.NewAuthorizer(publicPaths)
	if err != nil {
		return nil, fmt.Errorf("building the authorizer of public paths: %w", err)
	}
	joined, err := authorizerunion.New(
		authorizerunion.NamedAuthorizer{AuthorizerName: "privileged", Authorizer: authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup)},
		authorizerunion.NamedAuthorizer{AuthorizerName: "public-paths", Authorizer: public},
		authorizerunion.NamedAuthorizer{AuthorizerName: authz.Name, Authorizer: authz.NewRoleAuthorizer()},
		authorizerunion.NamedAuthorizer{AuthorizerName: authz.MembersName, Authorizer: authz.NewMemberAuthorizer(index)},
	)
	if err != nil {
		return nil, fmt.Errorf("joining the authorizers: %w", err)
	}
	return joined, nil
}
