package targetrbac

import (
	"flag"
	"os"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the rules into docs/clusters.md")

// TestOwnRulesAreDocumented compares docs/clusters.md with the rules; -update writes it.
func TestOwnRulesAreDocumented(t *testing.T) {
	const page, begin, end = "../../docs/clusters.md", "```yaml\n", "```"
	role := rbacv1.ClusterRole{Rules: OwnRules()}
	role.APIVersion, role.Kind, role.Name = "rbac.authorization.k8s.io/v1", "ClusterRole", OwnClusterRole
	encoded, err := yaml.Marshal(role)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	documented, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("docs/clusters.md has no YAML")
	}
	if documented == string(encoded) {
		return
	}
	if !*update {
		t.Fatalf("docs/clusters.md does not hold the rules; run this test with -update. It should hold:\n%s", encoded)
	}
	if err := os.WriteFile(page, []byte(before+begin+string(encoded)+end+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
