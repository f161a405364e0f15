// Package podlog merges the logs of several pods into one, in the order of time
// and with bounded memory.
package podlog

import (
	"bytes"
	"strings"
	"time"
)

// Line is one line of a container's log.
type Line struct {
	// Time is when the line was written, by the clock of the pod's node.
	Time time.Time `json:"ts"`
	// Component of the app, and Pod, that wrote it.
	Component string `json:"component"`
	Pod       string `json:"pod"`
	// Message is the line without its end, at most MaxMessage bytes of it.
	Message string `json:"message"`
}

// MaxMessage is how much of a line is kept, in bytes.
const MaxMessage = 16 << 10

// parse reads a line that begins with its time. A line without one has the time
// of the line before it.
func parse(raw []byte, before time.Time) (time.Time, string) {
	stamp, message, found := bytes.Cut(raw, []byte(" "))
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil || !found && len(stamp) == 0 {
		return before, text(raw)
	}
	return at.UTC(), text(message)
}

// text makes bytes that a container wrote a string that JSON can hold.
func text(raw []byte) string {
	raw = bytes.TrimSuffix(raw, []byte("\r"))
	return strings.ToValidUTF8(string(raw[:min(len(raw), MaxMessage)]), "\uFFFD")
}
