package main

import (
	"errors"
	"fmt"
	"strings"
)

// block is the text between two fences of the guide. Where a fence opens inside
// another one, as in section 10, the text before, inside and after it are blocks
// of their own.
type block struct {
	section  string // the number of the heading above, "5" of "## 5) Apps"
	title    string // of a block with an example: what follows "Example response"
	language string // what the fence says, empty for none
	line     int    // of the first line of the text
	text     string
}

// extract returns every block of a guide, in order.
func extract(guide string) ([]block, error) {
	var (
		found          []block
		open           []block // the fences that are open, the innermost last
		section, title string
	)
	// flush ends the text that the innermost fence has so far.
	flush := func() {
		if len(open) == 0 {
			return
		}
		if last := open[len(open)-1]; last.text != "" {
			found = append(found, last)
		}
	}
	for i, line := range strings.SplitAfter(guide, "\n") {
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && (language != "" || len(open) == 0):
			flush()
			open = append(open, block{section: section, title: title, language: language, line: i + 2})
		case fence:
			flush()
			if open = open[:len(open)-1]; len(open) > 0 {
				open[len(open)-1].text, open[len(open)-1].line = "", i+2
			}
		case len(open) > 0:
			open[len(open)-1].text += line
		default:
			section, title = heading(line, section, title)
		}
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("line %d: the block is never closed", open[len(open)-1].line)
	}
	if len(found) == 0 {
		return nil, errors.New("the guide has no block")
	}
	return found, nil
}

// heading returns what section, and what example, follow a line of prose.
func heading(line, section, title string) (newSection, newTitle string) {
	line = strings.TrimSpace(line)
	if text, ok := strings.CutPrefix(line, "## "); ok {
		number, _, _ := strings.Cut(text, ")")
		return number, ""
	}
	if text, ok := strings.CutPrefix(line, "::: details Example response — "); ok {
		return section, text
	}
	if line == ":::" {
		return section, ""
	}
	return section, title
}
