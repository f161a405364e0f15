// Package docs finds every command that the documentation shows, and says which are
// run as they stand and which test has the others.
package docs

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
	"sigs.k8s.io/yaml"
)

//go:embed commands.yaml
var table []byte

// Command is a statement of a block of shell.
type Command struct {
	File string
	Line int
	Text string
}

// Page is a file of the documentation and what becomes of its commands.
type Page struct {
	File string `json:"file"`
	// Kubeconfig that kubectl uses: admin, that of standalone's administrator, or target,
	// that of the cluster that a reader has.
	Kubeconfig string `json:"kubeconfig"`
	Commands   []Rule `json:"commands"`
}

// Rule is for the commands of a page that start so.
type Rule struct {
	Starts string `json:"starts"`
	// Run has the command run, word for word.
	Run bool `json:"run"`
	// Platform has it run where the platform of make up is, and not where a standalone
	// KubeNova is.
	Platform bool `json:"platform"`
	// Again has it run until it succeeds, as its page says.
	Again bool `json:"again"`
	// Says is a regular expression of what it prints.
	Says string `json:"says"`
	// By is the file that runs the same otherwise, and a text in it.
	By []string `json:"by"`
}

// Table returns the pages in the order in which their commands are run.
func Table() ([]Page, error) {
	var pages []Page
	err := yaml.UnmarshalStrict(table, &pages)
	return pages, err
}

// RuleFor returns the rule of the page for a command, if there is one.
func (p Page) RuleFor(c Command) *Rule {
	for i := range p.Commands {
		if strings.HasPrefix(c.Text, p.Commands[i].Starts) {
			return &p.Commands[i]
		}
	}
	return nil
}

// guide has a table of its own, in hack/guide, which is as strict.
const guide = "docs/kubenova-api-v1-guide.md"

// Files returns the documentation below a folder: every Markdown file that is not made.
func Files(root string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(root, func(path string, found fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := found.Name()
		made := strings.HasPrefix(name, "_") || name == "node_modules" || name == "reference" || name == "dist" || name == "testdata"
		if found.IsDir() && path != root && (made || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		file, err := filepath.Rel(root, path)
		if err == nil && strings.HasSuffix(name, ".md") && file != guide {
			out = append(out, filepath.ToSlash(file))
		}
		return err
	})
	return out, err
}

var (
	fenced = regexp.MustCompile("(?ms)^ *```([a-z]*)[^\n]*\n(.*?)^ *```$")
	// command is a line that should be in a block of shell.
	command = regexp.MustCompile(`(?m)^(?:kubectl|curl|helm|make|kubenova|go run|npm|docker) .*$`)
	// indented is such a line in a block without fences.
	indented = regexp.MustCompile(`(?m)^ {4,}(?:kubectl|curl|helm|make|kubenova|go run|npm|docker) .*$`)
)

// Commands returns the commands of a file. Commands that are in no block of shell are
// an error: nobody would run them.
func Commands(root, file string) ([]Command, error) {
	content, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, err
	}
	text := string(content)
	lost := indented.FindString(fenced.ReplaceAllString(text, ""))
	var out []Command
	for _, at := range fenced.FindAllStringSubmatchIndex(text, -1) {
		language, block := text[at[2]:at[3]], text[at[4]:at[5]]
		switch language {
		case "console":
			out = append(out, captured(file, strings.Count(text[:at[4]], "\n")+1, block)...)
		case "bash", "sh", "shell":
			found, err := split(file, strings.Count(text[:at[4]], "\n")+1, block)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			out = append(out, found...)
		case "":
			lost += command.FindString(block)
		}
	}
	if lost != "" {
		return nil, fmt.Errorf("%s: %q is in no block of bash", file, strings.TrimSpace(lost))
	}
	return out, nil
}

// captured returns the commands of a capture: what stands behind a prompt.
func captured(file string, line int, block string) []Command {
	var out []Command
	for i, text := range strings.Split(block, "\n") {
		if typed, ok := strings.CutPrefix(text, "$ "); ok {
			out = append(out, Command{File: file, Line: line + i, Text: typed})
		}
	}
	return out
}

// split returns the statements of a block.
func split(file string, line int, block string) ([]Command, error) {
	parsed, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(block), "")
	if err != nil {
		return nil, err
	}
	var out []Command
	for _, statement := range parsed.Stmts {
		end := statement.End().Offset()
		for _, redirect := range statement.Redirs {
			end = max(end, redirect.End().Offset())
		}
		out = append(out, Command{
			File: file,
			Line: line + int(statement.Pos().Line()) - 1,
			Text: block[statement.Pos().Offset():end],
		})
	}
	return out, nil
}
