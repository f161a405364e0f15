package render

import (
	"regexp"
	"strconv"
)

// simple keys stand in a path as they are.
var simple = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// join adds a key to a path: .key, or [key] when the key would not read as one.
func join(path, key string) string {
	switch {
	case !simple.MatchString(key):
		return path + bracket(key)
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

// bracket names an entry of a list or map. What would make the path ambiguous is
// quoted.
func bracket(name string) string {
	for _, r := range name {
		if r == '[' || r == ']' || r == '"' || !strconv.IsPrint(r) {
			return "[" + strconv.Quote(name) + "]"
		}
	}
	return "[" + name + "]"
}
