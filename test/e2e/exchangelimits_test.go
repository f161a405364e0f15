//go:build e2e

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"k8s.io/client-go/util/keyutil"
)

// TestWhatExchangedCredentialsCannotDo asks for a component and for a cleanup where
// the administrator's kubeconfig was exchanged: both say which right they lack and
// what to do, and that helps.
func TestWhatExchangedCredentialsCannotDo(t *testing.T) {
	p := open(t)
	server := p.startSecond(t)
	p.registerAgain(t, "limited", server.url, `,"exchangeCredentials":true`)
	p.exchanged(t, "limited")

	status, answer, err := p.tryREST("POST", "/clusters/limited/cleanup?dryRun=All", "")
	if err != nil || status != http.StatusServiceUnavailable {
		t.Fatalf("cleanup: %d %s %v", status, answer, err)
	}
	wantWords(t, string(answer), "list apiservices.apiregistration.k8s.io", "cluster-admin", "exchangeCredentials to false", "write a kubeconfig")

	p.rest(t, "POST", "/clusters/limited/bootstrap/app-delivery", "", 202, nil)
	p.installation(t, "limited", "InstallFailed", "forbidden", "kubenova-agent-", "definitions", "cluster-admin", "write a kubeconfig of an administrator", "exchanged")
	p.writeAdministrator(t, "limited", server)
	p.installation(t, "limited", "Adopted")
	p.exchanged(t, "limited")

	p.kubectl(t, "", "patch", "clusters.kubenova.io/limited", "--type=merge", "-p", `{"spec":{"exchangeCredentials":false}}`)
	p.writeAdministrator(t, "limited", server)
	p.rest(t, "POST", "/clusters/limited/cleanup?dryRun=All", "", 202, nil)
	p.kubectl(t, "", "patch", "clusters.kubenova.io/limited", "--type=merge", "-p", `{"spec":{"exchangeCredentials":true}}`)
	p.exchanged(t, "limited")
	p.renewed(t, "limited", server)
}

// exchanged waits until a cluster's stored credentials are those of its account.
func (p platform) exchanged(t *testing.T, cluster string) {
	t.Helper()
	eventually(t, "the credentials of "+cluster+" are exchanged", func() error {
		account := p.accountOf(t, cluster)
		if claims := p.storedClaims(t, cluster); claims.Subject != "system:serviceaccount:kubenova-system:"+account {
			return fmt.Errorf("the stored token is one of %q", claims.Subject)
		}
		if reason := p.clusterReason(t, cluster, "CredentialsExchanged"); reason != "Exchanged" {
			return errors.New(reason)
		}
		return nil
	})
}

// accountOf is the name of the ServiceAccount that is KubeNova's for a cluster.
func (p platform) accountOf(t *testing.T, cluster string) string {
	t.Helper()
	return "kubenova-agent-" + p.kubectl(t, "", "get", "clusters.kubenova.io", cluster, "-o", "jsonpath={.metadata.uid}")
}

// storedFile reads a cluster's stored kubeconfig, as a controller does.
func (p platform) storedFile(t *testing.T, cluster string) string {
	t.Helper()
	var stored struct{ Spec struct{ Kubeconfig []byte } }
	answer := p.kubectl(t, "", "get", "--raw", "/apis/kubenova.io/v1alpha1/clusters/"+cluster+"/kubeconfig")
	if err := json.Unmarshal([]byte(answer), &stored); err != nil {
		t.Fatal(err)
	}
	return string(stored.Spec.Kubeconfig)
}

// storedClaims reads the token that is stored for a cluster; empty if there is none.
func (p platform) storedClaims(t *testing.T, cluster string) (claims jwt.Claims) {
	t.Helper()
	_, token, _ := strings.Cut(p.storedFile(t, cluster), "token: ")
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return jwt.Claims{}
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(body, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func (p platform) writeAdministrator(t *testing.T, cluster string, server *second) {
	t.Helper()
	file, _ := p.administrator(t, server.url, "")
	p.rest(t, "PUT", "/clusters/"+cluster+"/kubeconfig", fmt.Sprintf(`{"kubeconfig":%q}`, file), 200, nil)
}

// installation waits for how the installation of app delivery ended.
func (p platform) installation(t *testing.T, cluster, reason string, words ...string) {
	t.Helper()
	eventually(t, "the installation has ended as "+reason, func() error {
		var got registered
		p.rest(t, "GET", "/clusters/"+cluster, "", 200, &got)
		for _, c := range got.Conditions {
			if c.Type == "AppDeliveryInstalled" && c.Reason == reason {
				wantWords(t, c.Message, words...)
				return nil
			}
		}
		return fmt.Errorf("conditions %+v", got.Conditions)
	})
}

func wantWords(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not said in: %s", word, text)
		}
	}
}

// renewed gives a cluster a token of its account that is near its end, and sees it
// replaced while requests go through: none fails.
func (p platform) renewed(t *testing.T, cluster string, server *second) {
	t.Helper()
	begin := time.Now()
	old := p.shortToken(t, cluster, server, begin.Add(-time.Hour), begin.Add(5*time.Minute))
	file, _ := p.administrator(t, server.url, old)
	p.rest(t, "PUT", "/clusters/"+cluster+"/kubeconfig", fmt.Sprintf(`{"kubeconfig":%q}`, file), 200, nil)
	asked, failures := p.askingMeanwhile(cluster, func() {
		eventually(t, "the token is renewed before it ends", func() error {
			claims := p.storedClaims(t, cluster)
			if claims.Expiry == nil || claims.Expiry.Time().Sub(begin) < time.Hour {
				return fmt.Errorf("the stored token ends at %v", claims.Expiry)
			}
			return nil
		})
		eventually(t, "the new token is in use", func() error {
			if reason := p.clusterReason(t, cluster, "CredentialsValid"); reason != "Accepted" {
				return errors.New(reason)
			}
			return nil
		})
	})
	if len(failures) > 0 || asked == 0 {
		t.Errorf("%d of %d requests failed while the token was renewed: %v", len(failures), asked, failures)
	}
	t.Logf("%d requests while the token was renewed", asked)
}

// askingMeanwhile asks a cluster through KubeNova again and again while something is done.
func (p platform) askingMeanwhile(cluster string, do func()) (asked int, failures []string) {
	stop := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for {
			code, answer, err := p.tryREST("GET", "/clusters/"+cluster+"/capabilities", "")
			asked++
			if err != nil || code != http.StatusOK {
				failures = append(failures, fmt.Sprintf("%d %s %v", code, answer, err))
			}
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	func() {
		defer asking.Wait()
		defer close(stop)
		do()
	}()
	return asked, failures
}

// shortToken is a token of the account of a cluster with times of one's choice: an
// API server issues none that is as short.
func (p platform) shortToken(t *testing.T, cluster string, server *second, from, until time.Time) string {
	t.Helper()
	data, err := os.ReadFile(server.flag(t, "service-account-signing-key-file"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := keyutil.ParsePrivateKeyPEM(data)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	account := p.accountOf(t, cluster)
	uid := p.kubectl(t, "", "get", "serviceaccount", account, "-n", "kubenova-system", "-o", "jsonpath={.metadata.uid}")
	issuer := server.flag(t, "service-account-issuer")
	token, err := jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: issuer, Audience: jwt.Audience{issuer}, Subject: "system:serviceaccount:kubenova-system:" + account,
		IssuedAt: jwt.NewNumericDate(from), NotBefore: jwt.NewNumericDate(from), Expiry: jwt.NewNumericDate(until),
	}).Claims(map[string]any{"kubernetes.io": map[string]any{
		"namespace": "kubenova-system", "serviceaccount": map[string]string{"name": account, "uid": uid},
	}}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}
