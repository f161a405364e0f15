package facade

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
)

// contractJSON and contractPage are made of api/openapi/v1.yaml, the contract of
// this door, by hack/update-codegen.sh.
var (
	//go:embed contract/openapi.json
	contractJSON string
	//go:embed contract/docs.html
	contractPage string
)

// document is an answer that is the same for everyone.
type document struct {
	contentType, content string
	// etag is the quoted hash of the content, which changes with the build alone.
	etag string
	// policy is the header Content-Security-Policy; empty leaves it out.
	policy string
}

func newDocument(contentType, content string) *document {
	hash := sha256.Sum256([]byte(content))
	return &document{contentType: contentType, content: content, etag: `"` + hex.EncodeToString(hash[:16]) + `"`}
}

// contract is the contract for programs.
func contract() *document { return newDocument("application/json", contractJSON) }

// docs is the contract for people.
func docs() *document {
	d := newDocument("text/html; charset=utf-8", contractPage)
	d.policy = pagePolicy(contractPage)
	return d
}

// pagePolicy lets a page have its own style and nothing else.
func pagePolicy(page string) string {
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	hash := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// serve returns a handler that answers with a document.
func serve(d *document) func(*call) (reply, error) {
	return func(*call) (reply, error) { return reply{document: d}, nil }
}

// writeDocument answers with a document, or with 304 to who has it already.
// Unlike the answers to a caller it may be kept, if it is asked for again.
func writeDocument(w http.ResponseWriter, r *http.Request, d *document) {
	header := w.Header()
	header.Set("ETag", d.etag)
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	if d.policy != "" {
		header.Set("Content-Security-Policy", d.policy)
		header.Set("Referrer-Policy", "no-referrer")
	}
	if hasETag(r.Header, d.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", d.contentType)
	w.WriteHeader(http.StatusOK)
	writeBody(w, r, []byte(d.content))
}

// hasETag says whether If-None-Match names an ETag. It compares weakly: W/"1" is "1".
func hasETag(header http.Header, etag string) bool {
	for _, tag := range strings.Split(strings.Join(header.Values("If-None-Match"), ","), ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}
