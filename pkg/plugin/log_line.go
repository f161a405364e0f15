package plugin

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kubenova/kubenova/pkg/podlog"
)

// linePrinter writes lines of logs. It may be called by several at a time.
type linePrinter struct {
	mutex      sync.Mutex
	out        io.Writer
	colours    bool
	timestamps bool
	asJSON     bool
	// pods have their colours in the order of their first lines.
	pods map[string]int
}

func newLinePrinter(o *logsOptions, colours bool) *linePrinter {
	return &linePrinter{out: o.Out, colours: colours, timestamps: o.timestamps, asJSON: o.format != "", pods: map[string]int{}}
}

func (p *linePrinter) print(line podlog.Line) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.asJSON {
		encoder := json.NewEncoder(p.out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(line)
	}
	text := p.pod(line.Pod) + " "
	if p.timestamps {
		text += line.Time.Format(time.RFC3339Nano) + " "
	}
	_, err := fmt.Fprintln(p.out, text+harmless(line.Message, p.colours))
	return err
}

// pod is the name of a pod in its colour. What is known of pods is bounded.
func (p *linePrinter) pod(name string) string {
	const most = 1024
	palette := []string{"36", "33", "35", "34", "32", "96", "93", "95"}
	number, found := p.pods[name]
	if !found {
		if len(p.pods) >= most {
			clear(p.pods)
		}
		number = len(p.pods)
		p.pods[name] = number
	}
	return paint(p.colours, palette[number%len(palette)], name)
}

// harmless keeps what a pod writes from steering the terminal: of control
// characters it leaves tabs and, where colours are shown, colours.
func harmless(message string, colours bool) string {
	if !strings.ContainsFunc(message, unicode.IsControl) {
		return message
	}
	var out strings.Builder
	for i := 0; i < len(message); {
		if length := colourAt(message[i:]); length > 0 {
			if colours {
				out.WriteString(message[i : i+length])
			}
			i += length
			continue
		}
		r, size := utf8.DecodeRuneInString(message[i:])
		if r == '\t' || !unicode.IsControl(r) {
			out.WriteString(message[i : i+size])
		} else {
			fmt.Fprintf(&out, "\\x%02x", r)
		}
		i += size
	}
	if colours {
		out.WriteString("\x1b[0m")
	}
	return out.String()
}

// colourAt is the length of the escape sequence for a colour that text begins with.
func colourAt(text string) int {
	rest, found := strings.CutPrefix(text, "\x1b[")
	if !found {
		return 0
	}
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789;"))
	if digits < len(rest) && rest[digits] == 'm' {
		return len("\x1b[") + digits + 1
	}
	return 0
}
