package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// The names of the processes.
const (
	etcd                  = "etcd"
	kubeAPIServer         = "kube-apiserver"
	kubeControllerManager = "kube-controller-manager"
	kubeScheduler         = "kube-scheduler"
	kwok                  = "kwok"
	capsule               = "capsule"
	velaCore              = "vela-core"
	kubenovaAPIServer     = "kubenova-apiserver"
	kubenovaControllers   = "kubenova-controller-manager"
)

// The stages of the stop: etcd goes last, since kube-apiserver does not end
// well without it.
const (
	stageEtcd = iota
	stageAPI
	stageClients
	stageControllers
)

func (c *cluster) etcd() command {
	client, peer := "http://"+loopback(c.ports.etcd), "http://"+loopback(c.ports.etcdPeer)
	return command{
		Name: etcd,
		Path: filepath.Join(c.bin, etcd),
		Args: []string{
			"--name=local",
			"--data-dir=" + c.layout.path("data", "etcd"),
			"--listen-client-urls=" + client,
			"--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer,
			"--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=local=" + peer,
			"--log-level=warn",
			// A killed process loses nothing by this; only a crash of the
			// machine would.
			"--unsafe-no-fsync",
		},
		Ready: client + "/health",
		Stage: stageEtcd,
	}
}

func (c *cluster) kubeAPIServer() command {
	l := c.layout
	cert, key := serving(l, kubeAPIServer)
	return command{
		Name: kubeAPIServer,
		Path: filepath.Join(c.bin, kubeAPIServer),
		Args: append([]string{
			"--etcd-servers=http://" + loopback(c.ports.etcd),
			"--bind-address=127.0.0.1",
			"--advertise-address=127.0.0.1",
			fmt.Sprintf("--secure-port=%d", c.ports.kubeAPIServer),
			// An endpoint on loopback is refused by the default reconciler.
			"--endpoint-reconciler-type=none",
			"--service-cluster-ip-range=10.0.0.0/16",
			"--authorization-mode=RBAC",
			"--tls-cert-file=" + cert,
			"--tls-private-key-file=" + key,
			"--client-ca-file=" + l.cert("ca"),
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + l.path("certs", "tokens.pub"),
			"--service-account-signing-key-file=" + l.key("tokens"),
			"--requestheader-client-ca-file=" + l.cert("front-proxy-ca"),
			"--requestheader-allowed-names=front-proxy-client",
			"--requestheader-username-headers=X-Remote-User",
			"--requestheader-group-headers=X-Remote-Group",
			"--requestheader-uid-headers=X-Remote-Uid",
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--proxy-client-cert-file=" + l.cert("front-proxy-client"),
			"--proxy-client-key-file=" + l.key("front-proxy-client"),
			"--enable-aggregator-routing=false",
			"--kubelet-certificate-authority=" + l.cert("ca"),
			"--kubelet-client-certificate=" + l.cert("kubelet-client"),
			"--kubelet-client-key=" + l.key("kubelet-client"),
			"--kubelet-preferred-address-types=InternalIP",
			"--profiling=false",
		}, c.auditArgs()...),
		Ready: "https://" + loopback(c.ports.kubeAPIServer) + "/readyz",
		Stage: stageAPI,
	}
}

func (c *cluster) kubeControllerManager() command {
	l := c.layout
	args := append(c.kubeComponentArgs(kubeControllerManager, c.ports.controllerManager),
		"--use-service-account-credentials=true",
		"--service-account-private-key-file="+l.key("tokens"),
		"--root-ca-file="+l.cert("ca"),
		"--kube-api-qps=200",
		"--kube-api-burst=400",
	)
	return command{
		Name:  kubeControllerManager,
		Path:  filepath.Join(c.bin, kubeControllerManager),
		Args:  args,
		Ready: "https://" + loopback(c.ports.controllerManager) + "/healthz",
		Stage: stageClients,
	}
}

func (c *cluster) kubeScheduler() command {
	return command{
		Name:  kubeScheduler,
		Path:  filepath.Join(c.bin, kubeScheduler),
		Args:  c.kubeComponentArgs(kubeScheduler, c.ports.scheduler),
		Ready: "https://" + loopback(c.ports.scheduler) + "/healthz",
		Stage: stageClients,
	}
}

func (c *cluster) kubeComponentArgs(name string, port int) []string {
	cert, key := serving(c.layout, name)
	kubeconfig := c.layout.kubeconfigOf(name)
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		"--tls-cert-file=" + cert,
		"--tls-private-key-file=" + key,
		"--leader-elect=false",
		"--profiling=false",
	}
}

// writeKubeconfigs creates the kubeconfigs that rest on client certificates.
func (c *cluster) writeKubeconfigs() error {
	users := []struct {
		file, user string
		groups     []string
	}{
		{c.layout.kubeconfig(), "kubenova-local-admin", []string{"system:masters"}},
		{c.layout.kubeconfigOf(kubeControllerManager), "system:kube-controller-manager", nil},
		{c.layout.kubeconfigOf(kubeScheduler), "system:kube-scheduler", nil},
		{c.layout.kubeconfigOf(kwok), "kwok", []string{"system:masters"}},
	}
	for _, u := range users {
		pair, err := c.pki.ca.client(u.user, u.groups...)
		if err != nil {
			return err
		}
		data, err := c.kubeconfigWithCert(pair)
		if err != nil {
			return err
		}
		if err := os.WriteFile(u.file, data, 0o600); err != nil {
			return fmt.Errorf("writing the kubeconfig of %s: %w", u.user, err)
		}
	}
	return nil
}
