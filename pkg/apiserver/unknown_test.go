package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/membership"
)

// TestUnknownRightsAreUnavailable asks with an authorizer that fails, through the real
// filter of authorization.
func TestUnknownRightsAreUnavailable(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"behind":        {fmt.Errorf("%w: known up to 7", membership.ErrBehind), http.StatusServiceUnavailable},
		"host away":     {fmt.Errorf("%w: Post https://10.1.2.3: refused", authz.ErrHostAway), http.StatusServiceUnavailable},
		"another error": {errors.New("broken"), http.StatusInternalServerError},
		"refused":       {nil, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			fails := authorizer.AuthorizerFunc(func(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
				return authorizer.DecisionNoOpinion, "", c.err
			})
			codecs := serializer.NewCodecFactory(runtime.NewScheme())
			chain := filters.WithAuthorization(http.NotFoundHandler(), noteUnknownRights(fails), codecs)
			server := httptest.NewServer(answerUnknown(asAnn(chain)))
			defer server.Close()
			response, err := http.Get(server.URL + "/apis/kubenova.io/v1alpha1/tenants/acme")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != c.want {
				t.Errorf("%d %s (%v)", response.StatusCode, body, err)
			}
			if unknown := c.want == http.StatusServiceUnavailable; (response.Header.Get("Retry-After") == "1") != unknown {
				t.Errorf("Retry-After is %q", response.Header.Get("Retry-After"))
			}
			if strings.Contains(string(body), "10.1.2.3") {
				t.Errorf("the answer tells an address: %s", body)
			}
			if c.want == http.StatusServiceUnavailable {
				wantUnavailable(t, server.URL)
			}
		})
	}
}

// TestUnknownCallersAreUnavailable asks with a token that the host cluster cannot be
// asked about, and with one that it does not accept, at both doors.
func TestUnknownCallersAreUnavailable(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"host away":    {&url.Error{Op: "Post", URL: "https://10.1.2.3", Err: errors.New("refused")}, http.StatusServiceUnavailable},
		"host fails":   {apierrors.NewInternalError(errors.New("from 10.1.2.3")), http.StatusServiceUnavailable},
		"host hangs":   {context.DeadlineExceeded, http.StatusServiceUnavailable},
		"not accepted": {errors.New("the token is expired"), http.StatusUnauthorized},
		"not known":    {nil, http.StatusUnauthorized},
	} {
		host := authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) { return nil, false, c.err })
		asked := noteUnknownCallers(union.New(authn.OrAway(host)))
		refused := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
		with := func(failed http.Handler) http.Handler {
			return filters.WithAuthentication(http.NotFoundHandler(), asked, failed, nil, nil)
		}
		for door, handler := range map[string]http.Handler{
			"native": answerUnknown(with(refused)), "REST": notingUnknown(with(refuseUnknown(refused))),
		} {
			t.Run(name+" "+door, func(t *testing.T) {
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
				unknown := c.want == http.StatusServiceUnavailable
				if answer.Code != c.want || (answer.Header().Get("Retry-After") == "1") != unknown || strings.Contains(answer.Body.String(), "10.1.2.3") {
					t.Errorf("%d %v %s", answer.Code, answer.Header(), answer.Body)
				}
			})
		}
	}
}

// wantUnavailable has client-go read the answer.
func wantUnavailable(t *testing.T, url string) {
	t.Helper()
	config := rest.Config{Host: url, Transport: withoutRetries{}}
	client, err := versioned.NewForConfig(&config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.KubenovaV1alpha1().Tenants().Get(t.Context(), "acme", metav1.GetOptions{})
	if seconds, again := apierrors.SuggestsClientDelay(err); !apierrors.IsServiceUnavailable(err) || !again || seconds != 1 {
		t.Errorf("client-go reads %v, %d %v", err, seconds, again)
	}
}

// withoutRetries keeps client-go from doing what it is told, for the test's sake.
type withoutRetries struct{}

func (withoutRetries) RoundTrip(req *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(req)
	if err == nil {
		response.Header.Del("Retry-After")
	}
	return response, err
}

func asAnn(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx := request.WithUser(req.Context(), &user.DefaultInfo{Name: "ann"})
		ctx = request.WithRequestInfo(ctx, &request.RequestInfo{
			IsResourceRequest: true, Verb: "get", APIGroup: v1alpha1.GroupName, APIVersion: "v1alpha1", Resource: "tenants", Name: "acme", Path: req.URL.Path,
		})
		handler.ServeHTTP(w, req.WithContext(ctx))
	})
}
