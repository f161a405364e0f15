package plugin

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// Values of --color.
const (
	colorAuto   = "auto"
	colorAlways = "always"
	colorNever  = "never"
)

// Colours, as terminals number them.
const (
	red   = "31"
	green = "32"
	grey  = "90"
)

// colours says whether a stream is written to in colour: what --color says, or
// else whether it is a terminal and NO_COLOR is not set.
func (s *session) colours(to io.Writer) (bool, error) {
	switch s.color {
	case colorAlways:
		return true, nil
	case colorNever:
		return false, nil
	case colorAuto, "":
		return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(to), nil
	}
	return false, fmt.Errorf("--color: %q is none of %s, %s and %s", s.color, colorAuto, colorAlways, colorNever)
}

func isTerminal(to any) bool {
	file, ok := to.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// paint puts text into a colour.
func paint(colours bool, colour, text string) string {
	if !colours {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}
