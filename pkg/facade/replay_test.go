package facade

import (
	"net/http"
	"testing"
)

// TestEveryPostCanBeReplayed finds POSTs whose repetition would have no answer.
func TestEveryPostCanBeReplayed(t *testing.T) {
	for _, r := range routes() {
		if r.method != http.MethodPost {
			continue
		}
		if _, read := reader(r.resource); read == nil && !r.mints {
			t.Errorf("POST %s: reader has nothing that reads an object of %s, and the route does not mint", r.path, r.resource)
		}
	}
}
