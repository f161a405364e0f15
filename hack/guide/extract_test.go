package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const nested = "## 10) Force\n" +
	"```\n# 1) one\nkubectl a\n\n```bash\nkubectl b\n```\n\n# 5) two\nkubectl c\n```\n" +
	"::: details Example response — plans\n```json\n[]\n```\n:::\n"

func TestExtract(t *testing.T) {
	got, err := extract(nested)
	if err != nil {
		t.Fatal(err)
	}
	want := []block{
		{section: "10", line: 3, text: "# 1) one\nkubectl a\n\n"},
		{section: "10", language: "bash", line: 7, text: "kubectl b\n"},
		{section: "10", line: 9, text: "\n# 5) two\nkubectl c\n"},
		{section: "10", title: "plans", language: "json", line: 15, text: "[]\n"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("extracted\n%+v\nwant\n%+v", got, want)
	}
}

// TestReadGuideRefuses has what would be left out named.
func TestReadGuideRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"## 1) A\n":                         "no block",
		"## 1) A\n```bash\ncurl a\n":        "line 3: the block is never closed",
		"## 1) A\n```python\nprint()\n```":  `line 3: a block of "python"`,
		"## 1) A\n```bash\nif true\n```":    "line 3: ",
		"## 1) A\n```json\n{}\n```":         "title",
		strings.Repeat(nested, 2):           "twice",
		"## 1) A\n\n```json\n{\n```\n":      "line 4: the example",
		"## 1) A\n```bash\na\n```\n```sh\n": `never closed`,
	} {
		if _, err := readGuide(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func readText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/kubenova-api-v1-guide.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func parsed(t *testing.T, text string) guide {
	t.Helper()
	g, err := readGuide(text)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestNothingIsSkipped reads the guide in ways of its own: the commands are its
// blocks to the byte, and each line that calls curl or kubectl is in a command.
func TestNothingIsSkipped(t *testing.T) {
	text := readText(t)
	var run strings.Builder
	for _, c := range parsed(t, text).commands {
		run.WriteString(c.text)
	}
	blocks, err := extract(text)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, b := range blocks {
		if b.language != "json" {
			want.WriteString(b.text)
		}
	}
	if run.String() != want.String() {
		t.Errorf("the commands are not the blocks:\n%s", run.String())
	}
	lines, calls := strings.Split(run.String(), "\n"), 0
	for number, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "curl ") || strings.Contains(line, "kubectl ") {
			calls++
			if !slices.Contains(lines, line) {
				t.Errorf("line %d is not run: %s", number+1, line)
			}
		}
	}
	if calls != 76 {
		t.Errorf("%d lines call curl or kubectl", calls)
	}
}

func TestNames(t *testing.T) {
	g := parsed(t, "## 3) Tenants\n```bash\n"+
		"# first\nexport A=${A:-b}\nB=$(curl -sS -X POST \"$BASE/api/v1/clusters/$CLUSTER_ID/tenants\" \\\n  $AUTH -d '{}')\n"+
		"curl -sS \"$BASE/api/v1/clusters/$CLUSTER_ID/tenants/$TENANT_ID/projects/$PROJECT_ID/apps/$APP_ID:deploy\" | jq .\n"+
		"for a in b \\\n  c; do\n  echo; done\ncat << 'EOF' > f\ncurl x\nEOF\n```\n")
	want := []struct {
		line int
		name string
	}{{4, "export A=${A:-b}"}, {5, "POST C/tenants"}, {7, "GET A:deploy"}, {8, "for a in b"}, {11, "cat << 'EOF' > f"}}
	if len(g.commands) != len(want) {
		t.Fatalf("%d commands: %+v", len(g.commands), g.commands)
	}
	for i, c := range g.commands {
		if c.name != want[i].name || c.line != want[i].line || c.section != "3" {
			t.Errorf("command %d is %q in line %d of section %s", i, c.name, c.line, c.section)
		}
	}
	if last := g.commands[4].text; last != "cat << 'EOF' > f\ncurl x\nEOF\n" {
		t.Errorf("the last command is %q", last)
	}
}
