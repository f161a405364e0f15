package targetrbac

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// table shows the rules as the lines of a table: a resource, and what each role
// may do with it. docs/access.md has it.
func table() []string {
	verbs := map[string]map[v1alpha1.MemberRole][]string{}
	for _, role := range Roles() {
		for _, r := range rulesOf(role) {
			for _, resource := range r.resources {
				name := resource + "." + cmp.Or(r.group, "core")
				if verbs[name] == nil {
					verbs[name] = map[v1alpha1.MemberRole][]string{}
				}
				verbs[name][role] = append(verbs[name][role], r.verbs...)
			}
		}
	}
	out := make([]string, 0, len(verbs))
	for _, name := range slices.Sorted(maps.Keys(verbs)) {
		cells := []string{name}
		for _, role := range []v1alpha1.MemberRole{v1alpha1.RoleReadOnly, v1alpha1.RoleProjectDev, v1alpha1.RoleTenantOwner} {
			cells = append(cells, words(verbs[name][role]))
		}
		out = append(out, "| "+strings.Join(cells, " | ")+" |")
	}
	return out
}

// words shortens what is long.
func words(verbs []string) string {
	text := strings.Join(verbs, ", ")
	text = strings.Replace(text, strings.Join(reads(), ", "), "read", 1)
	text = strings.Replace(text, strings.Join(writes(), ", "), "write", 1)
	return cmp.Or(text, "-")
}
