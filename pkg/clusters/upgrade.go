package clusters

import "net/http"

// maxUpgradeHeaders bounds the headers of the answer to an upgrade, in bytes.
const maxUpgradeHeaders = 1 << 20

// onlyHTTP1 opens a connection for each request, with the same checks as the pool's,
// since HTTP/2 has none that could become something else.
func onlyHTTP1(pool *http.Transport) *http.Transport {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	tlsConfig := pool.TLSClientConfig.Clone()
	tlsConfig.NextProtos = nil // the pool's offer HTTP/2
	return &http.Transport{
		Proxy:                  pool.Proxy,
		DialContext:            pool.DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    pool.TLSHandshakeTimeout,
		Protocols:              protocols,
		MaxResponseHeaderBytes: maxUpgradeHeaders,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// UpgradeRoundTripper does what RoundTripper does, for requests whose connection is to
// become a stream in both directions. The body of an answer that says so, which is a
// 101, is that stream: an io.ReadWriteCloser with CloseWrite.
func (c *Connection) UpgradeRoundTripper() http.RoundTripper { return refuseRedirects{c.upgrading} }
