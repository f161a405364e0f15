package connections

import (
	"fmt"
	"net/netip"

	"github.com/spf13/pflag"
)

// NotLoopback is every address but those of the services beside this process,
// which a registered kubeconfig must not reach.
func NotLoopback() []string { return []string{"0.0.0.0/0", "::/0"} }

// AddAllowTargetCIDR adds the flag for the addresses at which clusters are reached.
func AddAllowTargetCIDR(flags *pflag.FlagSet, allowed *[]string) {
	flags.StringSliceVar(allowed, "allow-target-cidr", *allowed,
		"Addresses at which clusters may be registered. Loopback counts only when a range within it is named; "+
			"link-local, multicast, unspecified and metadata addresses never do.")
}

// ParsePrefixes reads the values of that flag.
func ParsePrefixes(cidrs []string) ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(cidrs))
	for _, cidr := range cidrs {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			return nil, fmt.Errorf("--allow-target-cidr: %w", err)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}
