package facade

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// pathAt returns where in a JSON document the value is that lies at or ends with
// an offset, as in components[0].name; empty for the document as a whole.
func pathAt(document []byte, offset int64) string {
	decoder := json.NewDecoder(bytes.NewReader(document))
	var in []level
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		delim, isDelim := token.(json.Delim)
		if isDelim && (delim == '}' || delim == ']') {
			in = in[:len(in)-1]
			continue
		}
		if len(in) > 0 && in[len(in)-1].begin(token) {
			continue
		}
		if decoder.InputOffset() >= offset {
			return pathOf(in)
		}
		if isDelim {
			in = append(in, level{array: delim == '[', index: -1})
		}
	}
}

// level is an array or an object that is being read.
type level struct {
	array bool
	// index of the current item of an array.
	index int
	// name of the current field of an object; named says that its value is next.
	name  string
	named bool
}

// begin takes note of the next token, and says whether it is the name of a field.
func (l *level) begin(token json.Token) bool {
	if l.array {
		l.index++
		return false
	}
	if l.named = !l.named; l.named {
		l.name, _ = token.(string) // the decoder lets nothing else be a name
	}
	return l.named
}

func pathOf(in []level) string {
	var path strings.Builder
	for _, l := range in {
		if l.array {
			path.WriteString("[" + strconv.Itoa(l.index) + "]")
			continue
		}
		path.WriteString("." + l.name)
	}
	return strings.TrimPrefix(path.String(), ".")
}
