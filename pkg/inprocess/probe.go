package inprocess

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"k8s.io/apiserver/pkg/authentication/user"
)

// Probe asks a health path of the server and returns the HTTP status.
func (s *Server) Probe(ctx context.Context, path string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, host+path, nil)
	if err != nil {
		return 0, fmt.Errorf("building a request for %s: %w", path, err)
	}
	prober := &user.DefaultInfo{Name: "system:kubenova:prober", Groups: []string{user.SystemPrivilegedGroup}}
	response, err := (&transport{server: s, user: prober}).RoundTrip(req)
	if err != nil {
		return 0, fmt.Errorf("asking %s: %w", path, err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, fmt.Errorf("reading the answer of %s: %w", path, err)
	}
	return response.StatusCode, nil
}
