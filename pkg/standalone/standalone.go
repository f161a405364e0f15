package standalone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"golang.org/x/sync/errgroup"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/inprocess"
	"github.com/kubenova/kubenova/pkg/membership"
)

// Standalone is a KubeNova in one process.
type Standalone struct {
	options   *Options
	files     files
	lock      *fileutil.LockedFile
	etcd      *etcdServer
	secure    net.Listener
	plain     net.Listener
	server    *apiserver.Server
	inProcess *inprocess.Server
	members   *membership.Index
	tokens    *authn.Tokens
}

// Start starts etcd and builds everything else. Whoever calls it then calls Run,
// which stops etcd as well.
func Start(ctx context.Context, options *Options) (_ *Standalone, err error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	s := &Standalone{options: options}
	if s.files, err = openFiles(options.DataDir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.lock, err = s.files.lock(); err != nil {
		return nil, err
	}
	if err := s.listen(ctx); err != nil {
		return nil, err
	}
	// Before etcd, whose data tells that this is not the first start.
	if err := ensureSecrets(s.files); err != nil {
		return nil, err
	}
	if s.etcd, err = startEtcd(ctx, s.files, options.UnsafeNoFsync); err != nil {
		return nil, err
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	return s, nil
}

// listen comes first: a port that is taken is told before anything is written.
func (s *Standalone) listen(ctx context.Context) (err error) {
	if s.plain, err = apiserver.ListenLoopback(ctx, s.options.HTTPAddress); err != nil {
		return err
	}
	s.secure, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.options.secureAddress())
	if err != nil {
		return fmt.Errorf("listening on %s: %w", s.options.secureAddress(), err)
	}
	return nil
}

func (s *Standalone) build() error {
	ca, err := openAuthority(s.files)
	if err != nil {
		return err
	}
	serving, err := ca.serving(s.files, s.options.BindAddress)
	if err != nil {
		return fmt.Errorf("making the serving certificate: %w", err)
	}
	var config *apiserver.Config
	if s.server, config, err = newServer(s.files, ca, serving, s.secure, s.options); err != nil {
		return err
	}
	s.inProcess, s.members, s.tokens = config.InProcess, config.Members, config.Tokens()
	return writeAdminKubeconfig(s.files, s.SecureURL(), ca)
}

// SecureURL is the URL of the native door: on loopback where it listens on every
// address, or else on the one address that it listens on.
func (s *Standalone) SecureURL() string {
	address := *s.secure.Addr().(*net.TCPAddr)
	if address.IP.IsUnspecified() {
		address.IP = net.IPv4(127, 0, 0, 1)
	}
	return "https://" + address.String()
}

// HTTPURL is the URL of the REST door on plain HTTP, without /api/v1.
func (s *Standalone) HTTPURL() string { return "http://" + s.plain.Addr().String() }

// AdminKubeconfig is the path of the administrator's kubeconfig for the native door.
func (s *Standalone) AdminKubeconfig() string { return s.files.adminKubeconfig() }

// ClientConfig returns a client configuration that calls the API server in process.
func (s *Standalone) ClientConfig(u user.Info) *rest.Config { return s.inProcess.ConfigFor(u) }

// Members knows the owners of tenants and the members of projects.
func (s *Standalone) Members() *membership.Index { return s.members }

// Tokens issues KubeNova tokens and knows which are good, while Run runs.
func (s *Standalone) Tokens() *authn.Tokens { return s.tokens }

// Run serves until ctx is done or a part fails. Then the controllers and the
// listeners stop first, the API server next and etcd last, so that whatever is
// still being written finds its store.
func (s *Standalone) Run(ctx context.Context) error {
	defer s.close()
	serverContext, stopServer := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServer()
	served := make(chan error, 1)
	clients, clientContext := errgroup.WithContext(ctx)
	go func() {
		served <- s.server.Generic.PrepareRun().RunWithContext(serverContext)
	}()
	clients.Go(func() error { return apiserver.ServeHTTP(clientContext, s.plain, s.restDoor()) })
	if s.options.RunControllers != nil {
		clients.Go(func() error { return s.runControllers(clientContext) })
	}
	clients.Go(func() error {
		select {
		case err := <-served:
			served <- err
			return errors.Join(errors.New("the API server ended"), err)
		case err := <-s.etcd.Err():
			return fmt.Errorf("etcd ended: %w", err)
		case <-clientContext.Done():
			return nil
		}
	})
	err := clients.Wait()
	stopServer()
	return errors.Join(err, <-served)
}

func (s *Standalone) restDoor() http.Handler {
	if s.options.Auth == AuthOn {
		return s.server.REST
	}
	return apiserver.RefuseWebPages(s.server.RESTWith(apiserver.Everyone()))
}

func (s *Standalone) runControllers(ctx context.Context) error {
	manager := &user.DefaultInfo{Name: "system:kubenova:controller-manager", Groups: []string{user.SystemPrivilegedGroup}}
	err := s.options.RunControllers(ctx, s.ClientConfig(manager))
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("running the controllers: %w", err)
	}
	return nil
}

func (s *Standalone) close() {
	for _, listener := range []net.Listener{s.plain, s.secure} {
		if listener == nil {
			continue
		}
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			klog.ErrorS(err, "Closing a listener")
		}
	}
	if s.etcd != nil {
		s.etcd.Close()
	}
	if s.lock != nil {
		if err := s.lock.Close(); err != nil {
			klog.ErrorS(err, "Giving up the lock on the data directory")
		}
	}
}
