package main

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestCheckKubeconfig has a server hand out a kubeconfig of a cluster.
func TestCheckKubeconfig(t *testing.T) {
	cluster := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/pods" || r.Header.Get("Authorization") != "Bearer mine" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(cluster.Close)
	kubeconfig, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "a",
		"contexts": []any{map[string]any{"name": "a", "context": map[string]any{"cluster": "a", "user": "a"}}},
		"users":    []any{map[string]any{"name": "a", "user": map[string]any{"token": "mine"}}},
		"clusters": []any{map[string]any{"name": "a", "cluster": map[string]any{
			"server":                     cluster.URL,
			"certificate-authority-data": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cluster.Certificate().Raw}),
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := json.NewEncoder(w).Encode(map[string]any{"kubeconfig": kubeconfig}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	s := openShell(t, options{base: server.URL})
	o := runIn(t, s, `curl -sS "$BASE/kubeconfig"`)
	now := time.Now()
	if err := checkKubeconfig(t.Context(), now, step{entry: entry{Kubeconfig: map[string]int{"/pods": 200, "/nodes": 403}}}, o); err != nil {
		t.Error(err)
	}
	err = checkKubeconfig(t.Context(), now, step{entry: entry{Kubeconfig: map[string]int{"/nodes": 200}}}, o)
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
