package plugin

import (
	"testing"
	"time"

	"github.com/kubenova/kubenova/pkg/podlog"
)

// TestPositions tells lines that were shown from lines of the same time, pod or text
// that were not.
func TestPositions(t *testing.T) {
	at := func(second int, pod, message string) podlog.Line {
		return podlog.Line{Time: time.Unix(int64(second), 0), Pod: pod, Message: message}
	}
	shown := positions{}
	for _, line := range []podlog.Line{at(1, "a", "x"), at(2, "a", "x"), at(2, "a", "y"), at(2, "a", "y"), at(5, "b", "x")} {
		shown.add(line)
	}
	before := shown.clone()
	for i, c := range []struct {
		line podlog.Line
		want bool
	}{
		{at(1, "a", "x"), true}, {at(2, "a", "y"), true}, {at(2, "a", "x"), true}, {at(2, "a", "y"), true},
		{at(2, "a", "y"), false}, // once more than it was shown
		{at(2, "a", "z"), false},
		{at(3, "a", "x"), false},
		{at(4, "c", "x"), false}, // a pod that is new
		{at(5, "b", "x"), true},
	} {
		if got := before.has(c.line); got != c.want {
			t.Errorf("line %d: shown is %v", i, got)
		}
	}
	for i := range 3 * maxPositions {
		shown.add(at(10+i, time.Duration(i).String(), "x"))
	}
	if len(shown) > maxPositions {
		t.Errorf("%d pods are remembered", len(shown))
	}
}

// TestHarmless keeps pods from steering the terminal.
func TestHarmless(t *testing.T) {
	for _, c := range []struct{ in, plain, coloured string }{
		{"ok\tdone", "ok\tdone", "ok\tdone\x1b[0m"},
		{"plain ünïcode ✔", "plain ünïcode ✔", "plain ünïcode ✔"},
		{"\x1b[31mred\x1b[0m", "red", "\x1b[31mred\x1b[0m\x1b[0m"},
		{"\x1b[2J\x1b]0;title\x07", `\x1b[2J\x1b]0;title\x07`, "\\x1b[2J\\x1b]0;title\\x07\x1b[0m"},
		{"a\rb\x00", `a\x0db\x00`, "a\\x0db\\x00\x1b[0m"},
		{"\u009b31m", `\x9b31m`, "\\x9b31m\x1b[0m"},
	} {
		if got := harmless(c.in, false); got != c.plain {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.plain)
		}
		if got := harmless(c.in, true); got != c.coloured {
			t.Errorf("in colour %q becomes %q, want %q", c.in, got, c.coloured)
		}
	}
}
