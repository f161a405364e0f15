package clusters

import (
	"net/netip"
	"testing"
)

func TestCheckAddress(t *testing.T) {
	everything := []string{"0.0.0.0/0", "::/0"}
	for _, tc := range []struct {
		address string
		allowed []string
		ok      bool
	}{
		{"10.0.0.1", nil, true},
		{"192.168.1.1", nil, true},
		{"8.8.8.8", nil, true},
		{"fd00::1", nil, true},
		{"2001:db8::1", everything, true},
		{"10.0.0.1", []string{"10.0.0.0/8"}, true},
		{"11.0.0.1", []string{"10.0.0.0/8"}, false},
		{"127.0.0.1", nil, false},
		{"127.0.0.1", everything, false},
		{"127.0.0.1", []string{"127.0.0.0/8"}, true},
		{"127.8.8.8", []string{"127.0.0.1/32"}, false},
		{"::1", everything, false},
		{"::1", []string{"::1/128"}, true},
		{"::ffff:127.0.0.1", everything, false},
		{"::ffff:127.0.0.1", []string{"127.0.0.0/8"}, true},
		{"::ffff:169.254.169.254", everything, false},
		{"64:ff9b::a9fe:a9fe", everything, false},
		{"64:ff9b::808:808", everything, true},
		{"2002:7f00:1::", everything, false},
		{"169.254.169.254", everything, false},
		{"169.254.169.254", []string{"169.254.0.0/16"}, false},
		{"169.254.1.1", everything, false},
		{"fe80::1", everything, false},
		{"fe80::1%eth0", everything, false},
		{"fd00:ec2::254", everything, false},
		{"100.100.100.200", everything, false},
		{"168.63.129.16", everything, false},
		{"0.0.0.0", everything, false},
		{"0.1.2.3", everything, false},
		{"::", everything, false},
		{"224.0.0.1", everything, false},
		{"ff02::1", everything, false},
		{"255.255.255.255", everything, false},
	} {
		var prefixes []netip.Prefix
		for _, p := range tc.allowed {
			prefixes = append(prefixes, netip.MustParsePrefix(p))
		}
		if err := CheckAddress(netip.MustParseAddr(tc.address), prefixes); (err == nil) != tc.ok {
			t.Errorf("%s with %v: %v", tc.address, tc.allowed, err)
		}
	}
}
