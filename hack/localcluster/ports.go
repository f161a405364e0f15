package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports come from below the range that the kernel hands to outgoing
// connections: a process that is killed finds its own port free again.
const firstPort, lastPort = 20000, 29999

// freePorts picks n different ports that nothing listens on.
func freePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	seen := map[int]bool{}
	for range 200 * n {
		if len(ports) == n {
			return ports, nil
		}
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if seen[port] || !portIsFree(port) {
			continue
		}
		seen[port] = true
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("found %d free ports of %d between %d and %d", len(ports), n, firstPort, lastPort)
}

// portIsFree tries all addresses, since some of the processes cannot be told
// to listen on loopback alone.
func portIsFree(port int) bool {
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// ports are the ports of one cluster.
type ports struct {
	etcd, etcdPeer               int
	kubeAPIServer                int
	controllerManager            int
	scheduler                    int
	kwok                         int
	capsuleWebhook               int
	capsuleMetrics               int
	velaWebhook                  int
	velaMetrics, velaHealth      int
	kubenova, kubenovaHTTP       int
	kubenovaControllersHealth    int
	kubenovaControllersProfiling int
}

func allocatePorts() (ports, error) {
	var p ports
	fields := []*int{
		&p.etcd, &p.etcdPeer, &p.kubeAPIServer, &p.controllerManager, &p.scheduler, &p.kwok,
		&p.capsuleWebhook, &p.capsuleMetrics, &p.velaWebhook, &p.velaMetrics, &p.velaHealth,
		&p.kubenova, &p.kubenovaHTTP, &p.kubenovaControllersHealth, &p.kubenovaControllersProfiling,
	}
	free, err := freePorts(len(fields))
	if err != nil {
		return ports{}, fmt.Errorf("choosing ports: %w", err)
	}
	for i, field := range fields {
		*field = free[i]
	}
	return p, nil
}

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
