//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

// waitForExpiry is the variable that asks to wait for the end of a kubeconfig, ten
// minutes or so: an API server issues none that ends sooner.
const waitForExpiry = "KUBENOVA_E2E_EXPIRY"

// TestKubeconfigsExpire compares what is said of a kubeconfig's end with its own
// token, and sees it end when KUBENOVA_E2E_EXPIRY is set.
func TestKubeconfigsExpire(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.makeSpaces(t, "expiry", "alice", "web")
	asked := time.Now()
	got := p.issue(t, "POST", "/tenants/expiry/kubeconfig", `{"role":"readOnly","project":"web","ttlSeconds":600}`)
	issued, ends := lifetime(t, got.path)
	// The API server looks at its clock once for each of the two.
	if off := ends.Sub(got.ExpiresAt); off < 0 || off > time.Second {
		t.Errorf("it is said to end at %s, and its token does at %s", got.ExpiresAt, ends)
	}
	if lasts := ends.Sub(issued); lasts != 600*time.Second || ends.After(asked.Add(630*time.Second)) {
		t.Errorf("the token lasts %s, until %s", lasts, ends)
	}
	grant := p.kubectl(t, "", "get", "accessgrants.kubenova.io", got.Grant, "-n", "kn-expiry", "-o", "jsonpath={.spec.expiresAt}")
	if grant != got.ExpiresAt.UTC().Format(time.RFC3339) {
		t.Errorf("the grant is said to end at %s, the kubeconfig at %s", grant, got.ExpiresAt)
	}
	list := []string{"get", "pods", "-n", "expiry--web"}
	got.may(t, p, true, list...)
	if os.Getenv(waitForExpiry) == "" {
		return
	}
	time.Sleep(time.Until(got.ExpiresAt.Add(-15 * time.Second)))
	got.may(t, p, true, list...)
	time.Sleep(time.Until(ends))
	// What it was good for is remembered for 10 s.
	got.ends(t, p, 15*time.Second, list...)
	eventually(t, "the grant goes with it", func() error {
		_, err := p.tryKubectl(t, "", "wait", "--for=delete", "accessgrants.kubenova.io/"+got.Grant, "-n", "kn-expiry", "--timeout=1s")
		return err
	})
}

// lifetime reads when the token of a kubeconfig was issued and when it ends.
func lifetime(t *testing.T, path string) (issued, ends time.Time) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(config.BearerToken, ".")
	if len(parts) != 3 {
		t.Fatal("the kubeconfig holds no JWT")
	}
	var claims struct{ IAT, EXP int64 }
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(raw, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(claims.IAT, 0), time.Unix(claims.EXP, 0)
}
