package render

import (
	"regexp"
	"strings"
)

// masked stands for a value that is not shown.
const masked = "***"

// looksSecret matches the names of environment variables, headers, annotations
// and flags whose values are likely to be secrets.
var looksSecret = regexp.MustCompile(`(?i)(passw|passphrase|pwd|secret|token|credential|cookie|authorization|dsn` +
	`|(api|access|private|signing|encryption|account|master|license)[-_. ]?key` +
	`|(^|[-_.])(pass|auth|key|keys|salt|pat|pin|sas)($|[-_.]))`)

var (
	// assignment is a name with a value inside of a text, such as password=x or "password": "x".
	assignment = regexp.MustCompile(`([A-Za-z0-9_.-]+)("?\s*[=:]\s*["']?)([^\s"',;&]+)`)
	// userInfo is the password in a URL.
	userInfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:)[^/\s@]+@`)
	// inherent secrets show by what they are: private keys and signed tokens.
	inherent = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.`)
)

// references are the properties that say where a secret is and not what it is.
var references = map[string]bool{
	"secretKeyRef": true, "configMapKeyRef": true, "imagePullSecrets": true, "volumes": true, "volumeMounts": true,
}

// mask returns a copy of decoded JSON without what looks secret: the value of
// every field, environment variable and header whose name does, such assignments
// inside of texts, what follows such a flag, passwords in URLs, private keys and
// signed tokens. Where a secret lies (secretKeyRef and volumes) stays visible.
func mask(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return maskObject(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = mask(v[i])
			if flag, ok := before(v, i); ok && strings.HasPrefix(flag, "-") && !strings.Contains(flag, "=") && looksSecret.MatchString(flag) {
				out[i] = masked
			}
		}
		return out
	case string:
		return maskText(v)
	default:
		return value
	}
}

// before returns the text in front of an entry of a list of texts.
func before(list []any, i int) (string, bool) {
	if i == 0 {
		return "", false
	}
	_, isText := list[i].(string)
	previous, ok := list[i-1].(string)
	return previous, ok && isText
}

func maskObject(in map[string]any) map[string]any {
	name, _ := in["name"].(string)
	out := make(map[string]any, len(in))
	for key, value := range in {
		_, isText := value.(string)
		switch {
		case references[key] && !isText:
			out[key] = value
		case looksSecret.MatchString(key), key == "value" && looksSecret.MatchString(name):
			out[key] = masked
		default:
			out[key] = mask(value)
		}
	}
	return out
}

func maskText(in string) string {
	if inherent.MatchString(in) {
		return masked
	}
	out := userInfo.ReplaceAllString(in, "${1}"+masked+"@")
	return assignment.ReplaceAllStringFunc(out, func(found string) string {
		parts := assignment.FindStringSubmatch(found)
		if !looksSecret.MatchString(parts[1]) {
			return found
		}
		return parts[1] + parts[2] + masked
	})
}
