package clusters

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
)

// advisory is one that is published of versions from introduced on, up to but
// without fixed.
type advisory struct{ id, introduced, fixed string }

// capsuleAdvisories and proxyAdvisories are those of the Go vulnerability database
// (https://pkg.go.dev/vuln, state of 2026-08-20) for the modules
// github.com/projectcapsule/capsule and capsule-proxy. Where it knows no fixed
// version, that of the advisory on GitHub stands.
func capsuleAdvisories() []advisory {
	return []advisory{
		{"CVE-2026-65834", "0.0.0", "0.13.8"},
		{"CVE-2026-65835", "0.13.0", "0.13.8"},
		{"CVE-2026-55636", "0.13.0", "0.13.6"},
		{"CVE-2026-30963", "0.0.0", "0.13.0"},
		{"CVE-2026-22872", "0.0.0", "0.13.0"},
		{"CVE-2025-55205", "0.0.0", "0.10.4"},
		{"CVE-2024-39690", "0.0.0", "0.7.1"},
		{"CVE-2022-46167", "0.0.0", "0.1.3"},
	}
}

func proxyAdvisories() []advisory {
	return []advisory{{"CVE-2023-48312", "0.0.0", "0.4.6"}, {"CVE-2022-23652", "0.0.0", "0.2.1"}}
}

// advised says which advisories a version has, and the first version without any.
// A version that cannot be read has none.
func advised(list []advisory, running string) (ids []string, fixed string) {
	at, err := version.ParseGeneric(strings.TrimPrefix(running, "v"))
	if err != nil {
		return nil, ""
	}
	var highest *version.Version
	for _, a := range list {
		until := version.MustParseGeneric(a.fixed)
		if !at.LessThan(until) || at.LessThan(version.MustParseGeneric(a.introduced)) {
			continue
		}
		ids = append(ids, a.id)
		if highest == nil || highest.LessThan(until) {
			highest, fixed = until, a.fixed
		}
	}
	return ids, fixed
}
