// Package oidc authenticates the users of OpenID Connect providers by Kubernetes'
// AuthenticationConfiguration file, which is read again when it changes.
package oidc

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authn"
)

// parse reads an AuthenticationConfiguration, and refuses one by which somebody
// could become what only KubeNova or Kubernetes makes of callers.
func parse(data []byte) ([]apiserver.JWTAuthenticator, error) {
	if len(data) == 0 {
		return nil, errors.New("it is empty")
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	object, err := runtime.Decode(serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder(), data)
	if err != nil {
		return nil, err
	}
	config, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok {
		return nil, fmt.Errorf("it is a %T and not an AuthenticationConfiguration", object)
	}
	errs := validation.ValidateAuthenticationConfiguration(authenticationcel.NewDefaultCompiler(), config, []string{authn.Issuer})
	return config.JWT, append(errs, checkOwn(config)...).ToAggregate()
}

// checkOwn returns what Kubernetes allows in a configuration, and KubeNova does not.
func checkOwn(config *apiserver.AuthenticationConfiguration) field.ErrorList {
	var errs field.ErrorList
	if config.Anonymous != nil {
		errs = append(errs, field.Forbidden(field.NewPath("anonymous"), "what callers without credentials may do is not configured"))
	}
	for i := range config.JWT {
		path := field.NewPath("jwt").Index(i)
		if config.JWT[i].Issuer.EgressSelectorType != "" {
			errs = append(errs, field.Forbidden(path.Child("issuer", "egressSelectorType"), "there are no egress selectors here"))
		}
		errs = append(errs, checkMappings(&config.JWT[i].ClaimMappings, path.Child("claimMappings"))...)
	}
	return errs
}

// checkMappings refuses mappings of which it is plain that they yield reserved names.
func checkMappings(mappings *apiserver.ClaimMappings, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	check := func(name string, mapping apiserver.PrefixedClaimOrExpression) {
		if mapping.Prefix != nil && authn.CheckName(*mapping.Prefix) != nil {
			errs = append(errs, field.Invalid(path.Child(name, "prefix"), *mapping.Prefix, authn.CheckName(*mapping.Prefix).Error()))
		}
		for _, literal := range beginnings(mapping.Expression) {
			if err := authn.CheckName(literal); err != nil {
				errs = append(errs, field.Invalid(path.Child(name, "expression"), mapping.Expression, err.Error()))
			}
		}
	}
	check("username", mappings.Username)
	check("groups", mappings.Groups)
	for i, extra := range mappings.Extra {
		domain, _, _ := strings.Cut(extra.Key, "/")
		if domain == v1alpha1.GroupName || strings.HasSuffix(domain, "."+v1alpha1.GroupName) {
			errs = append(errs, field.Invalid(path.Child("extra").Index(i).Child("key"), extra.Key, v1alpha1.GroupName+" and its subdomains are reserved for KubeNova"))
		}
	}
	return errs
}
