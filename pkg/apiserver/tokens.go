package apiserver

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/follow"
	"github.com/kubenova/kubenova/pkg/revocation"
	"github.com/kubenova/kubenova/pkg/signingkeys"
)

// tokens is all that KubeNova tokens need of the server.
type tokens struct {
	*authn.Tokens

	keys    *signingkeys.Keys
	revoked *revocation.List
	source  *follow.Store
}

// AddTokens has the server issue and accept KubeNova tokens. A key signs them for
// period, by default signingkeys.DefaultPeriod. Storage must be configured before.
func (c *Config) AddTokens(period time.Duration) (*authn.Tokens, error) {
	revoked := revocation.NewList()
	keys, err := signingkeys.New(c.Generic.RESTOptionsGetter, signingkeys.Config{Period: period, Epoch: revoked.Epoch, Clock: clock.RealClock{}})
	if err != nil {
		return nil, err
	}
	source, err := follow.NewStore(c.Generic.RESTOptionsGetter, v1alpha1.Resource("tokenrevocations"),
		func() runtime.Object { return &v1alpha1.TokenRevocation{} }, func() runtime.Object { return &v1alpha1.TokenRevocationList{} })
	if err != nil {
		keys.Close()
		return nil, err
	}
	c.tokens = &tokens{authn.NewTokens(keys, revoked, clock.RealClock{}), keys, revoked, source}
	return c.tokens.Tokens, nil
}

// Tokens are what AddTokens returned.
func (c *Config) Tokens() *authn.Tokens { return c.tokens.Tokens }

func (t *tokens) close() {
	t.keys.Close()
	t.source.Close()
}

// checks are the readiness checks of tokens.
func (t *tokens) checks() []healthz.HealthChecker {
	return []healthz.HealthChecker{
		healthz.NamedCheck("token-signing-keys", t.keys.Check),
		healthz.NamedCheck("token-revocations", t.revoked.Check),
	}
}

// follow has the server follow keys and revocations while it runs.
func (t *tokens) follow(server *genericapiserver.GenericAPIServer) error {
	hooks := map[string]func(context.Context){
		"token-signing-keys": t.keys.Run,
		"token-revocations":  func(ctx context.Context) { t.revoked.Run(ctx, t.source, t.keys.Wake) },
	}
	for name, run := range hooks {
		err := server.AddPostStartHook(name, func(hook genericapiserver.PostStartHookContext) error {
			go run(hook.Context)
			return nil
		})
		if err != nil {
			return fmt.Errorf("adding the hook %s: %w", name, err)
		}
	}
	return nil
}
