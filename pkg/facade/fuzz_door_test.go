package facade_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// FuzzPathsAndCursors asks a real server for paths and pages.
func FuzzPathsAndCursors(f *testing.F) {
	server := testserver.Start(f)
	door := beforeWith(server, nil, server.IdempotencyKeys(f, claimLifetime))
	for _, path := range []string{"clusters/none", "clusters/%00/tenants", "clusters/a/tenants/b/projects/c/apps/d:deploy", "tenants/x/usage", "clusters/A/../b", "clusters/a:b", "catalog/x"} {
		f.Add(path, "nonsense")
	}
	f.Add("clusters", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiYSJ9")
	f.Fuzz(func(t *testing.T, path, cursor string) {
		for _, target := range []string{"/api/v1/" + path, "/api/v1/clusters?limit=1&cursor=" + url.QueryEscape(cursor)} {
			parsed, err := url.ParseRequestURI(target)
			if err != nil || strings.ContainsAny(target, "\r\n") {
				continue
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.URL = parsed
			w := httptest.NewRecorder()
			door.handler.ServeHTTP(w, r.WithContext(request.WithUser(t.Context(), door.caller)))
			if w.Code >= 500 && w.Code != http.StatusServiceUnavailable || w.Code >= 300 && w.Code < 400 {
				t.Errorf("GET %s: %d %s", target, w.Code, w.Body)
			}
			facade.CheckAnswer(t, r, nil, w.Code, w.Header(), w.Body.Bytes())
		}
	})
}
