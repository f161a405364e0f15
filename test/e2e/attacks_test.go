//go:build e2e

package e2e

import (
	"testing"

	"github.com/kubenova/kubenova/test/attack"
)

// TestAttacks runs the list of make attack.
func TestAttacks(t *testing.T) {
	open(t) // which says what is missing of the environment
	t.Parallel()
	platform, err := attack.Up()
	if err != nil {
		t.Fatal(err)
	}
	results, err := attack.Run(t.Context(), platform, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if len(results) < 150 {
		t.Errorf("only %d attacks were tried", len(results))
	}
	for _, r := range results {
		t.Run(r.Row(), func(t *testing.T) {
			if !r.Held() {
				t.Errorf("expected %s, seen %s", r.Expected, r.Seen)
			}
			t.Logf("%s in %s", r.Seen, r.Took)
		})
	}
}
