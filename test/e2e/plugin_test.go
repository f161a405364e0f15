//go:build e2e

package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var updateCaptures = flag.Bool("update-captures", false, "write what the commands print into docs/plugin.md")

// TestPluginCaptures walks through docs/plugin.md with the built plugin: it runs
// every command of its console blocks, in their order, and compares what they print
// with what stands there. What differs from run to run is normalised.
func TestPluginCaptures(t *testing.T) {
	p := open(t)
	t.Parallel()
	file := filepath.Join(p.root, "docs", "plugin.md")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	shell := p.pluginShell(t)
	t.Cleanup(func() {
		p.kubectl(t, "", "delete", "tenants.kubenova.io", "shop", "--ignore-not-found", "--timeout=150s")
		p.kubectl(t, "", "delete", "clusters.kubenova.io", "west", "--ignore-not-found", "--timeout=90s")
	})
	ran := 0
	page := codeBlock.ReplaceAllStringFunc(string(content), func(block string) string {
		parts := codeBlock.FindStringSubmatch(block)
		if name, found := strings.CutPrefix(parts[1], "yaml "); found {
			if err := os.WriteFile(filepath.Join(shell.home, name), []byte(parts[2]), 0o600); err != nil {
				t.Fatal(err)
			}
			return block
		}
		if parts[1] != "console" {
			return block
		}
		var out strings.Builder
		for _, step := range commandsOf(parts[2]) {
			ran++
			got := shell.run(t, step.command)
			if !*updateCaptures && normalised(got) != normalised(step.output) {
				t.Errorf("$ %s\n--- prints\n%s\n--- docs/plugin.md says\n%s", step.command, normalised(got), normalised(step.output))
			}
			fmt.Fprintf(&out, "$ %s\n%s", step.command, got)
		}
		return "```console\n" + out.String() + "```\n"
	})
	if ran < 15 {
		t.Errorf("docs/plugin.md has %d commands; is it read as it is written?", ran)
	}
	if *updateCaptures && !t.Failed() {
		if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var codeBlock = regexp.MustCompile("(?ms)^```([a-z]+[^\n]*)\n(.*?)^```\n")

// step is a command of a console block and what it prints.
type captured struct{ command, output string }

func commandsOf(block string) (out []captured) {
	for line := range strings.Lines(block) {
		if command, found := strings.CutPrefix(line, "$ "); found {
			out = append(out, captured{command: strings.TrimSuffix(command, "\n")})
			continue
		}
		if last := len(out) - 1; last >= 0 {
			out[last].output += line
		}
	}
	return out
}

// normalised is output without what differs from run to run: times, ages, the names
// that Kubernetes makes up, digests, spaces between columns, and the lines of
// progress and of bindings to come, which depend on when one looks.
func normalised(output string) string {
	for _, rule := range []struct{ pattern, with string }{
		{`(?m)^  (…|✔ .* Ready:).*\n`, ""},
		{`(?m)^  natively it takes a RoleBinding .*\n`, ""},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`, "TIME"},
		{`\b(web|api)-[a-z0-9]{6,10}-[a-z0-9]{5}\b`, "$1-POD"},
		{`\bgrant-[a-z0-9]{5}\b`, "grant-NAME"},
		{`@[0-9a-f]{8,}`, "@DIGEST"},
		{`\b(\d+[dhms]){1,2}\b`, "AGE"},
		{` +(?m:$)`, ""},
		{` {2,}`, "  "},
	} {
		output = regexp.MustCompile(rule.pattern).ReplaceAllString(output, rule.with)
	}
	return output
}

// pluginShell runs commands with the kubectl and the plugin of this repository, and
// with a home of its own.
type pluginShell struct {
	home string
	env  []string
}

func (p platform) pluginShell(t *testing.T) pluginShell {
	t.Helper()
	s := pluginShell{home: t.TempDir()}
	if output, err := p.run(t, "", "go", "build", "-o", filepath.Join(s.home, "bin", "kubectl-kubenova"), "./cmd/kubectl-kubenova"); err != nil {
		t.Fatalf("building the plugin: %v\n%s", err, output)
	}
	for from, to := range map[string]string{
		p.kubeconfig: ".kube/config",
		filepath.Join(filepath.Dir(p.kubeconfig), "kubeconfigs", "target"): "west.kubeconfig",
	} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(s.home, to)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.home, to), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := strings.Join([]string{filepath.Join(s.home, "bin"), filepath.Dir(p.kubectlPath()), os.Getenv("PATH")}, ":")
	s.env = append(os.Environ(), "HOME="+s.home, "KUBECONFIG=", "PATH="+path, "NO_COLOR=1")
	return s
}

// run returns what a command prints, errors too.
func (s pluginShell) run(t *testing.T, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", command)
	shell.Dir, shell.Env = s.home, s.env
	begun := time.Now()
	output, err := shell.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("$ %s\nhangs:\n%s", command, output)
	}
	t.Logf("$ %s (%s, %v)\n%s", command, time.Since(begun).Round(time.Millisecond), err, output)
	return strings.ReplaceAll(string(output), s.home, "~")
}
