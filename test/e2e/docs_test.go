//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kubenova/kubenova/test/docs"
)

// TestDocs runs the commands of the documentation, word for word, as a reader does who
// has kubectl, curl, jq, a cluster, and the clone of this repository in which
// kubenova standalone runs, and then as one in whose clone make up was run. Which are run
// says test/docs/commands.yaml; the log lists them.
func TestDocs(t *testing.T) {
	p := open(t)
	t.Parallel()
	pages, err := docs.Table()
	if err != nil {
		t.Fatal(err)
	}
	readers := map[string]*reader{"target": p.newReader(t), "admin": p.newReader(t)}
	onPlatform := p.newPlatformReader(t)
	commands := 0
	for _, page := range pages {
		if r := readers[page.Kubeconfig]; r != nil {
			commands += r.follow(t, page, false) + onPlatform.follow(t, page, true)
		}
	}
	if commands < 20 {
		t.Errorf("only %d commands were run", commands)
	}
}

// reader is someone who follows the documentation.
type reader struct {
	root, clone, base string
}

// newReader starts a server in a folder that looks like a clone.
func (p platform) newReader(t *testing.T) *reader {
	t.Helper()
	r := p.newClone(t)
	kubeconfig, err := os.ReadFile(p.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.clone, "home", ".kube", "config"), kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	r.base, _ = p.startStandaloneAt(t, filepath.Join(r.clone, "_data"))
	return r
}

// newPlatformReader returns a reader whose clone has the platform under test.
func (p platform) newPlatformReader(t *testing.T) *reader {
	t.Helper()
	r := p.newClone(t)
	data := filepath.Join(r.clone, "_data")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Symlink(filepath.Dir(p.kubeconfig), filepath.Join(data, "up"))); err != nil {
		t.Fatal(err)
	}
	return r
}

// newClone returns a reader with a folder that looks like a clone.
func (p platform) newClone(t *testing.T) *reader {
	t.Helper()
	r := &reader{root: p.root, clone: t.TempDir()}
	home := filepath.Join(r.clone, "home")
	if err := errors.Join(
		os.MkdirAll(filepath.Join(home, ".kube"), 0o700),
		// What the server refuses ends the command with an error.
		os.WriteFile(filepath.Join(home, ".curlrc"), []byte("fail-with-body\n"), 0o600),
		os.Symlink(filepath.Join(p.root, "artifacts"), filepath.Join(r.clone, "artifacts")),
	); err != nil {
		t.Fatal(err)
	}
	return r
}

// follow runs a page's commands for the platform, or the others, in one shell, and
// returns how many there were.
func (r *reader) follow(t *testing.T, page docs.Page, onPlatform bool) int {
	t.Helper()
	commands, err := docs.Commands(r.root, page.File)
	if err != nil {
		t.Fatal(err)
	}
	script, rules := strings.Builder{}, []*docs.Rule{}
	for _, c := range commands {
		rule := page.RuleFor(c)
		if rule == nil || !rule.Run || rule.Platform != onPlatform {
			continue
		}
		if rule.Again {
			fmt.Fprintf(&script, "until %s\ndo sleep 0.2; done", c.Text)
		} else {
			script.WriteString(c.Text)
		}
		fmt.Fprintf(&script, "\nprintf '\\n%s %%s\\n' $?\n", mark)
		rules = append(rules, rule)
	}
	if len(rules) == 0 {
		return 0
	}
	t.Logf("== %s\n%s", page.File, script.String())
	answers := strings.Split(r.shell(t, page, script.String()), mark+" ")
	if len(answers) != len(rules)+1 {
		t.Fatalf("%s: of %d commands %d ended:\n%s", page.File, len(rules), len(answers)-1, strings.Join(answers, ""))
	}
	for i, rule := range rules {
		_, said, _ := strings.Cut(answers[i], "\n")
		if i == 0 {
			said = answers[i]
		}
		status, _, _ := strings.Cut(answers[i+1], "\n")
		t.Logf("%s: %s ... ended with %s", page.File, rule.Starts, status)
		if status != "0" || !regexp.MustCompile("(?m)"+rule.Says).MatchString(said) {
			t.Errorf("%s: %s ended with %s and said\n%s\nwant %s", page.File, rule.Starts, status, said, rule.Says)
		}
	}
	return len(rules)
}

// mark ends what a command says.
const mark = "@@ended"

func (r *reader) shell(t *testing.T, page docs.Page, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-c", script)
	command.Dir = r.clone
	command.Env = []string{
		"PATH=" + filepath.Join(r.root, "bin") + ":" + filepath.Join(r.root, "_tools", "bin") + ":" + os.Getenv("PATH"),
		"HOME=" + filepath.Join(r.clone, "home"), "TMPDIR=" + r.clone, "BASE=" + r.base, "LC_ALL=C.UTF-8",
	}
	if page.Kubeconfig == "admin" {
		command.Env = append(command.Env, "KUBECONFIG="+filepath.Join(r.clone, "_data", "admin.kubeconfig"))
	}
	output, err := command.CombinedOutput()
	if err != nil && ctx.Err() != nil {
		t.Errorf("%s: %v", page.File, ctx.Err())
	}
	return string(output)
}
