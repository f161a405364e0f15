package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// TestEveryCommandIsAccountedFor wants each command of the documentation to be run, or
// to have a test that runs the same, in commands.yaml. With -v it lists them all.
func TestEveryCommandIsAccountedFor(t *testing.T) {
	pages, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Errorf("the documentation is %v", files)
	}
	run, otherwise := 0, 0
	for _, file := range files {
		commands, err := Commands(root, file)
		if err != nil {
			t.Error(err)
		}
		page := Page{File: file}
		if at := slices.IndexFunc(pages, func(p Page) bool { return p.File == file }); at >= 0 {
			page = pages[at]
		}
		used := map[*Rule]bool{}
		for _, c := range commands {
			rule := page.RuleFor(c)
			switch {
			case rule == nil:
				t.Errorf("%s:%d: nobody runs this; say in test/docs/commands.yaml that it is to be run, or what runs it:\n%s", c.File, c.Line, c.Text)
				continue
			case rule.Run:
				run++
			default:
				otherwise++
			}
			t.Log(listed(c, rule))
			used[rule] = true
		}
		for i := range page.Commands {
			if !used[&page.Commands[i]] {
				t.Errorf("%s has no command that starts with %q", file, page.Commands[i].Starts)
			}
		}
	}
	for _, page := range pages {
		if !slices.Contains(files, page.File) {
			t.Errorf("there is no %s", page.File)
		}
	}
	t.Logf("%d commands are run as they stand, %d otherwise", run, otherwise)
}

// listed is a line of the list of commands: where one stands, and who runs it.
func listed(c Command, rule *Rule) string {
	by := "TestDocs, on a standalone KubeNova"
	switch {
	case rule.Platform:
		by = "TestDocs, on the platform"
	case !rule.Run:
		by = strings.Join(rule.By, ": ")
	}
	first, _, _ := strings.Cut(c.Text, "\n")
	return fmt.Sprintf("%s:%d: %s (%s)", c.File, c.Line, first, by)
}

// TestRulesLeadSomewhere wants each command that is not run to name a file with what
// runs it.
func TestRulesLeadSomewhere(t *testing.T) {
	pages, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		for _, rule := range page.Commands {
			if rule.Run {
				if len(rule.By) > 0 {
					t.Errorf("%s: %q is run twice", page.File, rule.Starts)
				}
				continue
			}
			if len(rule.By) != 2 {
				t.Errorf("%s: %q has to be run, or to name a file and a text in it", page.File, rule.Starts)
				continue
			}
			content, err := os.ReadFile(filepath.Join(root, rule.By[0]))
			if err != nil || !strings.Contains(string(content), rule.By[1]) {
				t.Errorf("%s: %q is to be run by %q (%v)", page.File, rule.Starts, rule.By, err)
			}
		}
	}
}

// TestLostCommands finds commands where nobody would look for them.
func TestLostCommands(t *testing.T) {
	for name, text := range map[string]string{
		"indented":   "Do this:\n\n    kubectl get pods\n",
		"unlabelled": "Do this:\n\n```\nkubectl get pods\n```\n",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := Commands(dir, "x.md"); err == nil {
			t.Errorf("%s: found are %v", name, found)
		}
	}
}
