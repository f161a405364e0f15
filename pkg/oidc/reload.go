package oidc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/pkg/server/options/authenticationconfig/metrics"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
	"k8s.io/klog/v2"
)

const (
	// reread is how often the file is read. It is small, and reading it whole sees
	// every way in which files and ConfigMaps are replaced.
	reread = time.Second
	// patience is how long new issuers may take to answer before a change is put off.
	patience = 15 * time.Second
	// linger is for how long requests that are on their way are checked by an issuer
	// that is not configured any more.
	linger = time.Minute
)

func read(path string) ([]byte, []apiserver.JWTAuthenticator, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the authentication configuration: %w", err)
	}
	configs, err := parse(data)
	if err != nil {
		return data, nil, fmt.Errorf("the authentication configuration %s: %w", path, err)
	}
	return data, configs, nil
}

// Run asks the issuers for their keys, and follows the file until ctx is done. What
// was good before stays while a change is refused, or while a new issuer in it does
// not answer.
func (a *Authenticator) Run(ctx context.Context) {
	metrics.RegisterMetrics()
	metrics.RecordAuthenticationConfigLastConfigInfo(a.serverID, a.seen)
	configs := make([]apiserver.JWTAuthenticator, 0, len(*a.current.Load()))
	for _, configured := range *a.current.Load() {
		configs = append(configs, configured.config)
	}
	// Issuers that do not answer now are asked again and again; others are good at once.
	next, _, err := a.build(ctx, configs)
	if err != nil {
		a.fail(err)
	} else {
		a.current.Store(&next)
	}
	wait.UntilWithContext(ctx, a.reload, reread)
}

// reload takes over the file if it has changed.
func (a *Authenticator) reload(ctx context.Context) {
	data, err := os.ReadFile(a.path)
	if err != nil {
		a.fail(fmt.Errorf("reading the authentication configuration: %w", err))
		return
	}
	if string(data) == a.seen {
		a.problem = ""
		return
	}
	configs, err := parse(data)
	if err != nil {
		a.seen = string(data) // it gets no better by itself
		a.fail(fmt.Errorf("the authentication configuration %s: %w", a.path, err))
		return
	}
	if err := a.change(ctx, configs, data); err != nil {
		a.fail(err)
		return
	}
	a.seen, a.problem = string(data), ""
	klog.FromContext(ctx).Info("Took over the changed authentication configuration", "path", a.path, "issuers", len(configs))
	metrics.RecordAuthenticationConfigAutomaticReloadSuccess(a.serverID, a.seen)
}

// fail tells why the file is not used. What stays the same is told once.
func (a *Authenticator) fail(err error) {
	metrics.RecordAuthenticationConfigAutomaticReloadFailure(a.serverID)
	if a.problem != err.Error() {
		a.problem = err.Error()
		klog.ErrorS(err, "The authentication configuration is not used as it is now; the last good one stays")
	}
}

// change replaces the issuers once all new ones have answered.
func (a *Authenticator) change(ctx context.Context, configs []apiserver.JWTAuthenticator, data []byte) error {
	next, fresh, err := a.build(ctx, configs)
	if err == nil {
		err = a.await(ctx, fresh, data)
	}
	if err != nil {
		for _, each := range fresh {
			each.stop()
		}
		return err
	}
	for url, old := range *a.current.Swap(&next) {
		if next[url] != old {
			a.retire(url, old)
		}
	}
	return nil
}

// retire ends an issuer when the requests on their way have been checked.
func (a *Authenticator) retire(url string, old *issuer) {
	if old.stop == nil {
		return
	}
	time.AfterFunc(linger, func() {
		old.stop()
		if _, back := (*a.current.Load())[url]; !back {
			oidc.DeleteJWKSFetchMetrics(url, a.serverID)
		}
	})
}

// build returns the issuers of a configuration, and which of them are new. One that
// stays as it was keeps the keys it has: its provider may be away just now.
func (a *Authenticator) build(ctx context.Context, configs []apiserver.JWTAuthenticator) (issuers, fresh map[string]*issuer, err error) {
	current := *a.current.Load()
	issuers, fresh = map[string]*issuer{}, map[string]*issuer{}
	for _, config := range configs {
		url := config.Issuer.URL
		if old, ok := current[url]; ok && old.token != nil && reflect.DeepEqual(old.config, config) {
			issuers[url] = old
			continue
		}
		made, err := a.newIssuer(ctx, config)
		if err != nil {
			return nil, fresh, fmt.Errorf("the issuer %s: %w", url, err)
		}
		fresh[url] = made
	}
	maps.Copy(issuers, fresh)
	return issuers, fresh, nil
}

func (a *Authenticator) newIssuer(ctx context.Context, config apiserver.JWTAuthenticator) (*issuer, error) {
	options := oidc.Options{
		JWTAuthenticator: config, SupportedSigningAlgs: oidc.AllValidSigningAlgorithms(), APIServerID: a.serverID,
	}
	if config.Issuer.CertificateAuthority != "" {
		ca, err := dynamiccertificates.NewStaticCAContent("oidc-issuer", []byte(config.Issuer.CertificateAuthority))
		if err != nil {
			return nil, fmt.Errorf("reading its certificate authority: %w", err)
		}
		options.CAContentProvider = ca
	}
	ctx, stop := context.WithCancel(ctx)
	token, err := oidc.New(ctx, options)
	if err != nil {
		stop()
		return nil, err
	}
	return &issuer{config: config, token: token, stop: stop}, nil
}

// await returns when all issuers have answered, with an error when one does not or
// the file has changed once more.
func (a *Authenticator) await(ctx context.Context, issuers map[string]*issuer, data []byte) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(context.Context) (bool, error) {
		last = nil
		for _, each := range issuers {
			last = errors.Join(last, each.token.HealthCheck())
		}
		if now, err := os.ReadFile(a.path); err != nil || string(now) != string(data) {
			return false, errors.New("the file has changed once more")
		}
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("the changed authentication configuration %s is not used yet: %w", a.path, errors.Join(err, last))
	}
	return nil
}
