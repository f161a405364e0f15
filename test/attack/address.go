package attack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// addressAttacks register clusters at addresses that no cluster has. The server that
// stands behind some of them, on this machine, must see no connection.
func addressAttacks() []Attack {
	var out []Attack
	for _, to := range []struct{ name, host string }{
		{"this machine by the unspecified address", "0.0.0.0"},
		{"this machine by the unspecified address, IPv6", "[::]"},
		{"this machine by the unspecified address, mapped", "[::ffff:0.0.0.0]"},
		{"this machine by zero", "0"},
	} {
		out = append(out, Attack{Name: to.name, Try: unreached(to.host), Expected: "503 that names no address; nothing was reached"})
	}
	for _, to := range []struct{ name, host string }{
		{"the metadata service", "169.254.169.254"},
		{"the metadata service, mapped", "[::ffff:169.254.169.254]"},
		{"the metadata service behind NAT64", "[64:ff9b::a9fe:a9fe]"},
		{"the metadata service as a number", "2852039166"},
		{"the metadata service in hex", "0xa9.0xfe.0xa9.0xfe"},
		{"a link-local address", "[fe80::1]"},
		{"a multicast address", "224.0.0.1"},
		{"everybody", "255.255.255.255"},
	} {
		out = append(out, Attack{Name: to.name, Try: notAllowed(to.host), Expected: "503 at once, that names no address"})
	}
	return out
}

// unreached registers a server of this machine under an address of which the dialer
// must make no connection.
func unreached(host string) func(context.Context, *Field) string {
	return func(ctx context.Context, f *Field) string {
		s := startServer(nil)
		defer s.Close()
		_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
		seen := f.connect(ctx, "address-"+f.id, "https://"+host+":"+port, s.ca())
		if hits := s.connections.Load(); hits > 0 {
			return fmt.Sprintf("%s; the server was reached %d times", seen, hits)
		}
		return seen + "; nothing was reached"
	}
}

func notAllowed(host string) func(context.Context, *Field) string {
	return func(ctx context.Context, f *Field) string {
		begun := time.Now()
		seen := f.connect(ctx, "address-"+f.id, "https://"+host, "")
		if took := time.Since(begun); took > 4*time.Second {
			return fmt.Sprintf("%s after %s", seen, took.Round(time.Second))
		}
		return strings.Replace(seen, "503", "503 at once,", 1)
	}
}

// connect registers a cluster and asks for its capabilities, which connects to it.
func (f *Field) connect(ctx context.Context, name, server, ca string) string {
	if err := f.register(ctx, name, kubeconfigOf(server, ca, "x")); err != nil {
		return "error: " + err.Error()
	}
	defer f.root.do(ctx, http.MethodDelete, apis+"/clusters/"+name, "")
	got := f.admin.do(ctx, http.MethodGet, "/clusters/"+name+"/capabilities", "")
	host := strings.Trim(strings.TrimPrefix(server, "https://"), "[]")
	if strings.Contains(got.body, host) && len(host) > 1 {
		return got.String() + " that names the address"
	}
	return got.String() + " that names no address"
}
