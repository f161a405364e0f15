package clusters

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"testing"
)

// TestAddressesAreCheckedEachTime has a name lead to an address that is allowed, and
// the next time to one that is not, where a server listens as well.
func TestAddressesAreCheckedEachTime(t *testing.T) {
	const allowed, forbidden = "127.0.0.2", "127.0.0.1"
	first := listen(t, allowed+":0")
	_, port, err := net.SplitHostPort(first.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	listen(t, forbidden+":"+port)
	names := serveNames(t, allowed, forbidden)
	dialer := dialer([]netip.Prefix{netip.MustParsePrefix(allowed + "/32")})
	dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", names)
	}}
	connection, err := dialer.DialContext(t.Context(), "tcp4", "cluster.example:"+port)
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.Close(); err != nil {
		t.Error(err)
	}
	connection, err = dialer.DialContext(t.Context(), "tcp4", "cluster.example:"+port)
	if err == nil {
		t.Fatalf("connected to %s", connection.RemoteAddr())
	}
	if refused := (*AddressError)(nil); !errors.As(err, &refused) {
		t.Errorf("refused for another reason: %v", err)
	}
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // nothing is to be saved
	return listener
}

// serveNames is a name server that answers with one address after the other.
func serveNames(t *testing.T, addresses ...string) string {
	t.Helper()
	server, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() }) // ends the goroutine
	go func() {
		query := make([]byte, 512)
		for _, address := range addresses {
			n, from, err := server.ReadFrom(query)
			if err == nil {
				_, err = server.WriteTo(answerWith(query[:n], netip.MustParseAddr(address)), from)
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	}()
	return server.LocalAddr().String()
}

// answerWith answers a query for an address, whatever its name is (RFC 1035).
func answerWith(query []byte, address netip.Addr) []byte {
	const header, typeAndClass = 12, 4
	end := header
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	answer := append([]byte{}, query[:end+1+typeAndClass]...)
	binary.BigEndian.PutUint16(answer[2:], 0x8180) // an answer, without error
	binary.BigEndian.PutUint16(answer[6:], 1)      // of one record
	binary.BigEndian.PutUint16(answer[10:], 0)     // and no additional ones
	record := []byte{0xc0, header, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4}
	return append(append(answer, record...), address.AsSlice()...)
}
