package facade

import (
	"net/http"
	"strings"
)

// ifMatch is a parsed If-Match header.
type ifMatch struct {
	// given is false without the header, and for *, which any object matches.
	given bool
	tags  []string
}

// parseIfMatch reads a list of quoted tags. A weak tag, W/"1", never matches,
// because If-Match compares strongly.
func parseIfMatch(header http.Header) (ifMatch, error) {
	rest := strings.TrimSpace(strings.Join(header.Values("If-Match"), ","))
	if rest == "" || rest == "*" {
		return ifMatch{}, nil
	}
	parsed := ifMatch{given: true}
	for _, tag := range strings.Split(rest, ",") {
		tag = strings.TrimSpace(tag)
		strong := strings.TrimPrefix(tag, "W/")
		if len(strong) < 2 || strong[0] != '"' || strings.IndexByte(strong[1:], '"') != len(strong)-2 {
			return ifMatch{}, badRequest(`If-Match must be an ETag in its quotes, as in "42"`)
		}
		if strong == tag {
			parsed.tags = append(parsed.tags, strong[1:len(strong)-1])
		}
	}
	return parsed, nil
}

// match says whether an object at this resource version is what the header asks for.
func (m ifMatch) match(resourceVersion string) bool {
	if !m.given {
		return true
	}
	for _, tag := range m.tags {
		if tag == resourceVersion {
			return true
		}
	}
	return false
}
