package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Request is a request with an Idempotency-Key. Only hashes of it are stored.
type Request struct {
	// CallerName and CallerUID say who asks.
	CallerName, CallerUID string
	// Method, Path and Key say for what, together with the caller.
	Method, Path, Key string
	// Query and Body have to be the same each time.
	Query string
	Body  []byte
}

func (r Request) callerHash() string { return hash([]byte(r.CallerName), []byte(r.CallerUID)) }

func (r Request) keyHash() string { return hash([]byte(r.Method), []byte(r.Path), []byte(r.Key)) }

func (r Request) fingerprint() string { return hash([]byte(r.Query), r.Body) }

// hash returns the hash of parts, each after its length, so that no other parts
// can have the same.
func hash(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
