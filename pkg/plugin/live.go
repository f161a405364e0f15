package plugin

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Marks of what is under way, reached and failed.
const (
	markBusy   = "…"
	markDone   = "✔"
	markFailed = "✘"
)

// step is one line of a display of progress.
type step struct {
	// key stays while the text changes.
	key, mark, text string
}

func (p step) String() string {
	line := p.mark + " " + p.key
	if p.text != "" {
		line += ": " + p.text
	}
	return strings.Join(strings.Fields(line), " ")
}

// live shows how far something is: on a terminal in place, elsewhere by a line for
// each change.
type live struct {
	out io.Writer
	// width of the terminal, 0 for none.
	width   int
	colours bool
	shown   []step
}

// newLive returns a display on a stream.
func (s *session) newLive(out io.Writer) (*live, error) {
	colours, err := s.colours(out)
	if err != nil {
		return nil, err
	}
	l := &live{out: out, colours: colours}
	if file, ok := out.(*os.File); ok && isTerminal(out) && os.Getenv("TERM") != "dumb" {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			l.width = width
		}
	}
	return l, nil
}

// show replaces what is shown.
func (l *live) show(steps []step) {
	if l.width > 0 {
		l.redraw(steps)
	} else {
		l.append(steps)
	}
	l.shown = steps
}

// append writes what has changed.
func (l *live) append(steps []step) {
	before := make(map[string]step, len(l.shown))
	for _, s := range l.shown {
		before[s.key] = s
	}
	for _, s := range steps {
		if before[s.key] != s {
			fmt.Fprintf(l.out, "  %s\n", l.painted(s, 0))
		}
	}
}

// redraw goes back to the first line that is shown, and writes over it.
func (l *live) redraw(steps []step) {
	var b strings.Builder
	if len(l.shown) > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", len(l.shown))
	}
	for _, s := range steps {
		fmt.Fprintf(&b, "\r\x1b[2K  %s\n", l.painted(s, l.width-3))
	}
	b.WriteString("\x1b[J")
	fmt.Fprint(l.out, b.String())
}

// painted is a step in its colour, of limit characters at most unless that is 0.
func (l *live) painted(s step, limit int) string {
	text := []rune(s.String())
	if limit > 0 && len(text) > limit {
		text = append(text[:limit-1], '…')
	}
	colour := map[string]string{markDone: green, markFailed: red, markBusy: grey}[s.mark]
	return paint(l.colours, colour, string(text))
}
