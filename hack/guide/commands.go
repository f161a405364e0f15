package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is one statement of a block of shell.
type command struct {
	section string
	line    int
	// text runs to the next statement. The texts of a block's commands together
	// are the block, to the byte.
	text string
	// name is what the table calls the command by; see nameOf.
	name string
}

// guide is what a guide asks to be run, and what it says is answered.
type guide struct {
	commands []command
	examples map[string]any // by title
}

// readGuide returns everything in a guide's blocks. It refuses what it would
// have to leave out.
func readGuide(text string) (guide, error) {
	blocks, err := extract(text)
	if err != nil {
		return guide{}, err
	}
	g := guide{examples: map[string]any{}}
	for _, b := range blocks {
		switch b.language {
		case "bash", "":
			commands, err := split(b)
			if err != nil {
				return guide{}, fmt.Errorf("line %d: %w", b.line, err)
			}
			g.commands = append(g.commands, commands...)
		case "json":
			if err := g.addExample(b); err != nil {
				return guide{}, fmt.Errorf("line %d: %w", b.line, err)
			}
		default:
			return guide{}, fmt.Errorf("line %d: a block of %q can be neither run nor compared", b.line, b.language)
		}
	}
	return g, nil
}

func (g guide) addExample(b block) error {
	var value any
	if err := json.Unmarshal([]byte(b.text), &value); err != nil {
		return fmt.Errorf("the example %q: %w", b.title, err)
	}
	if _, twice := g.examples[b.title]; twice || b.title == "" {
		return fmt.Errorf("the title of the example, %q, is empty or used twice", b.title)
	}
	g.examples[b.title] = value
	return nil
}

// split cuts a block where its statements begin. What stands before the first
// one, and comments between two, stay with the text.
func split(b block) ([]command, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(b.text), "")
	if err != nil {
		return nil, err
	}
	var commands []command
	for i, statement := range file.Stmts {
		start, end := int(statement.Pos().Offset()), len(b.text)
		if i == 0 {
			start = 0
		}
		if i+1 < len(file.Stmts) {
			end = int(file.Stmts[i+1].Pos().Offset())
		}
		commands = append(commands, command{
			section: b.section,
			line:    b.line + int(statement.Pos().Line()) - 1,
			text:    b.text[start:end],
			name:    nameOf(b.text, statement),
		})
	}
	return commands, nil
}

// nameOf returns method and path of the requests that a statement sends, or its
// first line if it sends none.
func nameOf(text string, statement *syntax.Stmt) string {
	source := func(node syntax.Node) string { return text[node.Pos().Offset():node.End().Offset()] }
	var requests []string
	syntax.Walk(statement, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok && len(call.Args) > 0 && call.Args[0].Lit() == "curl" {
			var args []string
			for _, word := range call.Args[1:] {
				args = append(args, strings.Trim(source(word), `"`))
			}
			requests = append(requests, requestName(args))
		}
		return true
	})
	if len(requests) > 0 {
		return strings.Join(requests, ", ")
	}
	first, _, _ := strings.Cut(source(statement), "\n")
	return strings.TrimRight(first, ` \`)
}

// Paths that the table abbreviates, the longest first.
const (
	clusterPath = "/clusters/$CLUSTER_ID"
	tenantPath  = clusterPath + "/tenants/$TENANT_ID"
	projectPath = tenantPath + "/projects/$PROJECT_ID"
	appPath     = projectPath + "/apps/$APP_ID"
)

// requestName returns a method and a path, as in "PUT T/quotas". C, T, P and A
// stand for the paths of the guide's cluster, tenant, project and app.
func requestName(args []string) string {
	method, path := "GET", ""
	for i, arg := range args {
		if i > 0 && args[i-1] == "-X" {
			method = arg
		}
		if below, ok := strings.CutPrefix(arg, "$BASE/api/v1"); ok {
			path = below
		}
	}
	for _, short := range []struct{ letter, path string }{
		{"A", appPath}, {"P", projectPath}, {"T", tenantPath}, {"C", clusterPath},
	} {
		if below, ok := strings.CutPrefix(path, short.path); ok {
			return method + " " + short.letter + below
		}
	}
	return method + " " + path
}
