package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestCheckKubeconfig has a server hand out a kubeconfig for itself.
func TestCheckKubeconfig(t *testing.T) {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/kubeconfig" {
			kubeconfig := `{"apiVersion":"v1","kind":"Config","current-context":"a","contexts":[{"name":"a","context":{"cluster":"a","user":"a"}}],` +
				`"clusters":[{"name":"a","cluster":{"server":"` + server.URL + `"}}],"users":[{"name":"a","user":{"token":"mine"}}]}`
			if err := json.NewEncoder(w).Encode(map[string]any{"kubeconfig": []byte(kubeconfig)}); err != nil {
				t.Error(err)
			}
			return
		}
		if r.URL.Path != "/pods" || r.Header.Get("Authorization") != "Bearer mine" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	s := openShell(t, options{base: server.URL})
	o := runIn(t, s, `curl -sS "$BASE/kubeconfig"`)
	now := time.Now()
	if err := checkKubeconfig(t.Context(), now, step{entry: entry{Kubeconfig: map[string]int{"/pods": 200, "/nodes": 403}}}, o); err != nil {
		t.Error(err)
	}
	err := checkKubeconfig(t.Context(), now, step{entry: entry{Kubeconfig: map[string]int{"/nodes": 200}}}, o)
	if err == nil || !strings.Contains(err.Error(), "GET /nodes is 403") {
		t.Errorf("too few rights: %v", err)
	}
	if err := checkKubeconfig(t.Context(), now, step{entry: entry{Kubeconfig: map[string]int{"/pods": 200}}}, runIn(t, s, "true")); err == nil {
		t.Error("an answer without a kubeconfig passes")
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
