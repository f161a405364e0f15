//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// registered is what the REST door tells of a cluster.
type registered struct {
	KubernetesVersion   string
	LastSeenAt          time.Time
	CredentialsExpireAt time.Time
	Conditions          []struct{ Type, Status, Reason, Message string }
}

// wantStates checks conditions of a cluster.
func (p platform) wantStates(t *testing.T, cluster string, want map[string]string) (registered, error) {
	t.Helper()
	var got registered
	p.rest(t, "GET", "/clusters/"+cluster, "", 200, &got)
	states := map[string]string{}
	for _, c := range got.Conditions {
		states[c.Type] = c.Status
	}
	for kind, status := range want {
		if states[kind] != status {
			return got, fmt.Errorf("%s is %q, want %s: %+v", kind, states[kind], status, got.Conditions)
		}
	}
	return got, nil
}

var (
	healthy = map[string]string{"Connected": "True", "CredentialsValid": "True", "TenancyReady": "True", "AppDeliveryReady": "True", "ProxyReady": "False"}
	away    = map[string]string{"Connected": "False", "CredentialsValid": "Unknown", "TenancyReady": "Unknown", "AppDeliveryReady": "Unknown", "ProxyReady": "Unknown"}
)

// TestClusters has a second and a third API server as clusters: their health, one
// that is killed and comes back, new credentials without a gap, and the removal of
// each.
func TestClusters(t *testing.T) {
	p := open(t)
	second, third := p.newSecond(t, "two"), p.newSecond(t, "three")
	for _, name := range []string{"two", "three"} {
		eventually(t, name+" is healthy", func() error {
			got, err := p.wantStates(t, name, healthy)
			if err == nil && (got.KubernetesVersion == "" || time.Since(got.LastSeenAt) > time.Minute) {
				err = fmt.Errorf("seen as %+v", got)
			}
			return err
		})
	}
	p.makeTenantOn(t, "two", "twins")
	p.makeTenantOn(t, "three", "triplets")

	second.kill(t)
	eventually(t, "the loss of a cluster is told", func() error { _, err := p.wantStates(t, "two", away); return err })
	if _, err := p.wantStates(t, "three", healthy); err != nil {
		t.Errorf("with another one dead: %v", err)
	}
	second.start(t)
	back := time.Now()
	eventually(t, "it is healthy again", func() error { _, err := p.wantStates(t, "two", healthy); return err })
	if took := time.Since(back); took > 15*time.Second {
		t.Errorf("it took %s to find a cluster that is back", took)
	}
	p.rotates(t, third)

	// Removal: refused with tenants, along with them, and of a dead one without them.
	p.rest(t, "DELETE", "/clusters/three", "", 409, nil)
	p.rest(t, "DELETE", "/clusters/three?cascade=delete", "", 204, nil)
	p.gone(t, "/clusters/three")
	eventually(t, "nothing is left of its tenant", func() error { return p.nothingLeft(t, "triplets") })
	second.kill(t)
	p.rest(t, "DELETE", "/clusters/two", "", 409, nil)
	p.rest(t, "DELETE", "/clusters/two?cascade=orphan", "", 204, nil)
	p.gone(t, "/clusters/two")
	if output := p.kubectl(t, "", "get", "tenants.capsule.clastix.io", "twins", "-o", "name"); !strings.Contains(output, "twins") {
		t.Errorf("a tenant that was let go of has gone: %s", output)
	}
	// Nobody deletes what was let go of but who let it go.
	p.kubectl(t, "", "delete", "tenants.capsule.clastix.io", "twins", "--timeout=60s")
	p.kubectl(t, "", "delete", "tenantowners.capsule.clastix.io", "-l", "kubenova.tenant=twins", "--timeout=60s")
}

func (p platform) makeTenantOn(t *testing.T, cluster, name string) {
	t.Helper()
	p.rest(t, "POST", "/clusters/"+cluster+"/tenants", fmt.Sprintf(`{"name":%q,"owners":["olga"]}`, name), 200, nil)
	p.kubectl(t, "", "wait", "--for=condition=Ready", "tenants.kubenova.io/"+name, "--timeout=60s")
}

func (p platform) gone(t *testing.T, path string) {
	t.Helper()
	eventually(t, path+" is gone", func() error {
		if code, answer, err := p.tryREST("GET", path, ""); err != nil || code != http.StatusNotFound {
			return fmt.Errorf("%d %s %w", code, answer, err)
		}
		return nil
	})
}

// rotates writes new credentials again and again while requests go through to the
// cluster: none fails. In the end the former ones are of no use to it.
func (p platform) rotates(t *testing.T, server *second) {
	t.Helper()
	stop := make(chan struct{})
	var asking sync.WaitGroup
	var mu sync.Mutex
	asked, failures := 0, []string{}
	for range 4 {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				code, answer, err := p.tryREST("GET", "/clusters/three/capabilities", "")
				var live struct{ Tenancy, Vela bool }
				decoded := json.Unmarshal(answer, &live)
				mu.Lock()
				asked++
				if err != nil || code != http.StatusOK || decoded != nil || !live.Tenancy || !live.Vela {
					failures = append(failures, fmt.Sprintf("%d %s %v", code, answer, err))
				}
				mu.Unlock()
			}
		})
	}
	for range 5 {
		token := strings.TrimSpace(p.kubectl(t, "", "create", "token", "kubenova", "-n", "kubenova-target", "--duration=1h"))
		file, _ := p.administrator(t, server.url, token)
		p.rest(t, "PUT", "/clusters/three/kubeconfig", fmt.Sprintf(`{"kubeconfig":%q}`, file), 200, nil)
		time.Sleep(500 * time.Millisecond)
	}
	close(stop)
	asking.Wait()
	if len(failures) > 0 || asked < 50 {
		t.Errorf("%d of %d requests failed while credentials were replaced: %v", len(failures), asked, failures)
	}
	t.Logf("%d requests while credentials were replaced 5 times", asked)
	eventually(t, "the end of the new token is told", func() error {
		got, err := p.wantStates(t, "three", healthy)
		if left := time.Until(got.CredentialsExpireAt); err == nil && (left < 50*time.Minute || left > time.Hour) {
			err = fmt.Errorf("the credentials are said to expire at %s", got.CredentialsExpireAt)
		}
		return err
	})
}
