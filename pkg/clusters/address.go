package clusters

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// AddressError says that a cluster's address is not one to connect to.
type AddressError struct {
	Address netip.Addr
	Kind    string
}

// Error does not hold the address: it may be an internal one.
func (e *AddressError) Error() string {
	return e.Kind + " addresses are not among those that clusters may have"
}

// CheckAddress says whether to connect to an address. Those that no cluster has
// are refused always: link-local, multicast, unspecified, and those of cloud
// metadata services. Loopback is accepted only when a prefix within loopback
// contains it: 0.0.0.0/0 does not count. Any other address is accepted when a
// prefix contains it, or when there are no prefixes.
func CheckAddress(address netip.Addr, allowed []netip.Prefix) error {
	address = address.Unmap().WithZone("")
	if embedded, ok := embeddedIPv4(address); ok {
		return CheckAddress(embedded, allowed)
	}
	switch {
	case !address.IsValid() || address.IsUnspecified() || address.Is4() && address.As4()[0] == 0:
		return &AddressError{address, "unspecified"}
	case address.IsMulticast() || address == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return &AddressError{address, "multicast"}
	case isMetadata(address):
		return &AddressError{address, "metadata service"}
	case address.IsLinkLocalUnicast():
		return &AddressError{address, "link-local"}
	case address.IsLoopback():
		if !slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Addr().IsLoopback() && p.Contains(address) }) {
			return &AddressError{address, "loopback"}
		}
	case len(allowed) > 0 && !slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(address) }):
		return &AddressError{address, "other"}
	}
	return nil
}

// isMetadata knows the metadata services that are not on 169.254.169.254 alone.
func isMetadata(address netip.Addr) bool {
	switch address.String() {
	case "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254",
		"100.100.100.200", "168.63.129.16", "192.0.0.192":
		return true
	}
	return false
}

// embeddedIPv4 is the IPv4 address behind a NAT64 or 6to4 address.
func embeddedIPv4(address netip.Addr) (netip.Addr, bool) {
	if !address.Is6() {
		return netip.Addr{}, false
	}
	bytes := address.As16()
	if netip.MustParsePrefix("64:ff9b::/96").Contains(address) {
		return netip.AddrFrom4([4]byte(bytes[12:16])), true
	}
	if netip.MustParsePrefix("2002::/16").Contains(address) {
		return netip.AddrFrom4([4]byte(bytes[2:6])), true
	}
	return netip.Addr{}, false
}

// dialer checks each address as it connects, after the name was resolved: a
// check of the name would be undone by its next resolution.
func dialer(allowed []netip.Prefix) *net.Dialer {
	return &net.Dialer{
		Timeout:   dialTimeout,
		KeepAlive: keepAlive,
		Control: func(_, address string, _ syscall.RawConn) error {
			parsed, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("reading the address to connect to: %w", err)
			}
			return CheckAddress(parsed.Addr(), allowed)
		},
	}
}
