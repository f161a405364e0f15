package integration

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// busyAccount is the service account whose requests have few seats.
const busyAccount = "busy"

// someKubeconfig is of a cluster that is not there.
const someKubeconfig = `{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
	"clusters":[{"name":"c","cluster":{"server":"https://192.0.2.1:1"}}],"users":[{"name":"u","user":{"token":"x"}}]}`

// testFairness takes every seat of a priority level of the host, with requests
// that wait for a webhook, and asks for one more through both doors.
func testFairness(t *testing.T, p *Platform) {
	token := p.administratorAccount(t, busyAccount)
	level := p.fewSeats(t)
	hook := p.startSlowWebhook(t)
	native := p.DirectURL + "/apis/kubenova.io/v1alpha1/clusters"
	ask := func(url string) reply { return request(t, http.MethodGet, url, token, "") }
	deadline := time.Now().Add(startTimeout)
	for ask(native).header.Get("X-Kubernetes-Pf-Prioritylevel-Uid") != level {
		if time.Now().After(deadline) {
			t.Fatal("the priority level does not take effect")
		}
		time.Sleep(100 * time.Millisecond)
	}
	seats, ended := hook.takeAll(t, native+"?dryRun=All", token)
	t.Logf("the priority level has %d seats", seats)

	busy := ask(native)
	var status metav1.Status
	if err := json.Unmarshal(busy.body, &status); err != nil || busy.status != http.StatusTooManyRequests || status.Reason != metav1.StatusReasonTooManyRequests {
		t.Errorf("natively: %d %s, want a Status with TooManyRequests", busy.status, busy.body)
	}
	if seconds := busy.retryAfter(t); status.Details == nil || int(status.Details.RetryAfterSeconds) != seconds {
		t.Errorf("natively: Retry-After %d, the details are %+v", seconds, status.Details)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		began := time.Now()
		busy = request(t, method, p.RESTURL+"/api/v1/clusters", token, `{"name":"more","kubeconfig":"`+base64.StdEncoding.EncodeToString([]byte(someKubeconfig))+`"}`)
		var problem struct{ Code, Message string }
		if err := json.Unmarshal(busy.body, &problem); err != nil || busy.status != http.StatusTooManyRequests || problem.Code != "KN-429" || problem.Message == "" {
			t.Errorf("%s through REST: %d %s, want KN-429", method, busy.status, busy.body)
		}
		busy.retryAfter(t)
		if waited := time.Since(began); waited > 5*time.Second {
			t.Errorf("%s through REST was refused after %s", method, waited)
		}
	}
	close(hook.letGo)
	for range seats {
		if held := <-ended; held.status != http.StatusCreated {
			t.Errorf("a request that had a seat ends with %d %s", held.status, held.body)
		}
	}
	for _, url := range []string{native, p.RESTURL + "/api/v1/clusters"} {
		if again := ask(url); again.status != http.StatusOK {
			t.Errorf("with seats free %s answers %d %s", url, again.status, again.body)
		}
	}
}

// administratorAccount makes a service account that may do everything, and returns a token of it.
func (p *Platform) administratorAccount(t *testing.T, name string) string {
	t.Helper()
	accounts := p.Kube.CoreV1().ServiceAccounts(systemNamespace)
	must(accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}))(t)
	must(p.Kube.RbacV1().ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: systemNamespace, Name: name}},
	}, metav1.CreateOptions{}))(t)
	return must(accounts.CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{}))(t).Status.Token
}

// fewSeats gives the busy account a priority level of its own, and returns its uid.
func (p *Platform) fewSeats(t *testing.T) string {
	t.Helper()
	api := p.Kube.FlowcontrolV1()
	level := must(api.PriorityLevelConfigurations().Create(t.Context(), &flowcontrolv1.PriorityLevelConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "few-seats"},
		Spec: flowcontrolv1.PriorityLevelConfigurationSpec{
			Type: flowcontrolv1.PriorityLevelEnablementLimited,
			Limited: &flowcontrolv1.LimitedPriorityLevelConfiguration{
				NominalConcurrencyShares: ptr.To[int32](1), LendablePercent: ptr.To[int32](0), BorrowingLimitPercent: ptr.To[int32](0),
				LimitResponse: flowcontrolv1.LimitResponse{Type: flowcontrolv1.LimitResponseTypeReject},
			},
		},
	}, metav1.CreateOptions{}))(t)
	must(api.FlowSchemas().Create(t.Context(), &flowcontrolv1.FlowSchema{
		ObjectMeta: metav1.ObjectMeta{Name: "few-seats"},
		Spec: flowcontrolv1.FlowSchemaSpec{
			PriorityLevelConfiguration: flowcontrolv1.PriorityLevelConfigurationReference{Name: level.Name}, MatchingPrecedence: 50,
			Rules: []flowcontrolv1.PolicyRulesWithSubjects{{
				Subjects: []flowcontrolv1.Subject{{
					Kind: flowcontrolv1.SubjectKindServiceAccount, ServiceAccount: &flowcontrolv1.ServiceAccountSubject{Namespace: systemNamespace, Name: busyAccount},
				}},
				ResourceRules: []flowcontrolv1.ResourcePolicyRule{{
					Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}, ClusterScope: true, Namespaces: []string{"*"},
				}},
			}},
		},
	}, metav1.CreateOptions{}))(t)
	return string(level.UID)
}

// slowWebhook admits what it is asked about when it is let go.
type slowWebhook struct{ entered, letGo chan struct{} }

// startSlowWebhook has the host's policies ask a slow webhook about the clusters
// that are called busy-something.
func (p *Platform) startSlowWebhook(t *testing.T) *slowWebhook {
	t.Helper()
	hook := &slowWebhook{entered: make(chan struct{}), letGo: make(chan struct{})}
	server := httptest.NewTLSServer(hook)
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	none, fail := admissionregistrationv1.SideEffectClassNone, admissionregistrationv1.Fail
	must(p.Kube.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(), &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "slow"},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "slow.example.com", SideEffects: &none, FailurePolicy: &fail, TimeoutSeconds: ptr.To[int32](30), AdmissionReviewVersions: []string{"v1"},
			ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &server.URL, CABundle: ca},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{v1alpha1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"clusters"}},
			}},
			MatchConditions: []admissionregistrationv1.MatchCondition{{Name: "busy", Expression: "object.metadata.name.startsWith('busy-')"}},
		}},
	}, metav1.CreateOptions{}))(t)
	return hook
}

func (h *slowWebhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.entered <- struct{}{}
	<-h.letGo
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) // who does not hear it fails the test
}

// takeAll makes clusters until one finds no seat, and returns how many wait for
// the webhook, and where they end.
func (h *slowWebhook) takeAll(t *testing.T, url, token string) (seats int, ended chan reply) {
	t.Helper()
	const most = 50
	ended = make(chan reply, most)
	for seats < most {
		body := fmt.Sprintf(`{"apiVersion":"kubenova.io/v1alpha1","kind":"Cluster","metadata":{"name":"busy-%d"}}`, seats)
		go func() { ended <- request(t, http.MethodPost, url, token, body) }()
		select {
		case <-h.entered:
			seats++
		case refused := <-ended:
			if refused.status == http.StatusTooManyRequests && seats > 0 {
				return seats, ended
			}
			t.Fatalf("with %d seats taken: %d %s", seats, refused.status, refused.body)
		case <-time.After(time.Minute):
			t.Fatal("a request neither finds a seat nor is refused")
		}
	}
	t.Fatalf("%d seats are taken, and there are more", seats)
	return 0, nil
}

// reply is an answer of either door.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// retryAfter returns when to come again, in seconds.
func (r reply) retryAfter(t *testing.T) int {
	t.Helper()
	seconds, err := strconv.Atoi(r.header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		t.Errorf("%d with Retry-After %q", r.status, r.header.Get("Retry-After"))
	}
	return seconds
}

// request asks either door, past the aggregator. It may run beside the test.
func request(t *testing.T, method, url, token, body string) reply {
	if method == http.MethodGet {
		body = ""
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return reply{}
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	response, err := insecureClient().Do(r)
	if err != nil {
		t.Error(err)
		return reply{}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return reply{response.StatusCode, response.Header, answer}
}
