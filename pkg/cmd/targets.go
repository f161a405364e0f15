package cmd

import (
	"fmt"
	"net/netip"

	"github.com/spf13/pflag"
)

func addAllowTargetCIDR(flags *pflag.FlagSet, allowed *[]string) {
	flags.StringSliceVar(allowed, "allow-target-cidr", *allowed,
		"Addresses at which clusters may be registered. Loopback counts only when a range within it is named; "+
			"link-local, multicast, unspecified and metadata addresses never do.")
}

func parsePrefixes(cidrs []string) ([]netip.Prefix, error) {
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
