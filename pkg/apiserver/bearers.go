package apiserver

import (
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	tokenunion "k8s.io/apiserver/pkg/authentication/token/union"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"github.com/kubenova/kubenova/pkg/oidc"
)

// AddBearers has the server issue KubeNova tokens, as AddTokens does, and returns
// the authenticator of their bearers and of those of the JWT issuers that the
// AuthenticationConfiguration file at issuers names. Without a file there are none.
func (c *Config) AddBearers(period time.Duration, issuers string) (authenticator.Request, error) {
	tokens, err := c.AddTokens(period)
	if err != nil {
		return nil, err
	}
	if issuers == "" {
		return bearertoken.New(tokens), nil
	}
	if c.oidc, err = oidc.New(issuers, c.Generic.APIServerID); err != nil {
		c.tokens.close()
		return nil, err
	}
	return bearertoken.New(tokenunion.NewFailOnError(tokens, c.oidc)), nil
}

// issued says whether a token claims to be of an issuer that is configured here.
func (c *Config) issued(raw string) bool { return c.oidc != nil && c.oidc.Issued(raw) }

// followIssuers has the server follow its issuers while it runs.
func (c *Config) followIssuers(server *genericapiserver.GenericAPIServer) error {
	if c.oidc == nil {
		return nil
	}
	return server.AddPostStartHook("authentication-config", func(hook genericapiserver.PostStartHookContext) error {
		go c.oidc.Run(hook.Context)
		return nil
	})
}
