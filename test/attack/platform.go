package attack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Platform is what is attacked.
type Platform struct {
	// Base is the URL of the REST door without /api/v1.
	Base string
	// Token of an administrator there; without one, Admin issues it.
	Token string
	// Admin reaches the native door as administrator: through the host's kube-apiserver
	// where there is one.
	Admin *rest.Config
	// Direct is the URL of KubeNova's own HTTPS listener.
	Direct string
	// Etcd are the endpoints of the store.
	Etcd []string
	// Logs are files that must hold no secret: logs and audit.
	Logs []string
	// AuditLog is the audit log.
	AuditLog string
	// Home is the registered cluster on which tenants are made; empty when there is
	// none, as with a standalone KubeNova.
	Home string
}

// Up returns the platform of make up, from its environment: KUBECONFIG, BASE and
// KN_TOKEN.
func Up() (*Platform, error) {
	for _, name := range []string{"KUBECONFIG", "BASE", "KN_TOKEN"} {
		if os.Getenv(name) == "" {
			return nil, fmt.Errorf("%s is not set: source the env file of make up", name)
		}
	}
	return up(os.Getenv("KUBECONFIG"), os.Getenv("BASE"), os.Getenv("KN_TOKEN"))
}

// UpIn is Up for a platform in a folder, whose env file it reads.
func UpIn(dir string) (*Platform, error) {
	data, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil {
		return nil, fmt.Errorf("reading the environment of the platform: %w", err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		env[name] = strings.Trim(value, "'")
	}
	return up(env["KUBECONFIG"], env["BASE"], env["KN_TOKEN"])
}

func up(kubeconfig, base, token string) (*Platform, error) {
	admin, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", kubeconfig, err)
	}
	dir := filepath.Dir(kubeconfig)
	server, err := healthOf(dir, "kubenova-apiserver")
	if err != nil {
		return nil, err
	}
	etcd, err := healthOf(dir, "etcd")
	if err != nil {
		return nil, err
	}
	return &Platform{
		Base: base, Token: token, Admin: admin,
		Direct: "https://" + server.Host, Etcd: []string{etcd.Scheme + "://" + etcd.Host},
		Logs: []string{
			filepath.Join(dir, "logs", "kubenova-apiserver.log"), filepath.Join(dir, "logs", "kubenova-controller-manager.log"),
			filepath.Join(dir, "data", "kubenova-audit.log"),
		},
		AuditLog: filepath.Join(dir, "data", "kubenova-audit.log"),
		Home:     "local",
	}, nil
}

// healthOf is where a process of make up tells its health.
func healthOf(dir, process string) (*url.URL, error) {
	data, err := os.ReadFile(filepath.Join(dir, "pids", process+".json"))
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", process, err)
	}
	var record struct{ Ready string }
	if err := json.Unmarshal(data, &record); err != nil {
		return nil, fmt.Errorf("reading the record of %s: %w", process, err)
	}
	return url.Parse(record.Ready)
}

// Standalone returns a standalone KubeNova that runs with --auth=on in a data
// directory, whose REST door is at base and whose output goes to log.
func Standalone(dataDir, base, log string) (*Platform, error) {
	admin, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dataDir, "admin.kubeconfig"))
	if err != nil {
		return nil, fmt.Errorf("reading the administrator's kubeconfig: %w", err)
	}
	if !strings.HasPrefix(admin.Host, "https://") {
		return nil, errors.New("the native door is not on https")
	}
	audit := filepath.Join(dataDir, "audit.log")
	return &Platform{
		Base: base, Admin: admin, Direct: admin.Host,
		Etcd: []string{"unix://" + filepath.Join(dataDir, "etcd.sock")},
		Logs: []string{log, audit}, AuditLog: audit,
	}, nil
}
