package standalone

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"

	"go.etcd.io/etcd/server/v3/embed"
)

const (
	// maxSocketPath is what a Unix socket's address can hold.
	maxSocketPath = 107
	// etcdQuotaBytes is the largest database; beyond it etcd takes no more writes.
	etcdQuotaBytes = 8 << 30
	// etcdTick and etcdElection, in milliseconds, are short because a single
	// member only ever waits for itself.
	etcdTick, etcdElection = 20, 200
)

// startEtcd starts an etcd of one member. It listens on Unix sockets within the
// data directory, which only its owner can open.
func startEtcd(ctx context.Context, f files, unsafeNoFsync bool) (*etcdServer, error) {
	for _, socket := range []string{f.etcdSocket(), f.etcdPeerSocket()} {
		if len(socket) > maxSocketPath {
			return nil, fmt.Errorf("the data directory %s has too long a path for a socket in it: %d characters, at most %d",
				f.dir, len(socket), maxSocketPath)
		}
		// A process that was killed leaves its sockets behind; etcd's own lock on
		// the database keeps a second one out.
		if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
			return nil, fmt.Errorf("removing an old socket: %w", err)
		}
	}
	config := etcdConfig(f, unsafeNoFsync)
	closing := &atomic.Bool{}
	logger, err := etcdLogger(closing)
	if err != nil {
		return nil, fmt.Errorf("building the logger of etcd: %w", err)
	}
	config.ZapLoggerBuilder = embed.NewZapLoggerBuilder(logger)
	embedded, err := embed.StartEtcd(config)
	if err != nil {
		return nil, fmt.Errorf("starting etcd in %s: %w", f.etcd(), err)
	}
	etcd := &etcdServer{Etcd: embedded, closing: closing}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		etcd.Close()
		return nil, fmt.Errorf("starting etcd: %w", err)
	case <-ctx.Done():
		etcd.Close()
		return nil, fmt.Errorf("starting etcd: %w", ctx.Err())
	}
}

func etcdConfig(f files, unsafeNoFsync bool) *embed.Config {
	client := url.URL{Scheme: "unix", Path: f.etcdSocket()}
	peer := url.URL{Scheme: "unix", Path: f.etcdPeerSocket()}
	config := embed.NewConfig()
	config.Name = "kubenova"
	config.Dir = f.etcd()
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	// etcd takes a peer socket's path from the host; without one it would listen
	// on a socket without a file, which every user of the machine can open.
	config.ListenPeerUrls = []url.URL{{Scheme: "unix", Host: f.etcdPeerSocket()}}
	config.AdvertisePeerUrls = []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.QuotaBackendBytes = etcdQuotaBytes
	config.TickMs, config.ElectionMs = etcdTick, etcdElection
	config.UnsafeNoFsync = unsafeNoFsync
	return config
}

// Places are what the commands that work on a data directory beside its server need:
// the encryption configuration, the address of etcd and the admin kubeconfig.
func Places(dataDir string) (encryptionConfig, etcd, kubeconfig string) {
	f := files{dataDir}
	return f.encryptionConfig(), etcdEndpoint(f), f.adminKubeconfig()
}

func etcdEndpoint(f files) string { return "unix://" + f.etcdSocket() }
